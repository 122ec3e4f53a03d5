#include "tests/ops/kernel_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace thaw {
namespace {

double product(const Shape& shape, std::size_t first_axis) {
  double count = 1;
  for (std::size_t axis = first_axis; axis < shape.size(); ++axis) count *= static_cast<double>(shape[axis]);
  return count;
}

/// Of X or dY: how many numbers share a mean, or a scale, whichever are more.
double normalization_length(const Node& node, const Shape& x) {
  const double all = product(x, 0);
  if (node.op == "BatchNormalization" || node.op == "BatchNormalizationGradInput") return 1;
  if (node.op.find("Layer") == 0) {
    const std::int64_t axis = node.attributes.integer("axis", -1);
    const double row =
        product(x, axis < 0 ? x.size() - static_cast<std::size_t>(-axis) : static_cast<std::size_t>(axis));
    return std::max(row, all / row);
  }
  const double channel = all / static_cast<double>(x[1]);
  if (node.op.find("Group") != 0) return channel;
  const double group = all / static_cast<double>(x[0] * node.attributes.integer("num_groups"));
  return std::max(group, channel);
}

double largest_of(const reference::Tensor& tensor) {
  double largest = 0;
  for (const double value : tensor.values) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  return largest;
}

/// The node alone: what computed its inputs becomes an input. `ids` maps the graph's ids to the new ones.
Graph isolate(const Graph& graph, const Node& node, std::map<ValueId, ValueId>& ids) {
  Graph alone;
  Node copy = node;
  for (ValueId& input : copy.inputs) {
    if (input == kNoValue) continue;
    if (!ids.count(input)) {
      Value value = graph.value(input);
      if (value.kind == ValueKind::kComputed) value.kind = ValueKind::kInput;
      value.producer = -1;
      ids[input] = alone.add_value(std::move(value));
    }
    input = ids.at(input);
  }
  std::vector<TensorType> types;
  for (const ValueId output : node.outputs) types.push_back(graph.value(output).type);
  const std::vector<ValueId> outputs = alone.add_node(std::move(copy), types);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    ids[node.outputs[k]] = outputs[k];
    alone.mark_output(outputs[k]);
  }
  return alone;
}

std::vector<double> rounded_to_f32(std::vector<double> values) {
  for (double& value : values) value = static_cast<float>(value);
  return values;
}

}  // namespace

ProgramRunner::ProgramRunner(const Graph& graph, const std::shared_ptr<Device>& device, Precision precision)
    : device_(device), arena_(std::make_shared<Arena>(device)), store_(std::make_shared<ParameterStore>(device)) {
  program_ = std::make_unique<Program>(std::make_shared<Graph>(graph), device, store_,
                                       Program::Options{.is_training = true, .precision = precision, .arena = arena_});
}

void ProgramRunner::write_store(const reference::Feeds& feeds) {
  for (const auto& [id, numbers] : feeds) {
    const std::string& name = graph().value(id).name;
    const ValueKind kind = graph().value(id).kind;
    if (kind != ValueKind::kParameter && kind != ValueKind::kState) continue;
    if (store_->has(name)) store_->write(name, {numbers.begin(), numbers.end()});
  }
}

void ProgramRunner::run(const reference::Feeds& feeds) {
  if (device_->name() == "cpu") std::memset(arena_->data(), 0xFF, arena_->bytes());
  for (const auto& [id, numbers] : feeds) {
    if (graph().value(id).kind != ValueKind::kInput) continue;
    if (graph().value(id).type.dtype == DType::kInt32) {
      const std::vector<std::int32_t> host(numbers.begin(), numbers.end());
      program_->set_input(id, host.data());
    } else {
      const std::vector<float> host(numbers.begin(), numbers.end());
      program_->set_input(id, host.data());
    }
  }
  program_->run();
}

reference::Tensor ProgramRunner::read(ValueId id) const {
  const Value& value = graph().value(id);
  std::vector<float> host(static_cast<std::size_t>(element_count(value.type.shape)));
  if (value.kind == ValueKind::kComputed && value.type.dtype == DType::kInt32) {
    std::vector<std::int32_t> integers(host.size());
    program_->get(id, integers.data());
    return reference::Tensor(value.type.shape, {integers.begin(), integers.end()});
  }
  if (value.kind == ValueKind::kComputed) {
    program_->get(id, host.data());
  } else {
    host = store_->read(value.name);
  }
  return reference::Tensor(value.type.shape, {host.begin(), host.end()});
}

