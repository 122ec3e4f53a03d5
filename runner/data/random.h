#pragma once

#include <Random123/philox.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace thaw {

/// Random numbers without a state to save: the k-th number depends only on (seed, purpose, epoch, sample, k).
///
/// Philox4x32-10. Key: the first half of the block that the purpose's hash (as counter) gives under the seed (as key),
/// so that streams of different purposes have unrelated keys. Counter: (block of 4 draws, sample, epoch).
/// Limits: epoch < 2^32, at most 2^34 draws from one stream.
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
class Draws {
 public:
  Draws(std::uint64_t seed, std::string_view purpose, std::uint64_t epoch = 0, std::uint64_t sample = 0)
      : key_(key_of(seed, purpose)), counter_{{0, low(sample), high(sample), low(epoch)}} {}

  /// Goes on with draw 4 * `block` of the stream.
  void seek(std::uint32_t block) {
    counter_[0] = block;
    used_ = 4;
    has_spare_ = false;
  }

  /// Uniform over all 32-bit numbers.
  std::uint32_t next() {
    if (used_ == 4) {
      block_ = r123::Philox4x32()(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  /// Uniform in 0..n-1, each exactly as likely; n > 0.
  /// Source: Lemire, "Fast random integer generation in an interval" (2019).
  std::uint32_t below(std::uint32_t n) {
    std::uint64_t product = std::uint64_t{next()} * n;
    if (low(product) < n) {
      const std::uint32_t surplus = (0U - n) % n;
      while (low(product) < surplus) product = std::uint64_t{next()} * n;
    }
    return high(product);
  }

  /// Uniform in low..high, both included; low <= high.
  int between(int low_end, int high_end) {
    return low_end + static_cast<int>(below(static_cast<std::uint32_t>(high_end - low_end) + 1));
  }

  /// Uniform in [0, 1): a multiple of 2^-24.
  float uniform_float() { return static_cast<float>(next() >> 8) * 0x1p-24F; }

  /// Uniform in [0, 1): a multiple of 2^-53.
  double uniform() {
    const std::uint64_t upper = next() >> 5;
    const std::uint64_t lower = next() >> 6;
    return static_cast<double>(upper << 26 | lower) * 0x1p-53;
  }

  /// Uniform in [low, high).
  double uniform(double low_end, double high_end) { return low_end + (high_end - low_end) * uniform(); }

  /// Normal with mean 0 and standard deviation 1 (Box-Muller).
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    // 1 - uniform() is never 0.
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    const double angle = 2 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

 private:
  using Key = r123::Philox4x32::key_type;
  using Counter = r123::Philox4x32::ctr_type;

  static std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
  static std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

  static Key key_of(std::uint64_t seed, std::string_view purpose) {
    // FNV-1a, 64 bits: any hash that tells a handful of short names apart will do.
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    const Counter block = r123::Philox4x32()(Counter{{low(hash), high(hash), 0, 0}}, Key{{low(seed), high(seed)}});
    return Key{{block[0], block[1]}};
  }

  Key key_;
  Counter counter_;
  Counter block_{};
  int used_ = 4;
  bool has_spare_ = false;
  double spare_ = 0;
};

}  // namespace thaw
