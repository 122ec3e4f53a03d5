#include "tests/reports/example_runs.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <random>

#include "tests/reports/example_parts.h"

namespace thaw::test {
namespace {

// A learning curve: falls fast, then slowly, with a little noise. `progress` counts epochs.
double metric_at(const std::string& name, double progress, bool is_validation, std::mt19937& random) {
  const double noise = 1 + 0.04 * (static_cast<double>(random() % 2001) / 1000 - 1);
  const double error = (is_validation ? 1.15 : 1.0) * noise * std::pow(progress, -1.1);
  if (name == "loss") return 0.31 * error;
  if (name == "classification/loss") return 0.29 * error;
  if (name == "classification/accuracy") return 1 - 0.076 * error * 3.4 / (1 + error * 3.4);
  if (name == "bounding_box/iou") return 1 - 0.47 * std::sqrt(error) / (1 + 0.4 * std::sqrt(error));
  if (name == "bounding_box/iou_at_0.6") return std::max(0.0, 1 - 0.9 * error);
  return 0.011 * error;
}

Event epoch_event(const Started& started, int epoch, bool has_validation) {
  std::mt19937 random(static_cast<unsigned>(epoch * 1000 + static_cast<int>(started.seed())));
  Event event;
  event.set_step(epoch * started.steps_per_epoch());
  EpochEnd* end = event.mutable_epoch_end();
  end->set_epoch(epoch);
  end->set_learning_rate(0.001);
  for (const MetricInfo& info : started.metric()) {
    MetricValue* train = end->add_train();
    train->set_name(info.name());
    train->set_value(metric_at(info.name(), epoch, false, random));
    if (!has_validation) continue;
    MetricValue* validation = end->add_validation();
    validation->set_name(info.name());
    validation->set_value(metric_at(info.name(), epoch, true, random));
  }
  end->set_is_best(true);
  TimeSplit* time = end->mutable_time();
  time->set_data_wait_s(0.12);
  time->set_forward_s(2.6);
  time->set_backward_s(4.9);
  time->set_update_s(0.6);
  time->set_other_s(0.1);
  time->set_validation_s(has_validation ? 0.5 : 0);
  time->set_checkpoint_s(0.05);
  end->set_samples_per_second(60000 / 8.32);
  end->set_peak_rss_bytes(182 << 20);
  return event;
}

Sample sample_at(int index, const std::string& prefix, bool has_boxes) {
  std::mt19937 random(static_cast<unsigned>(index + 17));
  const auto share = [&random] { return static_cast<double>(random() % 1000) / 1000; };
  Sample sample;
  sample.set_index(index);
  sample.set_image("samples/" + prefix + "-" + std::to_string(index) + ".png");
  sample.set_width(kCanvas);
  sample.set_height(kCanvas);
  sample.set_true_class(index % 10);
  const double x = share() * 0.62, y = share() * 0.62;
  if (has_boxes) *sample.mutable_true_box() = box_at(x, y, 28.0 / kCanvas, 28.0 / kCanvas);
  return sample;
}

// `trouble` 0: a good prediction; 1: a bad one.
Sample predicted_sample(int index, const ExampleOptions& options, double trouble) {
  Sample sample = sample_at(index, "validation", options.has_boxes);
  sample.set_predicted_class(trouble > 0.5 && index % 3 != 0 ? (index + 4) % 10 : index % 10);
  sample.set_confidence(0.994 - 0.4 * trouble);
  sample.set_loss(0.004 + 3.1 * trouble);
  if (!options.has_boxes) return sample;
  const BoxValue& truth = sample.true_box();
  const double shift = 0.012 + 0.16 * trouble * (1 + index % 4) / 4;
  *sample.mutable_predicted_box() = box_at(truth.xmin() + shift, truth.ymin() - shift / 2, 0.36, 0.385);
  const double overlap = (0.37 - shift) * (0.37 - shift / 2);
  sample.set_iou(std::max(0.0, overlap / (2 * 0.138 - overlap)));
  return sample;
}

Event preview_event(const ExampleOptions& options) {
  Event event;
  event.set_step(0);
  DataPreview* preview = event.mutable_data_preview();
  preview->set_split("train");
  preview->set_pixel_mean(0.0181);
  preview->set_pixel_std(0.1137);
  for (int i = 0; i < std::min(options.pictures, 16); ++i) {
    Sample* sample = preview->add_sample();
    *sample = sample_at(i * 7 + 3, "seen-train", true);
    TrueObject* object = sample->add_object();
    object->set_label(sample->true_class());
    *object->mutable_box() = sample->true_box();
    sample->clear_true_box();
    sample->clear_true_class();
  }
  return event;
}

void add_outputs(Evaluation& evaluation, int classes, bool has_boxes) {
  OutputEvaluation* output = evaluation.add_output();
  output->set_output("classification");
  output->set_classes(classes);
  const std::int64_t per_class = kValidationSamples / classes;
  for (int truth = 0; truth < classes; ++truth) {
    std::vector<std::int64_t> row(static_cast<std::size_t>(classes), 0);
    for (int other = 0; other < classes; ++other) {
      const int likeness = (truth * 7 + other * 3) % 11;
      row[static_cast<std::size_t>(other)] = other == truth ? 0
                                             : likeness < 5 ? likeness * per_class / 450 + (likeness == 1 ? 1 : 0)
                                                            : 0;
    }
    std::int64_t missed = 0;
    for (const std::int64_t count : row) missed += count;
    row[static_cast<std::size_t>(truth)] = per_class - missed;
    for (const std::int64_t count : row) output->add_confusion(count);
  }
  if (!has_boxes) return;
  OutputEvaluation* boxes = evaluation.add_output();
  boxes->set_output("bounding_box");
  boxes->set_iou_threshold(0.6);
  for (int bin = 0; bin < 20; ++bin) {
    const double distance = (bin - 16.2) / 2.3;
    boxes->add_iou_histogram(static_cast<std::int64_t>(1735 * std::exp(-distance * distance / 2)) +
                             (bin > 3 ? bin : 0));
  }
}

Event evaluation_event(const ExampleOptions& options, const EpochEnd& best, int classes) {
  Event event;
  Evaluation* evaluation = event.mutable_evaluation();
  evaluation->set_epoch(best.epoch());
  evaluation->set_split(options.has_validation ? "validation" : "train");
  evaluation->set_samples(options.has_validation ? kValidationSamples : 60000);
  *evaluation->mutable_value() = options.has_validation ? best.validation() : best.train();
  add_outputs(*evaluation, classes, options.has_boxes);
  for (int i = 0; i < options.pictures; ++i)
    *evaluation->add_sample() = predicted_sample(i * 41 + 1, options, i == 5 ? 0.9 : 0.05);
  for (int i = 0; i < options.pictures / 2; ++i)
    *evaluation->add_worst() = predicted_sample(i * 13 + 2, options, 1 - 0.03 * i);
  return event;
}

void end_run(std::vector<Event>& events, const ExampleOptions& options, int classes) {
  const EpochEnd last = events.back().epoch_end();
  const std::int64_t step = events.back().step();
  events.push_back(evaluation_event(options, last, classes));
  events.back().set_step(step);
  Event event;
  event.set_step(step);
  Finished* finished = event.mutable_finished();
  finished->set_reason("all epochs done");
  finished->set_weights_sha256(fake_hash("weights"));
  finished->set_best_weights_sha256(fake_hash("best weights"));
  finished->set_metrics_sha256(fake_hash("metrics"));
  finished->set_best_epoch(last.epoch());
  finished->set_wall_s(8.9 * options.epochs);
  finished->set_peak_rss_bytes(183 << 20);
  finished->set_time_to_first_step_s(0.31);
  events.push_back(event);
}

ExampleRun overfitting_run() {
  ExampleRun run{"overfitting", finished_run({.epochs = 20, .epochs_done = 20})};
  for (Event& event : run.events) {
    if (!event.has_epoch_end() || event.epoch_end().epoch() <= 6) continue;
    event.mutable_epoch_end()->set_is_best(false);
    for (MetricValue& value : *event.mutable_epoch_end()->mutable_validation()) {
      if (value.name() == "loss") value.set_value(0.05 + 0.006 * (event.epoch_end().epoch() - 6));
    }
  }
  run.events.back().mutable_finished()->set_best_epoch(6);
  Evaluation* evaluation = run.events[run.events.size() - 2].mutable_evaluation();
  evaluation->set_epoch(6);
  *evaluation->mutable_value() = run.events[7].epoch_end().validation();
  return run;
}

ExampleRun many_classes_run() {
  ExampleRun run{"many_classes", begun_run({.has_boxes = false})};
  Started* started = run.events.front().mutable_started();
  started->clear_class_name();
  for (int label = 0; label < 100; ++label) started->add_class_name("species number " + std::to_string(label));
  for (DataSet& data : *started->mutable_data()) {
    data.clear_class_count();
    for (int label = 0; label < 100; ++label) data.add_class_count(data.samples() / 100);
  }
  end_run(run.events, {.has_boxes = false}, 100);
  OutputEvaluation* output = run.events[run.events.size() - 2].mutable_evaluation()->mutable_output(0);
  output->set_kind("multi-class");
  add_class_scores(*output, 12);
  return run;
}

ExampleRun twenty_classes_run() {
  ExampleRun run = many_classes_run();
  run.name = "twenty_classes";
  run.events.resize(run.events.size() - 2);
  end_run(run.events, {.has_boxes = false}, 20);
  OutputEvaluation* output = run.events[run.events.size() - 2].mutable_evaluation()->mutable_output(0);
  output->set_kind("multi-class");
  add_class_scores(*output, 12);
  return run;
}

ExampleRun several_objects_run() {
  ExampleRun run{"several_objects", finished_run({})};
  for (Event& event : run.events) {
    if (!event.has_data_preview()) continue;
    for (Sample& sample : *event.mutable_data_preview()->mutable_sample()) {
      TrueObject* second = sample.add_object();
      second->set_label(4);
      *second->mutable_box() = box_at(0.5, 0.55, 0.3, 0.37);
    }
  }
  return run;
}

}  // namespace

BoxValue box_at(double x, double y, double width, double height) {
  BoxValue box;
  box.set_xmin(static_cast<float>(x));
  box.set_ymin(static_cast<float>(y));
  box.set_xmax(static_cast<float>(x + width));
  box.set_ymax(static_cast<float>(y + height));
  return box;
}

void PrintTo(const ExampleRun& run, std::ostream* out) { *out << run.name; }

std::vector<Event> begun_run(const ExampleOptions& options) {
  std::vector<Event> events(1);
  events[0].set_step(0);
  *events[0].mutable_started() = example_started(options);
  events.push_back(preview_event(options));
  if (options.is_profiled) {
    *events[0].mutable_started()->mutable_prediction() = example_prediction();
    events.push_back(profile_event(25));
  }
  for (int epoch = 1; epoch <= options.epochs_done; ++epoch) {
    events.push_back(epoch_event(events[0].started(), epoch, options.has_validation));
  }
  return events;
}

std::vector<Event> finished_run(const ExampleOptions& options) {
  std::vector<Event> events = begun_run(options);
  end_run(events, options, 10);
  if (options.has_transfer) add_transfer(events);
  return events;
}

Event stopped_event(std::int64_t step) {
  Event event;
  event.set_step(step);
  event.mutable_stopped()->set_signal("SIGINT");
  return event;
}

Event paused_event(std::int64_t step, int after_epoch) {
  Event event;
  event.set_step(step);
  event.mutable_stopped()->set_after_epoch(after_epoch);
  return event;
}

Event diverged_event(std::int64_t step) {
  Event event;
  event.set_step(step);
  Diverged* diverged = event.mutable_diverged();
  diverged->set_tensor("conv2d_2/kernel gradient");
  diverged->set_layer("conv2d_2");
  diverged->set_kind("NaN");
  diverged->set_learning_rate(3);
  diverged->set_last_finite_loss(81234.5);
  diverged->set_advice("Try a lower learning rate: --set train.optimizer.adam.learning_rate=0.3");
  return event;
}

Event resumed_event(std::int64_t step, std::int64_t from_step) {
  Event event;
  event.set_step(step);
  event.mutable_resumed()->set_from_step(from_step);
  event.mutable_resumed()->set_reason("killed");
  return event;
}

std::vector<ExampleRun> example_runs() {
  std::vector<ExampleRun> runs = {
      {"finished", finished_run({})},
      {"classes_only", finished_run({.has_boxes = false})},
      {"killed", begun_run({.epochs_done = 4})},
      {"not_begun", begun_run({.epochs_done = 0})},
      {"stopped", begun_run({.epochs_done = 3})},
      {"diverged", begun_run({.epochs_done = 2, .learning_rate = 3})},
      {"no_validation", finished_run({.has_validation = false})},
      {"hostile", finished_run({.has_weights = true, .is_profiled = true, .has_transfer = true})},
      {"one_epoch", finished_run({.epochs = 1, .epochs_done = 1})},
      {"thousand_epochs", finished_run({.epochs = 1000, .epochs_done = 1000})},
      {"transfer", finished_run({.has_transfer = true})},
      {"profiled", finished_run({.has_weights = true, .is_profiled = true})},
      overfitting_run(),
      binary_run(),
      multi_label_run(),
      twenty_classes_run(),
      many_classes_run(),
      several_objects_run()};
  runs[4].events.push_back(stopped_event(3 * kStepsPerEpoch + 401));
  runs[5].events.push_back(diverged_event(2 * kStepsPerEpoch + 12));
  make_hostile(runs[7].events, "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{verdict}}&amp;\xff\x01");
  return runs;
}

}  // namespace thaw::test
