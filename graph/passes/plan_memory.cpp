#include "graph/passes/plan_memory.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace thaw {
namespace {

struct Placed {
  std::size_t begin, end;
  int first_step, last_step;
};

std::size_t round_up(std::size_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

/// The start of the smallest gap of at least `bytes` between `taken`, or past their end.
std::size_t tightest_gap(std::vector<Placed> taken, std::size_t bytes) {
  std::sort(taken.begin(), taken.end(), [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
  std::size_t best = 0, best_gap = std::numeric_limits<std::size_t>::max(), end = 0;
  for (const Placed& piece : taken) {
    if (piece.begin > end && piece.begin - end >= bytes && piece.begin - end < best_gap) {
      best = end;
      best_gap = piece.begin - end;
    }
    end = std::max(end, piece.end);
  }
  return best_gap == std::numeric_limits<std::size_t>::max() ? end : best;
}

}  // namespace

MemoryPlan plan_memory(const std::vector<BufferRequest>& requests) {
  MemoryPlan plan;
  plan.offsets.resize(requests.size());
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return requests[a].bytes > requests[b].bytes; });

  std::vector<Placed> placed;
  for (const std::size_t i : order) {
    const BufferRequest& request = requests[i];
    const std::size_t bytes = round_up(request.bytes);
    std::vector<Placed> alive;
    std::copy_if(placed.begin(), placed.end(), std::back_inserter(alive), [&](const Placed& other) {
      return other.first_step <= request.last_step && request.first_step <= other.last_step;
    });
    const std::size_t begin = tightest_gap(std::move(alive), bytes);
    placed.push_back({begin, begin + bytes, request.first_step, request.last_step});
    plan.offsets[i] = begin;
    plan.arena_bytes = std::max(plan.arena_bytes, begin + bytes);
    plan.bytes_without_reuse += bytes;
  }
  return plan;
}

}  // namespace thaw
