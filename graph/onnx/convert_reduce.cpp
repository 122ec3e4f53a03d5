// Reductions of ONNX.
#include "graph/onnx/node.h"
#include "graph/onnx/ranges.h"

namespace thaw::onnx_io {
namespace {

void convert_reduce(OnnxNode& node) {
  const Reduction reduction = reduction_of(node);
  const ValueId data = node.value(0);
  if (reduction.axes.empty()) {  // nothing is reduced, by noop_with_empty_axes
    node.give(0, node.add("Identity", {data}));
    return;
  }
  node.give(0, node.add(node.op(), {data},
                        {{"axes", reduction.axes}, {"keepdims", static_cast<std::int64_t>(reduction.keeps_dims)}}));
}

void convert_arg(OnnxNode& node) {
  node.give(0, node.add(node.op(), {node.value(0)},
                        {{"axis", node.axis(node.integer("axis", 0), node.rank(0))},
                         {"keepdims", node.integer("keepdims", 1)},
                         {"select_last_index", node.integer("select_last_index", 0)}}));
}

/// Before opset 13 softmax worked on the matrix that Flatten(axis) makes.
void convert_softmax(OnnxNode& node) {
  const std::int64_t rank = node.rank(0);
  const ValueId x = node.value(0);
  if (node.opset() >= 13) {
    node.give(0, node.add(node.op(), {x}, {{"axis", node.axis(node.integer("axis", -1), rank)}}));
    return;
  }
  const std::int64_t axis = node.axis(node.integer("axis", 1), rank);
  const Shape shape = node.shape(0);
  const auto middle = shape.begin() + static_cast<std::ptrdiff_t>(axis);
  const Shape matrix{element_count(Shape(shape.begin(), middle)), element_count(Shape(middle, shape.end()))};
  const ValueId y = node.add(node.op(), {node.reshape(x, matrix)}, {{"axis", std::int64_t{1}}});
  node.give(0, node.reshape(y, shape));
}

}  // namespace

void add_reduce_converters(Converters& converters) {
  for (const char* op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                         "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"}) {
    converters[op] = convert_reduce;
  }
  converters["ArgMax"] = converters["ArgMin"] = convert_arg;
  converters["Softmax"] = converters["LogSoftmax"] = convert_softmax;
}

}  // namespace thaw::onnx_io
