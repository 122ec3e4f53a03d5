// A trainer without training, for the kill and fault tests: it keeps its files exactly as `thaw run` does, in
// milliseconds. Same command line: store_probe run FILE --runs DIR | show DIR --json.
// FILE: the number of epochs, steps an epoch and milliseconds a step.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "runner/store/checkpoint.h"
#include "runner/store/durable_file.h"
#include "runner/store/record_writer.h"
#include "runner/store/run_folder.h"
#include "runner/store/sha256.h"
#include "runner/store/stop_signal.h"
#include "schemas/diagnostic.h"
#include "schemas/record.h"

namespace thaw {
namespace {

struct Recipe {
  int epochs = 0, steps_per_epoch = 0, step_ms = 0;
};

struct State {
  std::int64_t step = 0;
  std::vector<double> losses;  // one an epoch
  std::vector<float> weights = std::vector<float>(2000, 0.5F);
  std::vector<float> moments = std::vector<float>(2000, 0.0F);
};

Recipe parse_recipe(const std::string& text) {
  Recipe recipe;
  std::istringstream(text) >> recipe.epochs >> recipe.steps_per_epoch >> recipe.step_ms;
  return recipe;
}

CheckpointView view(const State& state) {
  CheckpointView made{state.step, {}, {{"weights", {2000}, state.weights}, {"moments", {40, 50}, state.moments}}};
  made.metadata.set_reals("losses", state.losses);
  return made;
}

State restore(const Checkpoint& checkpoint) {
  return {checkpoint.step, checkpoint.metadata.reals("losses"), checkpoint.tensor("weights").values,
          checkpoint.tensor("moments").values};
}

void take_step(State& state, const Recipe& recipe) {
  for (std::size_t i = 0; i < state.weights.size(); ++i) {
    state.moments[i] = 0.9F * state.moments[i] + state.weights[i] / static_cast<float>(i + 1);
    state.weights[i] -= 0.01F * state.moments[i];
  }
  ++state.step;
  std::this_thread::sleep_for(std::chrono::milliseconds(recipe.step_ms));
}

Event event_at(const State& state) {
  Event event;
  event.set_step(state.step);
  return event;
}

class Probe {
 public:
  Probe(RunFolder& folder, const Recipe& recipe) : folder_(folder), recipe_(recipe), writer_(folder.record_path()) {}

  void begin(bool is_new) {
    LatestCheckpoint latest = find_latest(folder_.checkpoints_path());
    for (const std::string& warning : latest.warnings) std::cerr << warning << "\n";
    if (latest.checkpoint) state_ = restore(*latest.checkpoint);
    Event event = event_at(state_);
    if (is_new) {
      event.mutable_started()->set_name("probe");
    } else {
      event.mutable_resumed()->set_from_step(state_.step);
    }
    writer_.append(event);
  }

  /// True when it came to the end.
  bool train() {
    const StopSignal stop;
    while (state_.step < recipe_.epochs * recipe_.steps_per_epoch) {
      take_step(state_, recipe_);
      if (state_.step % recipe_.steps_per_epoch == 0) end_epoch();
      if (stop.is_requested()) {
        save_checkpoint(folder_.checkpoints_path(), view(state_));
        Event event = event_at(state_);
        event.mutable_stopped()->set_signal(stop.name());
        writer_.append(event);
        return false;
      }
    }
    return true;
  }

  void finish() {
    Event event = event_at(state_);
    Finished& finished = *event.mutable_finished();
    finished.set_weights_sha256(sha256_hex({reinterpret_cast<const char*>(state_.weights.data()), 4 * 2000}));
    finished.set_metrics_sha256(sha256_hex(view(state_).metadata.text("losses")));
    writer_.append(event);
  }

 private:
  /// The event before the checkpoint: what a checkpoint stands for must be in the record.
  void end_epoch() {
    state_.losses.push_back(1.0 / 3 + state_.weights[7]);
    const std::int64_t epoch = state_.step / recipe_.steps_per_epoch;
    write_file_durably(folder_.samples_path() + "/epoch-" + std::to_string(epoch) + ".txt", "whole\n");
    Event event = event_at(state_);
    event.mutable_epoch_end()->set_epoch(static_cast<int>(epoch));
    writer_.append(event);
    write_checkpoint(folder_.best_checkpoint_path(), view(state_));
    save_checkpoint(folder_.checkpoints_path(), view(state_));
  }

  RunFolder& folder_;
  Recipe recipe_;
  RecordWriter writer_;
  State state_;
};

int run(const std::string& file, const std::string& runs) {
  const std::string text = read_file(file);
  RunFolder folder = RunFolder::open(runs, "probe", sha256_hex(text).substr(0, 12));
  folder.write_experiment(text);
  const RunStatus status = folder.status();
  if (status != RunStatus::kFinished) {
    Probe probe(folder, parse_recipe(text));
    probe.begin(status == RunStatus::kNew);
    const bool is_done = probe.train();
    if (is_done) probe.finish();
    if (!is_done) {
      std::cout << "run: " << folder.path() << std::endl;
      return 75;
    }
  }
  if (!std::filesystem::exists(folder.report_path())) {
    write_file_durably(folder.report_path(), "<html>" + std::string(9000, '.') + "</html>\n");
  }
  std::cout << "run: " << folder.path() << std::endl;
  return 0;
}

int show(const std::string& path) {
  nlohmann::json out = {{"status", "unfinished"}};
  for (const Event& event : read_record(path + "/record.binpb").events) {
    if (!event.has_finished()) continue;
    out = {{"status", "finished"},
           {"weights_sha256", event.finished().weights_sha256()},
           {"metrics_sha256", event.finished().metrics_sha256()}};
  }
  std::cout << out << std::endl;
  return 0;
}

}  // namespace
}  // namespace thaw

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 4 && arguments[0] == "run") return thaw::run(arguments[1], arguments[3]);
    if (arguments.size() == 3 && arguments[0] == "show") return thaw::show(arguments[1]);
    std::cerr << "usage: store_probe run FILE --runs DIR | show DIR --json\n";
    return 2;
  } catch (const thaw::InputError& error) {
    std::cerr << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
