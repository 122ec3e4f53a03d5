#pragma once

#include <cstddef>
#include <vector>

namespace thaw {

/// A piece of arena that is needed from one step of the program to another, both included.
struct BufferRequest {
  std::size_t bytes = 0;
  int first_step = 0;
  int last_step = 0;
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  ///< by request, multiples of kArenaAlignment
  std::size_t arena_bytes = 0;
  std::size_t bytes_without_reuse = 0;  ///< what separate buffers would have taken
};

inline constexpr std::size_t kArenaAlignment = 64;  // a cache line, and the widest vector

/// Places the requests so that those alive at the same time never overlap: largest first, each in the tightest gap.
MemoryPlan plan_memory(const std::vector<BufferRequest>& requests);

}  // namespace thaw