double reduction_length(const Graph& graph, const Node& node) {
  const auto shape = [&](std::size_t i) { return graph.value(node.inputs.at(i)).type.shape; };
  const Shape window = node.attributes.integers("kernel_shape");
  const auto group = static_cast<double>(node.attributes.integer("group", 1));
  if (node.op == "Conv" || node.op == "Gemm") return product(shape(1), 1);
  if (node.op == "ConvGradInput" || node.op == "ConvTranspose") {
    return product(shape(1), 2) * static_cast<double>(shape(1)[0]) / group;
  }
  if (node.op == "ConvGradWeight") return product(shape(1), 0) / static_cast<double>(shape(1)[1]);
  if (node.op == "ConvTransposeGradBias") return product(shape(0), 0) / static_cast<double>(shape(0)[1]);
  if (node.op == "GemmGradInput") return static_cast<double>(shape(1)[0]);
  if (node.op == "GemmGradWeight" || node.op == "WeightedMean") return static_cast<double>(shape(0)[0]);
  if (node.op == "MatMul")
    return static_cast<double>(
        shape(0)[shape(0).size() - (node.attributes.integer("transA") && shape(0).size() > 1 ? 2 : 1)]);
  if (node.op.rfind("Reduce", 0) == 0 && node.op.find("Grad") == std::string::npos) {
    return product(shape(0), 0) / product(graph.value(node.outputs[0]).type.shape, 0);
  }
  if (node.op == "ReduceProdGrad") return product(shape(1), 0) / product(shape(0), 0);
  if (node.op.find("Normalization") != std::string::npos) return normalization_length(node, shape(0));
  if (node.op.find("LRN") == 0) return static_cast<double>(node.attributes.integer("size")) + 1;
  if (node.op == "GlobalAveragePool") return product(shape(0), 2);
  if (node.op.find("Pool") != std::string::npos) return product(window, 0);
  if (node.op.find("SoftmaxGrad") != std::string::npos || node.op.rfind("LogSoftmax", 0) == 0 || node.op == "Softmax") {
    const auto rank = static_cast<std::int64_t>(shape(0).size());
    const std::int64_t axis = (node.attributes.integer("axis", -1) + rank) % rank;
    return static_cast<double>(shape(0)[static_cast<std::size_t>(axis)]) + 4;
  }
  if (node.op == "SoftmaxDistributionCrossEntropyLossGrad") return static_cast<double>(shape(1)[1]) + 4;
  if (node.op == "SoftmaxCrossEntropyLoss") return static_cast<double>(shape(0)[1]) + 4;
  if (node.op == "SoftmaxCrossEntropyLossGrad") return 5;
  if (node.op.rfind("NegativeLogLikelihood", 0) == 0) return 1;
  if (node.op.find("Loss") != std::string::npos) {
    return product(shape(0), 1) + 4;
  }
  return 1;
}

::testing::AssertionResult is_close(const reference::Tensor& found, const reference::Tensor& expected, double reduction,
                                    double unit) {
  if (found.shape != expected.shape) {
    return ::testing::AssertionFailure() << "is " << to_text(found.shape) << ", not " << to_text(expected.shape);
  }
  const double tolerance = unit * std::sqrt(reduction) * largest_of(expected);
  std::size_t wrong = 0, first = 0;
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const double a = found.values[i], b = expected.values[i];
    if ((std::isnan(a) && std::isnan(b)) || a == b || std::abs(a - b) <= tolerance) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << wrong << " of " << expected.values.size() << " are wrong; element " << first
                                       << " is " << found.values[first] << ", not " << expected.values[first]
                                       << " (tolerance " << tolerance << ")";
}

void expect_each_kernel_close(const Graph& graph, const reference::Feeds& feeds,
                              const std::shared_ptr<Device>& device) {
  const reference::Values values = reference::evaluate(graph, feeds);
  for (const Node& node : graph.nodes()) {
    std::map<ValueId, ValueId> ids;
    const Graph alone = isolate(graph, node, ids);
    reference::Feeds alone_feeds;
    for (const ValueId input : node.inputs) {
      if (input != kNoValue) alone_feeds[ids.at(input)] = rounded_to_f32(values.at(input).values);
    }
    const reference::Values expected = reference::evaluate(alone, alone_feeds);
    ProgramRunner runner(alone, device);
    runner.write_store(alone_feeds);
    runner.run(alone_feeds);
    for (const ValueId output : alone.outputs()) {
      EXPECT_TRUE(is_close(runner.read(output), expected.at(output), reduction_length(graph, node)))
          << "kernel " << alone.value(output).name << "  " << to_text(node.attributes) << "\n"
          << runner.program().text();
    }
  }
}

void expect_chain_close(const Graph& graph, const reference::Feeds& feeds, const std::shared_ptr<Device>& device) {
  const reference::Values expected = reference::evaluate(graph, feeds);
  double reduction = 1;
  for (const Node& node : graph.nodes()) reduction = std::max(reduction, reduction_length(graph, node));
  ProgramRunner runner(graph, device);
  runner.write_store(feeds);
  runner.run(feeds);
  for (const ValueId output : graph.outputs()) {
    // Each of the nodes on the way adds its rounding; twice the longest sum's has always been enough.
    EXPECT_TRUE(is_close(runner.read(output), expected.at(output), 4 * reduction))
        << "chain up to " << graph.value(output).name << "\n"
        << runner.program().text();
  }
}

}  // namespace thaw
