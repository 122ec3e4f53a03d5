#include "tests/reports/recorded_sweep.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "schemas/frames.h"
#include "tests/reports/example_runs.h"

namespace thaw::test {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBegin = 1'700'000'000'000;

std::string hex_id(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  std::string id;
  for (int digit = 0; digit < 12; ++digit) id += "0123456789abcdef"[hash >> (4 * digit) & 15];
  return id;
}

void add_metric(Started& started, const SweepStarted& sweep) {
  MetricInfo* loss = started.add_metric();
  loss->set_name("loss");
  loss->set_title("Loss");
  if (sweep.metric() == "loss") return;
  MetricInfo* metric = started.add_metric();
  metric->set_name(sweep.metric());
  metric->set_title(sweep.metric_title());
  metric->set_output(sweep.metric().substr(0, sweep.metric().find('/')));
  metric->set_more_is_better(sweep.metric_is_max());
  metric->set_is_share(sweep.metric_is_share());
}

void set_value(google::protobuf::RepeatedPtrField<MetricValue>& values, const std::string& name, double value) {
  MetricValue* added = values.Add();
  added->set_name(name);
  added->set_value(value);
}

void set_values(google::protobuf::RepeatedPtrField<MetricValue>& values, const SweepStarted& sweep, double value) {
  if (sweep.metric() == "loss") return set_value(values, "loss", value);
  set_value(values, "loss", 2 * (1 - value));
  set_value(values, sweep.metric(), value);
}

Event started_event(const RecordedSweep& sweep, const RecordedMember& member) {
  Event event;
  event.set_time_unix_ms(kBegin);
  Started& started = *event.mutable_started();
  started.set_name(sweep.started.name());
  started.set_id(member.info.id() + std::string(52, '0'));
  started.set_config(member.config);
  started.set_epochs(sweep.epochs);
  started.set_batch_size(32);
  started.set_steps_per_epoch(10);
  started.set_seed(member.info.seed());
  started.set_strategy(member.strategy);
  started.mutable_plan()->set_parameters(member.info.parameters());
  started.mutable_plan()->set_trainable_parameters(member.info.trainable_parameters());
  add_metric(started, sweep.started);
  for (const std::string& id : member.beside) started.add_beside(id);
  DataSet* data = started.add_data();
  data->set_split("train");
  data->set_samples(member.info.train_samples());
  data = started.add_data();
  data->set_split("validation");
  data->set_samples(1000);
  return event;
}

// Rises (or falls) towards the member's value, which the last epoch has.
double value_after(const RecordedSweep& sweep, const RecordedMember& member, int epoch) {
  const double far = sweep.started.metric_is_max() ? 0.1 : 2.3;
  return member.value + (far - member.value) * (std::exp(-0.5 * epoch) - std::exp(-0.5 * member.epochs_done));
}

Event epoch_event(const RecordedSweep& sweep, const RecordedMember& member, int epoch) {
  Event event;
  event.set_step(10 * epoch);
  event.set_time_unix_ms(kBegin + 1000 * epoch);
  EpochEnd& end = *event.mutable_epoch_end();
  end.set_epoch(epoch);
  end.set_is_best(true);
  set_values(*end.mutable_train(), sweep.started, value_after(sweep, member, epoch));
  set_values(*end.mutable_validation(), sweep.started, value_after(sweep, member, epoch));
  end.mutable_time()->set_forward_s((member.seconds - member.trunk_seconds) / std::max(1, member.epochs_done));
  end.set_peak_rss_bytes(member.peak_memory_bytes);
  return event;
}

Event trunk_event(const RecordedMember& member) {
  Event event;
  TrunkReady& trunk = *event.mutable_trunk_ready();
  trunk.set_split("train");
  trunk.set_key(member.trunk_key);
  trunk.set_samples(member.info.train_samples());
  trunk.set_computed(member.has_computed_trunk ? member.info.train_samples() : 0);
  trunk.set_seconds(member.trunk_seconds);
  return event;
}

void add_finish(const RecordedSweep& sweep, const RecordedMember& member, std::vector<Event>& events) {
  Event evaluation = events.back();
  Evaluation& judged = *evaluation.mutable_evaluation();
  judged.set_epoch(member.epochs_done);
  judged.set_split("validation");
  judged.set_samples(1000);
  set_values(*judged.mutable_value(), sweep.started, member.value);
  events.push_back(evaluation);
  Event finished;
  finished.set_step(evaluation.step());
  finished.mutable_finished()->set_reason("all epochs done");
  finished.mutable_finished()->set_best_epoch(member.epochs_done);
  finished.mutable_finished()->set_wall_s(member.seconds);
  finished.mutable_finished()->set_peak_rss_bytes(member.peak_memory_bytes);
  events.push_back(finished);
}

std::vector<Event> run_events(const RecordedSweep& sweep, const RecordedMember& member) {
  std::vector<Event> events = {started_event(sweep, member)};
  if (!member.trunk_key.empty()) events.push_back(trunk_event(member));
  for (int epoch = 1; epoch <= member.epochs_done; ++epoch) events.push_back(epoch_event(sweep, member, epoch));
  Event end;
  end.set_step(events.back().step());
  switch (member.end) {
    case MemberEnd::kDone:
      add_finish(sweep, member, events);
      break;
    case MemberEnd::kDiverged:
      end.mutable_diverged()->set_kind("NaN");
      end.mutable_diverged()->set_tensor("dense/kernel gradient");
      events.push_back(end);
      break;
    case MemberEnd::kPaused:
      end.mutable_stopped()->set_after_epoch(member.epochs_done);
      events.push_back(end);
      break;
    case MemberEnd::kStopped:
      end.mutable_stopped()->set_signal("SIGINT");
      events.push_back(end);
      break;
    case MemberEnd::kFailed:
    case MemberEnd::kRunning:
    case MemberEnd::kNotBegun:
      break;
  }
  return events;
}

class JournalBuilder {
 public:
  explicit JournalBuilder(const RecordedSweep& sweep) : sweep_(sweep) {
    SweepStarted& started = *add().mutable_started();
    started = sweep.started;
    for (const RecordedMember& member : sweep.members) *started.add_member() = member.info;
  }

