#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runner/config/load.h"
#include "schemas/sweep_record.pb.h"

namespace thaw {

class SweepAxis;

/// Whether `thaw run` runs many experiments for this file.
inline bool is_sweep(const Experiment& config) { return config.has_sweep(); }

/// A run of a sweep: one of its combinations with one seed.
struct SweepMember {
  int point = 0;  ///< index of its combination
  std::uint64_t seed = 0;
};

/// What a sweep comes to. Depends on nothing but the sweep's (resolved) file: every process that expands it gets the
/// same members in the same order.
struct SweepMembers {
  std::shared_ptr<const LoadedExperiment> sweep;
  std::shared_ptr<const std::vector<SweepAxis>> plans;  ///< how axes change the file
  std::vector<AxisInfo> axes;
  std::vector<std::vector<Setting>> points;  ///< combinations, in the order of the grid or the draw: one for each axis
  std::vector<SweepMember> members;          ///< points in order, their repeats next to each other
  std::vector<std::string> excluded;         ///< what was left out, in words
  std::vector<int> rung_epochs;  ///< successive halving: of each rung, the last one all epochs; otherwise empty
  std::vector<int> rung_points;  ///< and how many combinations reach it
  int repeats = 1;
  std::string metric;   ///< that combinations are compared by, without the split: "digit/accuracy"
  std::string compare;  ///< the axis whose choices are compared; empty: none has choices

  /// The member as an experiment of its own: the file with its changes and its seed, without `sweep`. What stands in
  /// it has the place in the file where it was written, that of a choice or of a number included.
  LoadedExperiment experiment(const SweepMember& member) const;
  /// `strategy "frozen", learning rate 0.01`; "the file as it is" where there are no axes.
  std::string words(int point) const;
  /// Its index; none: there is no such member.
  std::optional<std::size_t> find(int point, std::uint64_t seed) const;
};

/// The members of a file that has a sweep. Takes next to no time, so that each process of a sweep does it.
/// Throws InputError with every mistake of the sweep itself.
SweepMembers expand_sweep(const LoadedExperiment& sweep);

/// Checks each member as far as that needs no data and no network. What people should know all the same, in lines.
/// Throws InputError with every finding; one that many members share is said once.
std::vector<std::string> check_members(const SweepMembers& sweep);

/// `strategy "frozen"`, `learning rate 0.01`.
std::string setting_words(const AxisInfo& axis, const Setting& setting);

/// Folders that the files which `loaded` was merged from stand in, its own first: where the relative paths in them are
/// looked for. A copy of the resolved file elsewhere needs them as data roots.
std::vector<std::string> file_folders(const LoadedExperiment& loaded);

}  // namespace thaw
