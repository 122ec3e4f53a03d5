#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "reports/sweep_history.h"
#include "reports/sweep_view.h"

namespace thaw::reports {

/// How a run ended, as its record says; kNone: it does not, or there is no record.
enum class RecordedEnd { kNone, kDone, kDiverged, kStopped, kPaused };

/// The frozen trunk's features of one split, as one run got them.
struct TrunkCost {
  std::string key;  ///< of the same features
  double seconds = 0;
  bool is_computed = false;  ///< by this run, not found
};

/// A member with what only loading needs.
struct MeasuredMember {
  MemberView view;
  std::vector<MetricInfo> metrics;
  std::map<std::string, double> values;  ///< of `metrics`, by name
  std::vector<TrunkCost> trunks;
  RecordedEnd end = RecordedEnd::kNone;
  bool has_record = false;
  int paused_after = 0;    ///< epochs
  std::string divergence;  ///< in words
  std::string trouble;     ///< why its record could not be read; empty: it could, or there is none
};

/// The folder of the member's run from the sweep's own, so that both may have been moved together; never one outside of
/// the runs' root, whatever the journal says. Empty: it is not there.
std::filesystem::path run_folder(const std::string& sweep_folder, const MemberInfo& info);

/// Reads the record of the member's run.
MeasuredMember measure_member(const std::string& sweep_folder, const MemberInfo& info, const std::string& metric);

/// Sets cost_seconds: whoever found features that another member had computed is charged what that one took.
void share_trunk_cost(const std::vector<MeasuredMember>& measured, std::vector<MemberView>& members);

/// Sets state, reason, attempts and rung. The record decides where it says how the run ended.
void decide_state(const SweepHistory& history, const MeasuredMember& measured, const std::vector<RungView>& rungs,
                  MemberView& member);

}  // namespace thaw::reports
