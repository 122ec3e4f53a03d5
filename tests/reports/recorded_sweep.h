#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/run_record.pb.h"
#include "schemas/sweep_record.pb.h"

namespace thaw::test {

/// How a made-up member ends.
enum class MemberEnd { kDone, kDiverged, kFailed, kPaused, kStopped, kRunning, kNotBegun };

/// A member of a made-up sweep, and what its run leaves.
struct RecordedMember {
  MemberInfo info;
  MemberEnd end = MemberEnd::kDone;
  double value = 0;  ///< of the best weights, or so far
  int epochs_done = 10;
  double seconds = 10;
  double trunk_seconds = 0;  ///< of these
  std::string trunk_key;     ///< empty: it has no trunk
  bool has_computed_trunk = true;
  std::int64_t peak_memory_bytes = 200 << 20;
  std::vector<std::string> beside;
  std::string config;  ///< its experiment; empty: made from its settings
  std::string strategy;
  std::string reason;  ///< of its failure
  int failures = 0;    ///< attempts that failed before
  bool has_report = true;
};

/// A made-up sweep: `started.member` is filled from `members` when it is written.
struct RecordedSweep {
  SweepStarted started;
  std::vector<RecordedMember> members;
  std::vector<RungDecided> decisions;
  bool is_finished = true;
  int epochs = 10;
};

/// A sweep named `name` that is compared by "label/accuracy" (more is better, a share), without axes and members.
RecordedSweep empty_sweep(const std::string& name, int repeats);

void add_choices(RecordedSweep& sweep, const std::string& name, const std::vector<std::string>& choices);
void add_numbers(RecordedSweep& sweep, const std::string& field, bool is_logarithmic);

/// Appends a member with the settings (a number where the axis has no choices) and gives it an id, a folder and a
/// config.
RecordedMember& add_member(RecordedSweep& sweep, int point, std::uint64_t seed,
                           const std::vector<std::string>& settings);

/// Writes runs_root/NAME/sweep-ID with its journal and runs_root/NAME/ID of every member, and returns the sweep's
/// folder.
std::string write_sweep(const std::string& runs_root, const RecordedSweep& sweep);

/// The bytes of a journal.
std::string journal_bytes(const std::vector<SweepEvent>& events);

/// A number of 0 to 1 that is always the same for the same arguments.
double steady_noise(std::uint64_t a, std::uint64_t b);

// Sweeps that pages must show well.

/// 4 strategies, 4 sizes, `repeats` seeds: fine-tuning wins from 500 images on, the frozen one below.
RecordedSweep strategies_sweep(int repeats = 5);
/// The same with a member that failed, one that diverged, one that runs, one that stopped, and some that are not begun.
RecordedSweep troubled_sweep();
/// 24 combinations of a learning rate, a number of units and an optimizer, one seed each; the rate matters most.
RecordedSweep numeric_sweep();
/// 18 combinations, of which 6 and then 2 go on.
RecordedSweep halving_sweep();
/// The mean loss of two optimizers, less is better, 6 seeds.
RecordedSweep loss_sweep();
/// Every name that a sweep may carry is `text`.
RecordedSweep hostile_sweep(const std::string& text);

struct NamedSweep {
  std::string name;
  RecordedSweep sweep;
};
/// All of the above but the hostile one.
std::vector<NamedSweep> recorded_sweeps();

}  // namespace thaw::test
