#include "runner/data/random.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

namespace thaw {
namespace {

using Words = std::array<std::uint32_t, 4>;

Words philox(const Words& counter, const std::array<std::uint32_t, 2>& key) {
  const auto block = r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {block[0], block[1], block[2], block[3]};
}

Words first_four(Draws draws) { return {draws.next(), draws.next(), draws.next(), draws.next()}; }

// Random123's tests/kat_vectors, philox4x32 with 10 rounds.
TEST(Philox, GivesThePublishedKnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Draws, IsPhiloxOfTheDocumentedKeyAndCounter) {
  // FNV-1a of "a", from its authors' test vectors.
  constexpr std::uint64_t kHash = 0xaf63dc4c8601ec8cU;
  constexpr std::uint64_t kSeed = 0x0123456789abcdefU;
  const Words key = philox({kHash & 0xffffffff, kHash >> 32, 0, 0}, {kSeed & 0xffffffff, kSeed >> 32});
  Draws draws(kSeed, "a", 5, 0x7700000009U);
  for (const std::uint32_t block : {0U, 1U, 2U}) {
    for (const std::uint32_t word : philox({block, 9, 0x77, 5}, {key[0], key[1]})) EXPECT_EQ(draws.next(), word);
  }
}

// Whoever changes these numbers changes every run there is.
TEST(Draws, StaysTheSame) {
  EXPECT_EQ(first_four(Draws(1, "train", 2, 3)), (Words{1559771879, 2099286312, 2840382442, 1200606233}));
}

TEST(Draws, DependsOnEveryPartOfItsPlace) {
  const std::set<Words> streams = {first_four(Draws(1, "p")),          first_four(Draws(2, "p")),
                                   first_four(Draws(1ULL << 32, "p")), first_four(Draws(1, "q")),
                                   first_four(Draws(1, "")),           first_four(Draws(1, "p", 1)),
                                   first_four(Draws(1, "p", 0, 1)),    first_four(Draws(1, "p", 0, 1ULL << 32))};
  EXPECT_EQ(streams.size(), 8U);
}

TEST(Draws, BelowHasNoBias) {
  // Of 2^32 words, a remainder of 3 * 2^30 would make the lower third twice as likely: 1/2.
  Draws draws(1, "below");
  constexpr int kDraws = 30000;
  int lower = 0;
  for (int i = 0; i < kDraws; ++i) {
    const std::uint32_t value = draws.below(3U << 30);
    ASSERT_LT(value, 3U << 30);
    lower += value < 1U << 30 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(lower) / kDraws, 1.0 / 3, 0.01);
}

TEST(Draws, BelowReachesEachNumberAlike) {
  Draws draws(2, "below");
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) ++counts.at(draws.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(draws.below(1), 0U);
}

TEST(Draws, BetweenReachesBothEnds) {
  Draws draws(3, "between");
  std::set<int> seen;
  for (int i = 0; i < 200; ++i) seen.insert(draws.between(-2, 3));
  EXPECT_EQ(seen, (std::set<int>{-2, -1, 0, 1, 2, 3}));
}

TEST(Draws, UniformFillsTheUnitInterval) {
  Draws draws(4, "uniform");
  std::array<int, 10> counts{}, float_counts{};
  for (int i = 0; i < 100000; ++i) {
    ++counts.at(static_cast<int>(draws.uniform() * 10));
    ++float_counts.at(static_cast<int>(draws.uniform_float() * 10));
  }
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);
  for (const int count : float_counts) EXPECT_NEAR(count, 10000, 400);
}

TEST(Draws, UniformHasTheBitsOfADouble) {
  Draws draws(5, "uniform");
  bool has_finest_bit = false;
  for (int i = 0; i < 100; ++i) {
    const double scaled = draws.uniform() * 0x1p53;
    has_finest_bit = has_finest_bit || static_cast<std::uint64_t>(scaled) % 2 == 1;
  }
  EXPECT_TRUE(has_finest_bit);
}

TEST(Draws, UniformStaysWithinItsEnds) {
  Draws draws(6, "uniform");
  double least = 1e9, most = -1e9;
  for (int i = 0; i < 10000; ++i) {
    const double value = draws.uniform(-3, 5);
    least = std::min(least, value);
    most = std::max(most, value);
  }
  EXPECT_GE(least, -3);
  EXPECT_LT(most, 5);
  EXPECT_NEAR(least, -3, 0.01);
  EXPECT_NEAR(most, 5, 0.01);
}

TEST(Draws, NormalHasItsMomentsAndTails) {
  Draws draws(7, "normal");
  constexpr int kDraws = 200000;
  double sum = 0, squares = 0, fourths = 0, neighbours = 0, last = 0;
  int beyond_two = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = draws.normal();
    sum += value;
    squares += value * value;
    fourths += value * value * value * value;
    neighbours += value * last;
    last = value;
    beyond_two += std::abs(value) > 2 ? 1 : 0;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1, 0.015);
  EXPECT_NEAR(fourths / kDraws, 3, 0.1);
  EXPECT_NEAR(neighbours / kDraws, 0, 0.01);
  EXPECT_NEAR(static_cast<double>(beyond_two) / kDraws, 0.0455, 0.002);
}

}  // namespace
}  // namespace thaw
