// Runs of the three kinds of classification.
#include <algorithm>
#include <cmath>

#include "tests/reports/example_parts.h"

namespace thaw::test {
namespace {

constexpr int kCurvePoints = 60;
constexpr int kBins = 15;

/// Curves of a class that is told apart the worse, the larger `trouble` (0 to 1).
void add_curves(ClassScore& score, double trouble) {
  const double bend = 0.004 + 0.35 * trouble;
  double area = 0;
  for (int i = 0; i <= kCurvePoints; ++i) {
    const double x = std::pow(static_cast<double>(i) / kCurvePoints, 3);
    CurvePoint* point = score.add_roc();
    point->set_x(static_cast<float>(x));
    point->set_y(static_cast<float>(std::pow(x, bend)));
    CurvePoint* precision = score.add_pr();
    const double recall = static_cast<double>(i) / kCurvePoints;
    precision->set_x(static_cast<float>(recall));
    precision->set_y(static_cast<float>(1 - (0.1 + 0.8 * trouble) * std::pow(recall, 5)));
    area += precision->y() / (kCurvePoints + 1);
  }
  score.set_roc_auc(1 / (1 + bend));
  score.set_pr_auc(area);
}

void add_calibration(OutputEvaluation& output, double overconfidence) {
  double error = 0, samples = 0;
  for (int i = 0; i < kBins; ++i) {
    CalibrationBin* bin = output.add_calibration();
    const double middle = (i + 0.5) / kBins;
    bin->set_samples(i == 1 ? 0 : std::lround(20 + 900 * std::pow(std::abs(2 * middle - 1), 4)));
    if (bin->samples() == 0) continue;
    bin->set_mean_probability(middle);
    bin->set_share_right(middle + overconfidence * (0.5 - middle));
    samples += static_cast<double>(bin->samples());
    error += static_cast<double>(bin->samples()) * std::abs(bin->mean_probability() - bin->share_right());
  }
  output.set_expected_calibration_error(error / samples);
}

void add_metric(std::vector<Event>& events, const std::string& name, const std::string& title,
                const std::string& kind) {
  const bool is_share = title.starts_with("F1") || title.starts_with("Accuracy");
  for (Event& event : events) {
    if (event.has_started()) {
      MetricInfo* info = event.mutable_started()->add_metric();
      info->set_name(name);
      info->set_title(title);
      info->set_output("classification");
      info->set_more_is_better(true);
      info->set_is_share(is_share);
      info->set_kind(kind);
    }
    const auto set = [&](MetricValue* value, double progress) {
      value->set_name(name);
      value->set_value(1 - 0.2 * std::pow(progress, -0.8));
    };
    if (event.has_epoch_end()) {
      EpochEnd* epoch = event.mutable_epoch_end();
      if (is_share) set(epoch->add_train(), epoch->epoch());  // areas are measured on validation samples alone
      set(epoch->add_validation(), epoch->epoch() * 0.9);
    }
    if (event.has_evaluation()) set(event.mutable_evaluation()->add_value(), 9);
  }
}

/// A run of classes with names, with its confusion matrix and scores thrown away.
ExampleRun named_run(const std::string& name, const std::vector<std::string>& classes, const std::string& kind) {
  ExampleRun run{name, finished_run({.has_boxes = false})};
  for (Event& event : run.events) {
    if (event.has_started()) {
      Started* started = event.mutable_started();
      started->set_name(name);
      started->set_description("Tells what is in a picture.");
      started->clear_class_name();
      for (const std::string& each : classes) started->add_class_name(each);
      for (DataSet& data : *started->mutable_data()) {
        data.clear_class_count();
        for (std::size_t i = 0; i < classes.size(); ++i)
          data.add_class_count(data.samples() / (2 + static_cast<int>(i)));
      }
      for (MetricInfo& info : *started->mutable_metric()) {
        if (info.name().ends_with("accuracy")) info.set_kind(kind);
      }
    }
    if (event.has_data_preview()) {
      for (Sample& sample : *event.mutable_data_preview()->mutable_sample()) {
        for (TrueObject& object : *sample.mutable_object()) {
          object.set_label(object.label() % static_cast<int>(classes.size()));
          object.clear_box();
        }
      }
    }
    if (!event.has_evaluation()) continue;
    OutputEvaluation* output = event.mutable_evaluation()->mutable_output(0);
    output->set_kind(kind);
    output->set_classes(static_cast<int>(classes.size()));
    output->clear_confusion();
  }
  add_metric(run.events, "classification/f1_macro", "F1 (macro)", kind);
  add_metric(run.events, "classification/roc_auc", "ROC AUC", kind);
  return run;
}

Evaluation& evaluation_of(ExampleRun& run) { return *run.events[run.events.size() - 2].mutable_evaluation(); }

void set_class(Sample& sample, int classes) {
  sample.set_true_class(sample.true_class() % classes);
  sample.set_predicted_class(sample.predicted_class() % classes);
}

void set_labels(Sample& sample) {
  const int first = sample.true_class(), second = (first * 7 + 3) % 10;
  const bool is_wrong = sample.predicted_class() != first;
  sample.clear_true_class();
  sample.clear_predicted_class();
  sample.clear_confidence();
  for (const int label : {first % 4, second % 4}) {
    if (sample.object_size() > 0 && sample.object(0).label() == label) continue;
    if (sample.index() % 9 == 1) continue;  // nothing is in it
    sample.add_object()->set_label(label);
    if (!is_wrong) sample.add_predicted_label(label);
  }
  if (is_wrong && sample.index() % 2 == 0) sample.add_predicted_label((first + 1) % 4);
}

}  // namespace

void add_class_scores(OutputEvaluation& output, std::size_t most_curves) {
  const int classes = output.classes();
  for (int label = 0; label < classes; ++label) {
    ClassScore* score = output.add_class_score();
    score->set_label(label);
    std::int64_t truly = 0, called = 0;
    for (int other = 0; other < classes; ++other) {
      truly += output.confusion(label * classes + other);
      called += output.confusion(other * classes + label);
    }
    const std::int64_t right = output.confusion(label * classes + label);
    score->set_samples(truly);
    score->set_true_positives(right);
    score->set_false_positives(called - right);
    score->set_false_negatives(truly - right);
    add_curves(*score, (label * 37 % classes) / static_cast<double>(classes));
    if (static_cast<std::size_t>(label) < most_curves) continue;
    score->clear_roc();
    score->clear_pr();
  }
  add_calibration(output, 0.2);
}

ExampleRun binary_run() {
  ExampleRun run = named_run("binary", {"ants", "bees"}, "binary");
  Evaluation& evaluation = evaluation_of(run);
  OutputEvaluation& output = *evaluation.mutable_output(0);
  for (const std::int64_t count : {4712, 301, 188, 4799}) output.add_confusion(count);
  add_class_scores(output, 2);
  output.mutable_class_score(0)->clear_roc();
  output.mutable_class_score(0)->clear_pr();
  for (Sample& sample : *evaluation.mutable_sample()) set_class(sample, 2);
  for (Sample& sample : *evaluation.mutable_worst()) set_class(sample, 2);
  return run;
}

ExampleRun multi_label_run() {
  ExampleRun run =
      named_run("multi_label", {"cloud", "meadow & forest", "river", "a place where people live"}, "multi-label");
  Evaluation& evaluation = evaluation_of(run);
  OutputEvaluation& output = *evaluation.mutable_output(0);
  for (int label = 0; label < 4; ++label) {
    ClassScore* score = output.add_class_score();
    score->set_label(label);
    score->set_samples(5000 / (label + 1));
    score->set_true_positives(4600 / (label + 1));
    score->set_false_negatives(score->samples() - score->true_positives());
    score->set_false_positives(150 + 90 * label);
    add_curves(*score, 0.1 + 0.25 * label);
  }
  add_calibration(output, -0.15);
  for (Sample& sample : *evaluation.mutable_sample()) set_labels(sample);
  for (Sample& sample : *evaluation.mutable_worst()) set_labels(sample);
  for (Event& event : run.events) {
    if (!event.has_data_preview()) continue;
    Sample* mixed = event.mutable_data_preview()->mutable_sample(0);
    mixed->mutable_object(0)->set_share(0.7F);
    TrueObject* other = mixed->add_object();
    other->set_label(2);
    other->set_share(0.3F);
  }
  return run;
}

}  // namespace thaw::test
