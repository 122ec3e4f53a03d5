#pragma once

#include <cstdint>
#include <vector>

namespace thaw {

/// How large the numbers of a tensor are, over any number of batches: a histogram whose range doubles when it must.
class Magnitudes {
 public:
  void add(const std::vector<float>& numbers);

  bool has_negative() const { return has_negative_; }
  bool is_finite() const { return is_finite_; }
  float largest() const { return largest_; }
  /// The limit beyond which magnitudes are cut, so that with `levels` steps from 0 to it the sum of squared errors of
  /// all numbers is least. 0 if there are none but zeros.
  float best_limit(int levels) const;

 private:
  static constexpr std::size_t kBins = 4096;
  void make_room(float magnitude);

  std::vector<std::int64_t> bins_ = std::vector<std::int64_t>(kBins);  ///< zeros are not counted: they are exact
  float range_ = 0;                                                    ///< what the bins cover
  float largest_ = 0;
  bool has_negative_ = false;
  bool is_finite_ = true;
};

}  // namespace thaw
