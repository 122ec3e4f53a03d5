#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/record.h"

namespace thaw::reports {

/// A kernel, or several together: those of a layer, those of an operator.
struct ProfileEntry {
  std::string name;
  std::string layer, op, phase;  ///< of one kernel
  bool is_reorder = false;
  bool is_bfloat16 = false;  ///< it, or one of several
  bool is_winograd = false;  ///< of one kernel
  int kernels = 1;
  double forward_s = 0, backward_s = 0, update_s = 0;  ///< means
  double min_s = 0;
  double predicted_s = 0;  ///< by its plan; 0: not foreseen
  std::int64_t flops = 0;
  std::int64_t bytes = 0;

  double seconds() const { return forward_s + backward_s + update_s; }
  double flops_per_s() const { return seconds() > 0 ? static_cast<double>(flops) / seconds() : 0; }
  double bytes_per_s() const { return seconds() > 0 ? static_cast<double>(bytes) / seconds() : 0; }
};

/// Where a training step's time goes. What the record holds is checked here, once: no time is negative or not a number.
struct ProfileView {
  std::int64_t first_step = 0;
  int steps = 0;
  double peak_flops_per_s = 0;  ///< 0: not measured
  double peak_bfloat16_flops_per_s = 0;
  double memory_bytes_per_s = 0;        ///< 0: not measured
  ProfileEntry all;                     ///< every kernel
  std::vector<ProfileEntry> kernels;    ///< in the order they run
  std::vector<ProfileEntry> slowest;    ///< the same, slowest first
  std::vector<ProfileEntry> layers;     ///< slowest first
  std::vector<ProfileEntry> operators;  ///< slowest first; reorders are one of them
  std::optional<ProfileEntry> reorders;

  /// Shares of what the machine reached (1: all of it; Winograd's algorithm may be beyond), with the same numbers, when
  /// it was measured; NaN: it was not, or there is nothing to share.
  double flops_share(const ProfileEntry& entry) const;
  double bytes_share(const ProfileEntry& entry) const;
  /// Why a kernel is faster than the machine multiplies; empty where none is.
  std::string beyond_peak_text() const;
};

/// Nothing where the run was not profiled.
std::optional<ProfileView> view_profile(const EffectiveRecord& record);

}  // namespace thaw::reports
