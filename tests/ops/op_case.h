#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "tests/reference/interpreter.h"

namespace thaw {

/// What an input is filled with.
enum class Fill {
  kUniform,       ///< -1..1
  kAwayFromZero,  ///< 0.1..1 in magnitude: off the kink of relu
  kDistinct,      ///< no two values nearer than 0.01: off the kinks of max pooling
  kUnit,          ///< 0..1: truths and probabilities
  kLarge,         ///< -8..8: both branches of Huber, saturated sigmoids
  kPositive,      ///< 0.5..2: off the poles of logarithms, roots and quotients
  kLabels,        ///< class numbers below the extent 1 of input 0
  kIndices,       ///< integers below the port's limit
  kFew,           ///< so many different real numbers as the port's limit: equal extrema
};

/// One input of a case.
struct Port {
  Shape shape;
  Fill fill = Fill::kUniform;
  bool is_differentiated = true;  ///< false: a graph input (labels, truths, sample weights) without a gradient
  std::int64_t limit = 0;         ///< of kIndices and kFew
  bool is_left_out = false;       ///< an optional input that is not given
};

/// One operator at one size with one set of attributes.
struct OpCase {
  std::string op;
  std::string name;  ///< letters, digits and '_'
  std::vector<Port> ports;
  Attributes attributes = {};
  std::vector<std::size_t> loss_outputs = {0};  ///< outputs that the loss depends on; none: no gradient is asked for
};

std::ostream& operator<<(std::ostream& out, const OpCase& op_case);

/// A case as a graph: the operator, a scalar loss that depends on its outputs, and the gradients of its inputs.
struct BuiltCase {
  Graph forward;  ///< before differentiation; its ids are valid in `graph` too
  Graph graph;    ///< the outputs, the loss and the gradients are marked as outputs
  std::vector<ValueId> ports;
  std::vector<ValueId> outputs;
  ValueId loss = kNoValue;
  std::map<ValueId, ValueId> gradients;
  reference::Feeds feeds;
};

/// Builds the case; `only_port` >= 0 makes that input the only trainable one. What is marked in `behind_convolution`
/// reaches the operator through a convolution that changes no value, and so in the layout that convolutions give.
BuiltCase build_case(const OpCase& op_case, int only_port = -1, const std::vector<bool>& behind_convolution = {});

/// Whether kernels of layers claim the layouts of its further inputs: its weights.
bool is_weighted(const OpCase& op_case);

/// The case with ordinary inputs for what the layers before give; only weights are parameters.
BuiltCase case_for_kernels(const OpCase& op_case, const std::vector<bool>& behind_convolution = {});

}  // namespace thaw
