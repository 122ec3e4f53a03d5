#pragma once

#include <string>
#include <vector>

#include "runner/sweep/axis.h"

namespace thaw {

/// The combinations that a sweep leaves out.
class Exclusions {
 public:
  /// Findings: conditions about axes or choices that are not there, or that say nothing.
  Exclusions(const Sweep& sweep, const std::vector<SweepAxis>& axes, Findings& findings);

  /// The index of the first exclusion that a combination meets; -1: none.
  int find(const std::vector<Setting>& settings) const;
  /// `strategy "frozen" with images 20 or 100`.
  std::string words(int exclusion) const;
  int size() const { return sweep_.exclude_size(); }

 private:
  void check(const Condition& condition, const std::string& path, Findings& findings) const;
  bool is_met(const Condition& condition, const std::vector<Setting>& settings) const;
  int axis_index(const std::string& name) const;

  const Sweep& sweep_;
  const std::vector<SweepAxis>& axes_;
};

}  // namespace thaw
