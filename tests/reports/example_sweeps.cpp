#include "tests/reports/example_sweeps.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/reports/example_parts.h"
#include "tests/reports/hostile.h"

namespace thaw::test {
namespace {

constexpr std::int64_t kBegin = 1'750'000'000'000;  // milliseconds
constexpr std::int64_t kParameters = 272'474, kHeadParameters = 650;

const char* const kStrategies[] = {"frozen", "fine-tune", "gradual", "from scratch"};
const int kImages[] = {20, 100, 500, 2000};

// What one member does, as far as its record tells.
struct Course {
  double value = 0.8;  ///< after all epochs
  int epochs = 20, epochs_done = 20;
  double seconds = 5;
  std::int64_t samples = 100, trainable = kParameters;
  std::string strategy = "fine_tune", changes;  ///< lines of its config that are its own
};

SweepStarted start(const std::string& name, const std::string& description) {
  SweepStarted started;
  started.set_name(name);
  started.set_id(fake_hash(name).substr(0, 12));
  started.set_description(description);
  started.set_config("name: \"" + name + "\"\nsweep {\n  repeats: 5\n}\n");
  started.set_command("thaw run experiments/transfer/" + name + ".pbtxt");
  started.set_version("0.1.0");
  started.set_host("example");
  started.set_pid(4711);
  started.set_jobs(2);
  started.set_threads(1);
  started.set_metric("digit/accuracy");
  started.set_metric_title("Accuracy");
  started.set_metric_is_max(true);
  started.set_metric_is_share(true);
  started.set_repeats(1);
  started.set_predicted_memory_bytes(212 << 20);
  return started;
}

MemberInfo& add_member(ExampleSweep& sweep, int point, std::uint64_t seed, const Course& course) {
  MemberInfo& member = *sweep.started.add_member();
  member.set_id(fake_hash(sweep.name + std::to_string(sweep.started.member_size())).substr(0, 12));
  member.set_point(point);
  member.set_seed(seed);
  member.set_predicted_s(course.seconds * 1.08);
  member.set_trainable_parameters(course.trainable);
  member.set_parameters(kParameters);
  member.set_train_samples(course.samples);
  member.set_folder(sweep.started.name() + "/" + member.id());
  sweep.started.set_predicted_s(sweep.started.predicted_s() + course.seconds * 0.55);
  return member;
}

void add_metric(Started& started, const std::string& name, const std::string& title, bool is_accuracy) {
  MetricInfo* info = started.add_metric();
  info->set_name(name);
  info->set_title(title);
  if (is_accuracy) info->set_output("digit");
  info->set_more_is_better(is_accuracy);
  info->set_is_share(is_accuracy);
}

void add_value(google::protobuf::RepeatedPtrField<MetricValue>* values, const std::string& name, double value) {
  MetricValue* added = values->Add();
  added->set_name(name);
  added->set_value(value);
}

Event started_event(const ExampleSweep& sweep, const MemberInfo& member, const Course& course) {
  Event event;
  event.set_step(0);
  Started* started = event.mutable_started();
  started->set_name(sweep.started.name());
  started->set_id(member.id());
  started->set_config("name: \"" + sweep.started.name() + "\"\nseed: " + std::to_string(member.seed()) + "\n" +
                      course.changes + "train {\n  epochs: " + std::to_string(course.epochs) + "\n}\n");
  started->set_command(sweep.started.command());
  started->set_epochs(course.epochs);
  started->set_seed(member.seed());
  started->set_strategy(course.strategy);
  started->set_best_metric("validation/digit/accuracy");
  started->set_best_is_max(true);
  started->set_steps_per_epoch(10);
  for (int label = 0; label < 10; ++label) started->add_class_name(std::to_string(label));
  started->mutable_plan()->set_parameters(kParameters);
  started->mutable_plan()->set_trainable_parameters(course.trainable);
  add_metric(*started, "loss", "Loss", false);
  add_metric(*started, "digit/accuracy", "Accuracy", true);
  for (const auto& [split, samples] : {std::pair("train", course.samples), std::pair("validation", 2000L)}) {
    DataSet* data = started->add_data();
    data->set_split(split);
    data->set_samples(samples);
  }
  return event;
}

double value_at(const Course& course, int epoch, std::mt19937& random) {
  const double noise = (static_cast<double>(random() % 2001) / 1000 - 1) * 0.004;
  const double progress = 1 - std::exp(-3.5 * epoch / course.epochs);
  return std::clamp(0.1 + (course.value - 0.1) * progress / (1 - std::exp(-3.5)) + noise, 0.0, 1.0);
}

std::vector<Event> record_of(const ExampleSweep& sweep, const MemberInfo& member, const Course& course) {
  std::vector<Event> events = {started_event(sweep, member, course)};
  std::mt19937 random(static_cast<unsigned>(std::hash<std::string>()(member.id())));
  double best = 0;
  int best_epoch = 0;
  for (int epoch = 1; epoch <= course.epochs_done; ++epoch) {
    Event& event = events.emplace_back();
    event.set_step(epoch * 10);
    EpochEnd* end = event.mutable_epoch_end();
    end->set_epoch(epoch);
    const double value = epoch == course.epochs ? course.value : value_at(course, epoch, random);
    for (auto* values : {end->mutable_train(), end->mutable_validation()}) {
      add_value(values, "loss", 2.3 - 2 * value);
      add_value(values, "digit/accuracy", value);
    }
    end->set_is_best(value > best);
    if (value > best) {
      best = value;
      best_epoch = epoch;
    }
    end->mutable_time()->set_forward_s(course.seconds / course.epochs);
  }
  if (course.epochs_done < course.epochs) return events;
  Event& evaluation = events.emplace_back();
  evaluation.set_step(course.epochs * 10);
  evaluation.mutable_evaluation()->set_epoch(best_epoch);
  evaluation.mutable_evaluation()->set_split("validation");
  evaluation.mutable_evaluation()->set_samples(2000);
  add_value(evaluation.mutable_evaluation()->mutable_value(), "loss", 2.3 - 2 * best);
  add_value(evaluation.mutable_evaluation()->mutable_value(), "digit/accuracy", best);
  Event& finished = events.emplace_back();
  finished.set_step(course.epochs * 10);
  finished.mutable_finished()->set_reason("all epochs done");
  finished.mutable_finished()->set_best_epoch(best_epoch);
  finished.mutable_finished()->set_wall_s(course.seconds);
  finished.mutable_finished()->set_peak_rss_bytes(96 << 20);
  return events;
}

void add_attempt(ExampleSweep& sweep, const std::string& id, AttemptEnded::End end, double seconds) {
  const std::int64_t begin = sweep.events.empty() ? kBegin : sweep.events.back().time_unix_ms();
  SweepEvent& begun = sweep.events.emplace_back();
  begun.set_time_unix_ms(begin);
  begun.mutable_attempt_begun()->set_member(id);
  begun.mutable_attempt_begun()->set_attempt(1);
  SweepEvent& ended = sweep.events.emplace_back();
  ended.set_time_unix_ms(begin + static_cast<std::int64_t>(600 * seconds));
  ended.mutable_attempt_ended()->set_member(id);
  ended.mutable_attempt_ended()->set_attempt(1);
  ended.mutable_attempt_ended()->set_end(end);
  ended.mutable_attempt_ended()->set_seconds(seconds);
}

void add_done(ExampleSweep& sweep, const MemberInfo& member, const Course& course) {
  sweep.records.push_back(record_of(sweep, member, course));
  add_attempt(sweep, member.id(), AttemptEnded::DONE, course.seconds);
}

void add_choices(AxisInfo& axis, const std::string& name) {
  axis.set_name(name);
  for (const char* strategy : kStrategies) axis.add_choice(strategy);
}

Course strategy_course(int strategy, int images, std::mt19937& random) {
  static constexpr double kReached[4][4] = {{0.731, 0.807, 0.829, 0.833},
                                            {0.589, 0.767, 0.851, 0.881},
                                            {0.713, 0.794, 0.845, 0.866},
                                            {0.199, 0.266, 0.370, 0.448}};
  static constexpr const char* kNames[] = {"feature_extraction", "fine_tune", "gradual_unfreezing", "from_scratch"};
  std::normal_distribution<double> seed_noise(0, std::array{0.03, 0.012, 0.007, 0.004}[images]);
  Course course;
  course.value = std::round(2000 * (kReached[strategy][images] + seed_noise(random))) / 2000;
  course.samples = kImages[images];
  course.trainable = strategy == 0 ? kHeadParameters : kParameters;
  course.seconds = (strategy == 0 ? 0.5 : 6.2 + 0.4 * strategy) * (1 + 0.25 * images) + 0.01 * (random() % 10);
  course.strategy = kNames[strategy];
  course.changes = "data {\n  train {\n    synthesis {\n      samples: " + std::to_string(kImages[images]) +
                   "\n    }\n  }\n}\ntransfer {\n  " + course.strategy + " {\n" +
                   (strategy == 1 ? "    learning_rate_multiplier: 0.1\n" : "") + "  }\n}\n";
  return course;
}

void set_number(Setting* setting, double number) {
  setting->set_number(number);
  std::string text = std::to_string(number);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  setting->set_text(text);
}

void add_number_axes(SweepStarted& started) {
  AxisInfo* rate = started.add_axis();
  rate->set_name("train.optimizer.adam.learning_rate");
  rate->set_field("train.optimizer.adam.learning_rate");
  rate->set_is_logarithmic(true);
  AxisInfo* units = started.add_axis();
  units->set_name("units");
  units->set_field("model.layer[hidden].dense.units");
  units->set_is_whole(true);
  AxisInfo* dropout = started.add_axis();
  dropout->set_name("dropout");
  dropout->set_field("model.layer[dropout].dropout.rate");
  AxisInfo* optimizer = started.add_axis();
  optimizer->set_name("optimizer");
  for (const char* name : {"adam", "sgd", "rmsprop"}) optimizer->add_choice(name);
  started.set_compare("optimizer");
}

// One drawn combination and what comes of it: mostly the learning rate matters, then the optimizer.
Course drawn_course(MemberInfo& member, std::mt19937& random) {
  const auto share = [&random] { return static_cast<double>(random() % 10000) / 10000; };
  const double exponent = -4.5 + 3.5 * share(), dropout = std::round(500 * share()) / 1000;
  const int units = 16 * (1 + static_cast<int>(16 * share())), optimizer = static_cast<int>(3 * share());
  set_number(member.add_setting(), std::round(1e7 * std::pow(10, exponent)) / 1e7);
  set_number(member.add_setting(), units);
  set_number(member.add_setting(), dropout);
  member.add_setting()->set_text(std::array{"adam", "sgd", "rmsprop"}[optimizer]);
  Course course;
  course.value = 0.92 - 0.09 * std::pow(exponent + 2.6, 2) - 0.04 * optimizer - 0.05 * dropout + 0.02 * share();
  course.value = std::round(2000 * std::clamp(course.value, 0.1, 1.0)) / 2000;
  course.samples = 1000;
  course.trainable = 64L * units + 10L * units + 10;
  course.seconds = 0.8 + units / 100.0 + 0.3 * share();
  course.strategy = "feature_extraction";
  course.changes = "model {\n  layer {\n    dense {\n      units: " + std::to_string(units) + "\n    }\n  }\n}\n";
  return course;
}

// How far a combination gets: to the end, to the second rung, or to the first.
int epochs_of(int point, const std::vector<int>& order) {
  const auto place = std::find(order.begin(), order.end(), point) - order.begin();
  return place < 3 ? 27 : place < 9 ? 9 : 3;
}

void add_rung(ExampleSweep& sweep, const std::vector<Course>& courses, std::vector<int> points, int promoted) {
  SweepEvent& event = sweep.events.emplace_back();
  event.set_time_unix_ms(sweep.events[sweep.events.size() - 2].time_unix_ms());
  RungDecided* decided = event.mutable_rung_decided();
  decided->set_rung(static_cast<int>(points.size() == 27 ? 0 : points.size() == 9 ? 1 : 2));
  decided->set_promoted(promoted);
  const double share = points.size() == 27 ? 0.7 : points.size() == 9 ? 0.9 : 1;
  for (const int point : points) {
    decided->add_point(point);
    decided->add_value(courses[static_cast<std::size_t>(point)].value * share);
  }
}

void end_sweep(ExampleSweep& sweep) {
  SweepEvent& event = sweep.events.emplace_back();
  event.set_time_unix_ms(sweep.events[sweep.events.size() - 2].time_unix_ms() + 100);
  event.mutable_finished()->set_wall_s(static_cast<double>(event.time_unix_ms() - kBegin) / 1000);
  event.mutable_finished()->set_done(sweep.started.member_size());
}

void fail(ExampleSweep& sweep, const MemberInfo& member) {
  sweep.records.emplace_back();
  add_attempt(sweep, member.id(), AttemptEnded::KILLED, 3.2);
  sweep.events.back().mutable_attempt_ended()->set_reason("killed by SIGKILL, perhaps for want of memory");
  sweep.logs[member.id()] = "thaw 0.1.0\nreading pictures\repoch 3 of 20: accuracy 61.2 %\n";
}

void diverge(ExampleSweep& sweep, const MemberInfo& member, Course course) {
  course.epochs_done = 2;
  std::vector<Event> events = record_of(sweep, member, course);
  Event& event = events.emplace_back();
  event.set_step(25);
  event.mutable_diverged()->set_tensor("backbone/conv1/kernel gradient");
  event.mutable_diverged()->set_kind("NaN");
  event.mutable_diverged()->set_advice("Try a lower learning rate.");
  sweep.records.push_back(std::move(events));
  add_attempt(sweep, member.id(), AttemptEnded::DIVERGED, 1.1);
  sweep.logs[member.id()] = "thaw 0.1.0\ndiverged: NaN in backbone/conv1/kernel gradient\n";
}

}  // namespace

ExampleSweep strategies_sweep(bool is_whole) {
  ExampleSweep sweep;
  sweep.name = is_whole ? "strategies" : "strategies_unfinished";
  sweep.started = start("strategies", "Digits from few samples: which strategy, at which size, at what cost?");
  sweep.started.set_repeats(5);
  sweep.started.set_compare("strategy");
  add_choices(*sweep.started.add_axis(), "strategy");
  AxisInfo* images = sweep.started.add_axis();
  images->set_name("images");
  images->set_field("data.train.synthesis.samples");
  images->set_is_whole(true);
  std::mt19937 random(7);
  for (int point = 0; point < 16; ++point) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Course course = strategy_course(point / 4, point % 4, random);
      MemberInfo& member = add_member(sweep, point, seed, course);
      member.add_setting()->set_text(kStrategies[point / 4]);
      set_number(member.add_setting(), kImages[point % 4]);
      const bool is_missing = !is_whole && (point >= 14 || (point == 13 && seed > 3));
      if (is_missing) {
        sweep.records.emplace_back();
      } else if (!is_whole && point == 5 && seed == 2) {
        fail(sweep, member);
      } else if (!is_whole && point == 4 && seed == 4) {
        diverge(sweep, member, course);
      } else {
        add_done(sweep, member, course);
      }
    }
  }
  if (is_whole) end_sweep(sweep);
  return sweep;
}