  void add_attempts(const RecordedMember& member) {
    if (member.end == MemberEnd::kNotBegun) return;
    for (int attempt = 1; attempt <= member.failures; ++attempt) {
      begin(member, attempt);
      end(member, attempt, AttemptEnded::FAILED);
    }
    begin(member, member.failures + 1);
    if (member.end != MemberEnd::kRunning) end(member, member.failures + 1, end_of(member.end));
  }

  std::vector<SweepEvent> take() {
    for (const RungDecided& decision : sweep_.decisions) *add().mutable_rung_decided() = decision;
    if (sweep_.is_finished) add().mutable_finished()->set_wall_s(60);
    return std::move(events_);
  }

 private:
  static AttemptEnded::End end_of(MemberEnd end) {
    switch (end) {
      case MemberEnd::kDone:
        return AttemptEnded::DONE;
      case MemberEnd::kDiverged:
        return AttemptEnded::DIVERGED;
      case MemberEnd::kPaused:
        return AttemptEnded::PAUSED;
      case MemberEnd::kFailed:
        return AttemptEnded::FAILED;
      default:
        return AttemptEnded::STOPPED;
    }
  }

  SweepEvent& add() {
    SweepEvent& event = events_.emplace_back();
    event.set_time_unix_ms(kBegin + 500 * static_cast<std::int64_t>(events_.size() - 1));
    return event;
  }

  void begin(const RecordedMember& member, int attempt) {
    AttemptBegun& begun = *add().mutable_attempt_begun();
    begun.set_member(member.info.id());
    begun.set_attempt(attempt);
    begun.set_pid(4711);
  }

  void end(const RecordedMember& member, int attempt, AttemptEnded::End how) {
    AttemptEnded& ended = *add().mutable_attempt_ended();
    ended.set_member(member.info.id());
    ended.set_attempt(attempt);
    ended.set_end(how);
    if (how == AttemptEnded::FAILED) ended.set_reason(member.reason);
    ended.set_seconds(member.seconds);
  }

  const RecordedSweep& sweep_;
  std::vector<SweepEvent> events_;
};

// What the settings change, as a resolved experiment says it.
std::string config_of(const RecordedSweep& sweep, const RecordedMember& member) {
  std::string data, transfer, rate = "0.001", units = "64";
  for (int axis = 0; axis < member.info.setting_size(); ++axis) {
    const std::string& name = sweep.started.axis(axis).name();
    const std::string& text = member.info.setting(axis).text();
    if (name == "images") data = "data {\n  train {\n    take: " + text + "\n  }\n}\n";
    if (name == "strategy") transfer = "transfer {\n  " + member.strategy + " {\n  }\n}\n";
    if (name.ends_with("learning_rate")) rate = text;
    if (name.ends_with("units")) units = text;
  }
  return "name: \"" + sweep.started.name() + "\"\nseed: " + std::to_string(member.info.seed()) + "\n" + data +
         transfer + "model {\n  layer {\n    name: \"hidden\"\n    dense {\n      units: " + units +
         "\n    }\n  }\n}\ntrain {\n  epochs: " + std::to_string(sweep.epochs) +
         "\n  optimizer {\n    adam {\n      learning_rate: " + rate + "\n    }\n  }\n}\n";
}

}  // namespace

