#include "runner/data/epoch_order.h"

#include <cmath>

#include "runner/data/random.h"

namespace thaw {
namespace {

// Four rounds would do for a large domain (Luby and Rackoff); five samples in 3 x 2 need sixteen until no order is
// likelier than another.
constexpr std::uint32_t kRounds = 20;

// An odd number of rows and of columns would leave half of all orders out: each round would be an even permutation.
std::uint64_t even_root(std::int64_t size) {
  const auto root = static_cast<std::uint64_t>(std::ceil(std::sqrt(static_cast<double>(size))));
  return root + root % 2;
}

/// The round functions of one epoch: Philox of (round, half) under a key drawn for the epoch.
class RoundFunctions {
 public:
  RoundFunctions(std::uint64_t seed, std::uint64_t epoch) {
    Draws draws(seed, "order", epoch);
    key_ = {{draws.next(), draws.next()}};
  }

  std::uint32_t operator()(std::uint32_t round, std::uint64_t half) const {
    const auto low = static_cast<std::uint32_t>(half), high = static_cast<std::uint32_t>(half >> 32);
    return r123::Philox4x32()({{round, low, high, 0}}, key_)[0];
  }

 private:
  r123::Philox4x32::key_type key_;
};

}  // namespace

EpochOrder::EpochOrder(std::uint64_t seed, std::int64_t size)
    : seed_(seed),
      size_(static_cast<std::uint64_t>(size)),
      rows_(even_root(size)),
      columns_((size_ + rows_ - 1) / rows_) {}

std::int64_t EpochOrder::at(std::uint64_t epoch, std::int64_t place) const {
  const RoundFunctions shift(seed_, epoch);
  auto value = static_cast<std::uint64_t>(place);
  do {
    std::uint64_t row = value / columns_;
    std::uint64_t column = value % columns_;
    for (std::uint32_t round = 0; round < kRounds; round += 2) {
      row = (row + shift(round, column)) % rows_;
      column = (column + shift(round + 1, row)) % columns_;
    }
    value = row * columns_ + column;
  } while (value >= size_);
  return static_cast<std::int64_t>(value);
}

}  // namespace thaw
