#pragma once

#include "graph/builder.h"
#include "ops/calibration.h"
#include "ops/catalogue.h"
#include "tests/reference/interpreter.h"
#include "tests/reference/random.h"

namespace thaw {

using Integers = std::vector<std::int64_t>;

/// A small frozen network with its weights and its input, built node by node, then run in int8.
class QuantizedNetwork {
 public:
  QuantizedNetwork() : builder_(graph_, operators()) { builder_.enter("net"); }

  ValueId input(const Shape& shape, double low, double high);
  ValueId parameter(const Shape& shape, double low = -1, double high = 1);
  ValueId node(const std::string& op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    return builder_.node(op, std::move(inputs), std::move(attributes));
  }
  /// A convolution with own weights: `filters` x `channels of x` / group x 3 x 3, padded by 1.
  ValueId conv(ValueId x, std::int64_t filters, bool has_bias = true);
  std::vector<double>& feed(ValueId value) { return feeds_.at(value); }
  const Shape& shape(ValueId value) const { return graph_.value(value).type.shape; }

  /// Fuses, calibrates on the input itself, and runs on it in int8 on so many threads. Returns output `y`.
  reference::Tensor run(ValueId y, int threads = 2, QuantizedConvolutions which = QuantizedConvolutions::kNotDepthwise);
  /// The same in f64.
  reference::Tensor expected(ValueId y) const { return reference::evaluate(graph_, feeds_).at(y); }

  const Graph& graph() const { return graph_; }
  const reference::Feeds& feeds() const { return feeds_; }
  /// Of the last run.
  const Calibration& calibration() const { return *calibration_; }
  const std::string& plan() const { return plan_; }
  /// The line of the plan that computes "net/OP", the last one if there are several.
  std::string step(const std::string& op) const;

 private:
  void set(Program& program, ParameterStore& store) const;

  Graph graph_;
  Builder builder_;
  reference::Feeds feeds_;
  std::shared_ptr<const Calibration> calibration_;
  std::string plan_;
};

/// Root of the mean squared difference, of the root of the mean square expected.
double rms_error(const reference::Tensor& found, const reference::Tensor& expected);

}  // namespace thaw
