#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "schemas/run_record.pb.h"
#include "schemas/sweep_record.pb.h"

namespace thaw::reports {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// How far a member is. Its own record decides where it says how it ended, the journals where it does not.
enum class MemberState {
  kDone,
  kDiverged,
  kFailed,      ///< its process ended with an error or was killed, and nobody has tried it again
  kLeftBehind,  ///< successive halving: others went on from its rung
  kPaused,      ///< at a rung's end, before its decision; or promoted and not taken up yet
  kStopped,     ///< with its sweep: the same command goes on
  kRunning,     ///< begun and not ended: running, or killed with its coordinator
  kNotBegun,
};

/// "done", "diverged", "failed", "left behind", "paused", "stopped", "running/killed", "not begun".
std::string state_name(MemberState state);

/// "fine-tune", "0.003": a number as people wrote it; "–" for none.
std::string setting_text(const Setting& setting);

/// One member with what its run measured. Numbers that are not known are NaN, counts 0.
struct MemberView {
  MemberInfo info;
  std::size_t point = 0;  ///< into SweepView::points
  MemberState state = MemberState::kNotBegun;
  int attempts = 0;
  int rung = -1;       ///< from 0, of the paused and those left behind
  std::string reason;  ///< why it failed or diverged, for people; may have several lines

  double value = kUnknown;      ///< of the sweep's metric: best weights, or best so far
  bool is_final = false;        ///< measured after training: `value` changes no more
  std::string split;            ///< that it was measured on: "validation" or "train"
  std::vector<double> metrics;  ///< beside SweepView::metrics, measured where `value` was
  std::vector<double> epochs;   ///< numbers of the finished epochs
  std::vector<double> curve;    ///< the sweep's metric after each of them, on `split`
  int best_epoch = 0;           ///< 0: none
  int planned_epochs = 0;

  double seconds = kUnknown;                         ///< of its processes, so far
  double trunk_seconds = 0;                          ///< of these, until the frozen trunk's features were at hand
  std::int64_t trunk_computed = 0, trunk_found = 0;  ///< samples whose features it computed; that were there already
  double cost_seconds = kUnknown;                    ///< see cost_text in sweep_answer.h
  int beside = 0;                                    ///< other members that its process trained with it
  std::int64_t parameters = 0, trainable_parameters = 0, train_samples = 0, peak_memory_bytes = 0;

  std::string strategy;  ///< "feature_extraction"; empty: no transfer
  std::string config;    ///< its resolved experiment; empty: it has not started
  std::string folder;    ///< of its run; empty: it is not there
  std::string report;    ///< path from the sweep's folder, "../3f2a.../report.html"; empty: there is none
};

/// A combination of settings; its members differ in the seed only.
struct PointView {
  int number = 0;                    ///< what the journals call it; some may be missing
  std::vector<Setting> settings;     ///< one for each axis
  std::vector<std::size_t> members;  ///< by seed
  std::string label;                 ///< "fine-tune, images 500"; the experiment's name where nothing is varied
};

/// Successive halving: what a rung asks for and what it decided.
struct RungView {
  int epochs = 0;
  int points = 0;  ///< that reach it
  bool is_decided = false;
  RungDecided decision;
};

/// A sweep, ready to show. Nothing in it is trusted to be consistent: sizes and indices are checked here, once.
struct SweepView {
  std::string folder;
  SweepStarted started;  ///< of the newest process; axes and members are those of `points`
  std::vector<MemberView> members;
  std::vector<PointView> points;
  std::vector<MetricInfo> metrics;  ///< that members measured, in the order of their records
  std::vector<RungView> rungs;
  std::vector<std::string> unreadable;  ///< files that were left out, each with its reason
  int compared = -1;                    ///< into started.axis(); -1: no choices are compared
  double wall_seconds = 0;              ///< of the coordinators, as far as they said
  bool is_finished = false;             ///< every member is done, diverged, failed or left behind

  std::size_t count(MemberState state) const;
  /// Into `points`; nothing for a number that no member has.
  std::optional<std::size_t> find_point(int number) const;
  /// A value of the sweep's metric as pages write it: a share as per cent.
  std::string text(double value) const;
  /// "500" of the axis "images"; a number as people wrote it.
  std::string setting_text(std::size_t point, std::size_t axis) const;
  /// The axis's name as pages write it: of an axis that is called as its field, the field's last word.
  std::string axis_text(std::size_t axis) const;
};

/// Reads the journals and every member's record. What is missing, torn or foreign is left out and named in
/// `unreadable`. Throws InputError if there is no journal with a SweepStarted event.
SweepView load_sweep(const std::string& folder);

}  // namespace thaw::reports