ExampleSweep random_sweep(int members) {
  ExampleSweep sweep;
  sweep.name = "random_" + std::to_string(members);
  sweep.started = start("heads", "Which head on a frozen trunk?");
  add_number_axes(sweep.started);
  std::mt19937 random(11);
  for (int point = 0; point < members; ++point) {
    MemberInfo drawn;
    const Course course = drawn_course(drawn, random);
    MemberInfo& member = add_member(sweep, point, 1, course);
    *member.mutable_setting() = drawn.setting();
    add_done(sweep, member, course);
  }
  end_sweep(sweep);
  return sweep;
}

ExampleSweep halving_sweep() {
  ExampleSweep sweep;
  sweep.name = "halving";
  sweep.started = start("halving", "Which head, soon?");
  add_number_axes(sweep.started);
  for (const auto& [epochs, points] : {std::pair(3, 27), std::pair(9, 9), std::pair(27, 3)}) {
    sweep.started.add_rung_epochs(epochs);
    sweep.started.add_rung_points(points);
  }
  std::mt19937 random(5);
  std::vector<Course> courses;
  std::vector<int> order;
  for (int point = 0; point < 27; ++point) {
    MemberInfo drawn;
    courses.push_back(drawn_course(drawn, random));
    courses.back().epochs = 27;
    order.push_back(point);
    *add_member(sweep, point, 1, courses.back()).mutable_setting() = drawn.setting();
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return courses[a].value > courses[b].value; });
  for (int point = 0; point < 27; ++point) {
    Course course = courses[static_cast<std::size_t>(point)];
    course.epochs_done = epochs_of(point, order);
    const MemberInfo& member = sweep.started.member(point);
    sweep.records.push_back(record_of(sweep, member, course));
    if (course.epochs_done < 27) {
      Event& event = sweep.records.back().emplace_back();
      event.set_step(course.epochs_done * 10);
      event.mutable_stopped()->set_after_epoch(course.epochs_done);
    }
    add_attempt(sweep, member.id(), course.epochs_done < 27 ? AttemptEnded::PAUSED : AttemptEnded::DONE,
                course.seconds);
  }
  add_rung(sweep, courses, order, 9);
  add_rung(sweep, courses, {order.begin(), order.begin() + 9}, 3);
  add_rung(sweep, courses, {order.begin(), order.begin() + 3}, 0);
  end_sweep(sweep);
  return sweep;
}

}  // namespace thaw::test