std::string journal_bytes(const std::vector<SweepEvent>& events) {
  std::string bytes;
  for (const SweepEvent& event : events) bytes += render_frame(event.SerializeAsString());
  return bytes;
}

RecordedSweep empty_sweep(const std::string& name, int repeats) {
  RecordedSweep sweep;
  SweepStarted& started = sweep.started;
  started.set_name(name);
  started.set_id("51eeb" + hex_id(name).substr(0, 7));
  started.set_command("thaw run " + name + ".pbtxt");
  started.set_version("0.5.0");
  started.set_metric("label/accuracy");
  started.set_metric_title("Accuracy");
  started.set_metric_is_max(true);
  started.set_metric_is_share(true);
  started.set_repeats(repeats);
  started.set_jobs(1);
  started.set_threads(2);
  return sweep;
}

void add_choices(RecordedSweep& sweep, const std::string& name, const std::vector<std::string>& choices) {
  AxisInfo* axis = sweep.started.add_axis();
  axis->set_name(name);
  for (const std::string& choice : choices) axis->add_choice(choice);
  if (sweep.started.compare().empty()) sweep.started.set_compare(name);
}

void add_numbers(RecordedSweep& sweep, const std::string& field, bool is_logarithmic) {
  AxisInfo* axis = sweep.started.add_axis();
  axis->set_name(field);
  axis->set_field(field);
  axis->set_is_logarithmic(is_logarithmic);
}

RecordedMember& add_member(RecordedSweep& sweep, int point, std::uint64_t seed,
                           const std::vector<std::string>& settings) {
  RecordedMember& member = sweep.members.emplace_back();
  MemberInfo& info = member.info;
  info.set_id(hex_id(sweep.started.name() + "/" + std::to_string(point) + "/" + std::to_string(seed)));
  info.set_point(point);
  info.set_seed(seed);
  info.set_folder(sweep.started.name() + "/" + info.id());
  info.set_trainable_parameters(1000);
  info.set_parameters(1000);
  info.set_train_samples(500);
  member.epochs_done = sweep.epochs;
  for (std::size_t axis = 0; axis < settings.size(); ++axis) {
    Setting* setting = info.add_setting();
    setting->set_text(settings[axis]);
    if (sweep.started.axis(static_cast<int>(axis)).choice_size() == 0) setting->set_number(std::stod(settings[axis]));
  }
  return member;
}

std::string write_sweep(const std::string& runs_root, const RecordedSweep& sweep) {
  // A name that is a hostile string does not name folders; ids do.
  const std::string name =
      sweep.started.name().find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos
          ? sweep.started.name()
          : "hostile";
  const fs::path root = fs::path(runs_root) / name;
  const fs::path folder = root / ("sweep-" + sweep.started.id());
  RecordedSweep written = sweep;
  for (RecordedMember& member : written.members) {
    member.info.set_folder(name + "/" + member.info.id());
    if (member.config.empty()) member.config = config_of(written, member);
  }
  JournalBuilder journal(written);
  for (const RecordedMember& member : written.members) {
    journal.add_attempts(member);
    if (member.end == MemberEnd::kNotBegun) continue;
    const std::string run = write_run((root / member.info.id()).string(), run_events(written, member));
    if (member.has_report) std::ofstream(run + "/report.html") << "<!doctype html><title>a run</title>";
  }
  fs::create_directories(folder / "journal");
  std::ofstream(folder / "journal" / "host-4711.binpb", std::ios::binary) << journal_bytes(journal.take());
  return folder.string();
}

double steady_noise(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a * 0x9e3779b97f4a7c15U + b * 0xbf58476d1ce4e5b9U + 1;  // splitmix64's mixing
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  return static_cast<double>((x ^ x >> 31) >> 11) * 0x1p-53;
}

}  // namespace thaw::test
