#pragma once

#include <string>
#include <vector>

#include "ops/program.h"

namespace thaw {

/// One tensor's place: in the arena, or in the parameter store.
struct Program::Slot {
  ValueId value = kNoValue;    ///< kNoValue: scratch
  LayoutPtr layout = nullptr;  ///< null for scratch
  std::size_t bytes = 0;
  bool is_persistent = false;
  int first_step = 0;
  int last_step = 0;
  int shares = -1;  ///< the earlier slot whose bytes this one takes over (in place)
  std::size_t offset = 0;
  void* persistent = nullptr;
};

struct Program::Step {
  std::string name;  ///< "conv2d/Conv"
  Phase phase = Phase::kForward;
  int node = -1;  ///< -1 for a reorder
  bool is_reorder = false;
  bool is_constant = false;  ///< depends on frozen weights alone: runs once, before the others
  std::unique_ptr<Kernel> kernel;
  std::vector<int> inputs, outputs;  ///< slots; -1 for an input that is left out
  int scratch = -1;
  double saved_arithmetic = 1;  ///< BindContext::save_arithmetic
};

}  // namespace thaw
