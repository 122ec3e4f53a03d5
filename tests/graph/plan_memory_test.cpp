#include "graph/passes/plan_memory.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace thaw {
namespace {

std::size_t rounded(std::size_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

/// Most bytes alive at one step: no plan can do with less.
std::size_t busiest_step(const std::vector<BufferRequest>& requests) {
  std::size_t most = 0;
  for (const BufferRequest& at : requests) {
    std::size_t bytes = 0;
    for (const BufferRequest& other : requests) {
      if (other.first_step <= at.first_step && at.first_step <= other.last_step) bytes += rounded(other.bytes);
    }
    most = std::max(most, bytes);
  }
  return most;
}

/// "3 and 7" for the first pair that is alive together and overlaps; empty if none does.
std::string find_clash(const std::vector<BufferRequest>& requests, const MemoryPlan& plan) {
  for (std::size_t a = 0; a < requests.size(); ++a) {
    for (std::size_t b = a + 1; b < requests.size(); ++b) {
      const bool is_together =
          requests[a].first_step <= requests[b].last_step && requests[b].first_step <= requests[a].last_step;
      const bool is_overlapping = plan.offsets[a] < plan.offsets[b] + requests[b].bytes &&
                                  plan.offsets[b] < plan.offsets[a] + requests[a].bytes;
      if (is_together && is_overlapping) return std::to_string(a) + " and " + std::to_string(b);
    }
  }
  return "";
}

std::vector<BufferRequest> random_requests(std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  const auto below = [&](std::uint64_t bound) { return generator() % bound; };
  std::vector<BufferRequest> requests(1 + below(120));
  const int steps = 1 + static_cast<int>(below(60));
  for (BufferRequest& request : requests) {
    // Mostly short lives and mixed sizes, with some of one byte and some that live throughout.
    request.bytes = below(8) == 0 ? 1 : 1 + below(std::size_t{1} << (4 + below(16)));
    request.first_step = static_cast<int>(below(static_cast<std::uint64_t>(steps)));
    const int length = below(10) == 0 ? steps : static_cast<int>(below(5));
    request.last_step = std::min(steps, request.first_step + length);
  }
  return requests;
}

TEST(PlanMemory, RandomLifetimesNeverClash) {
  double arena = 0, busiest = 0, separate = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const auto requests = random_requests(seed);
    const MemoryPlan plan = plan_memory(requests);
    ASSERT_EQ(plan.offsets.size(), requests.size());
    ASSERT_EQ(find_clash(requests, plan), "") << "seed " << seed;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      ASSERT_EQ(plan.offsets[i] % kArenaAlignment, 0u) << "seed " << seed;
      ASSERT_LE(plan.offsets[i] + requests[i].bytes, plan.arena_bytes) << "seed " << seed;
      sum += rounded(requests[i].bytes);
    }
    ASSERT_EQ(plan.bytes_without_reuse, sum);
    ASSERT_LE(plan.arena_bytes, plan.bytes_without_reuse) << "seed " << seed;
    ASSERT_GE(plan.arena_bytes, busiest_step(requests)) << "seed " << seed;
    arena += static_cast<double>(plan.arena_bytes);
    busiest += static_cast<double>(busiest_step(requests));
    separate += static_cast<double>(plan.bytes_without_reuse);
  }
  EXPECT_LT(arena, 0.5 * separate) << "reuse is worth something";
  EXPECT_LT(arena, 1.1 * busiest) << "and near what cannot be avoided";
}

TEST(PlanMemory, ThosePassingOneAfterTheOtherTakeOnePlace) {
  const MemoryPlan plan = plan_memory({{100, 0, 0}, {100, 1, 1}, {100, 2, 2}});
  EXPECT_THAT(plan.offsets, ::testing::Each(0u));
  EXPECT_EQ(plan.arena_bytes, 128u);
  EXPECT_EQ(plan.bytes_without_reuse, 384u);
}

TEST(PlanMemory, BothEndsOfALifeCount) {
  const MemoryPlan plan = plan_memory({{64, 0, 1}, {64, 1, 2}});
  EXPECT_NE(plan.offsets[0], plan.offsets[1]);
  EXPECT_EQ(plan.arena_bytes, 128u);
}

TEST(PlanMemory, TakesTheTightestGap) {
  // At step 1 the arena has gaps of 256 and of 64 bytes; the last one fits the smaller.
  const std::vector<BufferRequest> requests{{640, 0, 9}, {256, 0, 0}, {192, 0, 9}, {128, 0, 0}, {64, 0, 9}, {64, 1, 1}};
  const MemoryPlan plan = plan_memory(requests);
  EXPECT_EQ(plan.offsets[5], plan.offsets[3]);
}

TEST(PlanMemory, Nothing) {
  const MemoryPlan plan = plan_memory({});
  EXPECT_EQ(plan.arena_bytes, 0u);
  EXPECT_TRUE(plan.offsets.empty());
}

}  // namespace
}  // namespace thaw
