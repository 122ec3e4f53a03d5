#include "runner/data/epoch_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace thaw {
namespace {

std::vector<std::int64_t> order_of(std::uint64_t seed, std::uint64_t epoch, std::int64_t size) {
  const EpochOrder order(seed, size);
  std::vector<std::int64_t> places(size);
  for (std::int64_t i = 0; i < size; ++i) places[i] = order.at(epoch, i);
  return places;
}

bool is_permutation(std::vector<std::int64_t> order) {
  std::vector<std::int64_t> expected(order.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::sort(order.begin(), order.end());
  return order == expected;
}

TEST(EpochOrder, VisitsEverySampleOnce) {
  for (std::int64_t size = 1; size <= 300; ++size) EXPECT_TRUE(is_permutation(order_of(1, 3, size))) << size;
  EXPECT_TRUE(is_permutation(order_of(1, 0, 60000)));
}

TEST(EpochOrder, DiffersByEpochAndSeed) {
  EXPECT_NE(order_of(1, 0, 1000), order_of(1, 1, 1000));
  EXPECT_NE(order_of(1, 0, 1000), order_of(2, 0, 1000));
  EXPECT_EQ(order_of(1, 5, 1000), order_of(1, 5, 1000));
}

// Whoever changes this order changes every run there is.
TEST(EpochOrder, StaysTheSame) {
  EXPECT_THAT(order_of(1, 0, 10), ::testing::ElementsAre(9, 1, 7, 3, 5, 4, 2, 0, 6, 8));
}

TEST(EpochOrder, IsAnyOrderAlike) {
  for (const std::int64_t size : {2, 3, 4, 5, 6}) {
    std::map<std::vector<std::int64_t>, int> counts;
    const int orders = static_cast<int>(std::tgamma(size + 1) + 0.5);
    constexpr int kEach = 200;
    for (int epoch = 0; epoch < kEach * orders; ++epoch) ++counts[order_of(1, epoch, size)];
    EXPECT_EQ(static_cast<int>(counts.size()), orders);
    double chi_square = 0;
    for (const auto& [order, count] : counts)
      chi_square += (count - kEach) * (count - kEach) / static_cast<double>(kEach);
    // Expected: orders - 1, standard deviation sqrt(2 (orders - 1)).
    EXPECT_LT(chi_square, orders - 1 + 5 * std::sqrt(2.0 * (orders - 1))) << size;
  }
}

// Rows and columns of 9 samples could be 3 x 3, and then every round is an even permutation.
TEST(EpochOrder, IsOddAsOftenAsEven) {
  int odd = 0;
  for (std::uint64_t epoch = 0; epoch < 1000; ++epoch) {
    const std::vector<std::int64_t> order = order_of(1, epoch, 9);
    int inversions = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      inversions +=
          static_cast<int>(std::count_if(order.begin() + i, order.end(), [&](auto v) { return v < order[i]; }));
    }
    odd += inversions % 2;
  }
  EXPECT_NEAR(odd, 500, 80);
}

TEST(EpochOrder, MixesALargeSet) {
  constexpr std::int64_t kSize = 60000;
  const std::vector<std::int64_t> order = order_of(1, 2, kSize);
  // The first tenth of an epoch shows every tenth of the set alike: 600 each, standard deviation 22.
  std::vector<int> counts(10);
  for (std::int64_t i = 0; i < kSize / 10; ++i) ++counts[order[i] * 10 / kSize];
  for (const int count : counts) EXPECT_NEAR(count, 600, 110);
  // Neighbours part: |difference| has mean size / 3 and standard deviation size / sqrt(18).
  double distance = 0;
  for (std::int64_t i = 1; i < kSize; ++i) distance += std::abs(static_cast<double>(order[i] - order[i - 1]));
  EXPECT_NEAR(distance / kSize, kSize / 3.0, 5 * kSize / std::sqrt(18.0 * kSize));
}

TEST(EpochOrder, HoldsForABillion) {
  const EpochOrder order(1, 1000000000);
  for (std::int64_t i = 0; i < 1000; ++i) {
    EXPECT_GE(order.at(0, i), 0);
    EXPECT_LT(order.at(0, i), 1000000000);
  }
}

}  // namespace
}  // namespace thaw
