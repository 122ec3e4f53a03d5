#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "schemas/run_record.pb.h"
#include "tests/reports/hostile.h"

namespace thaw::test {

/// A made-up run: what its folder holds.
struct ExampleRun {
  std::string name;
  std::vector<Event> events;
};

/// What a failing test calls it.
void PrintTo(const ExampleRun& run, std::ostream* out);

struct ExampleOptions {
  int epochs = 10;
  int epochs_done = 10;
  int seed = 1;
  bool has_boxes = true;
  bool has_validation = true;
  double learning_rate = 0.001;
  int pictures = 24;
  bool has_weights = false;   ///< that were learned before
  bool is_profiled = false;   ///< and its times foreseen
  bool has_transfer = false;  ///< gradual unfreezing: two stages
};

/// Started, DataPreview and the epochs: what a run leaves that has not ended.
std::vector<Event> begun_run(const ExampleOptions& options);
/// begun_run with an Evaluation and Finished.
std::vector<Event> finished_run(const ExampleOptions& options);

/// What a profiled run adds to a started one: predictions, and where a step's time goes.
Event profile_event(std::int64_t step);
Prediction example_prediction();

/// What a run that trains in stages adds: rows, hashes of what stays frozen, stages begun after epochs 3 and 5.
void add_transfer(std::vector<Event>& events);

Event stopped_event(std::int64_t step);
Event paused_event(std::int64_t step, int after_epoch);  ///< by its sweep
Event diverged_event(std::int64_t step);
Event resumed_event(std::int64_t step, std::int64_t from_step);

/// One run for each page that must look right: finished, classification only, killed, stopped, diverged, no validation,
/// overfitting, hostile names, stages, 1 epoch, 1000 epochs, many classes, binary, several labels.
std::vector<ExampleRun> example_runs();

/// The bytes of record.binpb.
std::string record_bytes(const std::vector<Event>& events);

/// Writes the record and every picture it names (a digit, drawn where the true box is) and returns the folder.
std::string write_run(const std::string& folder, const std::vector<Event>& events);

}  // namespace thaw::test
