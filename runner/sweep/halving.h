#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "schemas/sweep_record.pb.h"

namespace thaw {

/// Successive halving: which combinations ("points") go on from which rung, from what they measured alone. The outcome
/// does not depend on the order in which values become known: a point goes on as soon as no value that is still to come
/// could keep it from being among the best.
///
/// Better ones come first: values before NaN (diverged, failed), then by value, then by the point's number.
/// Source: Jamieson and Talwalkar, 2016 (synchronous successive halving).
class Halving {
 public:
  /// What a point's members came to at a rung, their mean; nothing as long as one of them is not there yet.
  using ValueOf = std::function<std::optional<double>(int point, int rung)>;

  /// `rung_points[0]` points, numbered from 0; so many of them reach each further rung.
  Halving(std::vector<int> rung_points, bool is_max);

  /// Lets all go on that certainly do. The rungs that are decided now and were not before, in order.
  std::vector<RungDecided> decide(const ValueOf& value_of);

  int rungs() const { return static_cast<int>(rung_points_.size()); }
  /// The highest rung that the point takes part in.
  int rung(int point) const { return rung_[static_cast<std::size_t>(point)]; }
  /// Whether it certainly stays behind at its rung, or has done the last one's work.
  bool is_left_behind(int point) const { return is_left_behind_[static_cast<std::size_t>(point)]; }

 private:
  struct Entry {
    int point;
    double value;
  };
  bool is_better(const Entry& a, const Entry& b) const;
  std::optional<RungDecided> decide_rung(int rung, const ValueOf& value_of);

  std::vector<int> rung_points_;
  bool is_max_;
  std::vector<int> rung_;             ///< by point
  std::vector<bool> is_left_behind_;  ///< by point
  std::vector<bool> is_decided_;      ///< by rung
};

}  // namespace thaw
