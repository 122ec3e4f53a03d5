#include "tests/train/onnx_models.h"

#include <sstream>

#include "runner/data/random.h"

namespace thaw {

onnx::NodeProto& add_onnx_node(onnx::GraphProto& graph, const std::string& op, const std::vector<std::string>& inputs,
                               const std::string& output) {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(op);
  node.set_name(output + "/node");
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

void add_onnx_weight(onnx::GraphProto& graph, const std::string& name, const Shape& shape, double low) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.mutable_dims()->Assign(shape.begin(), shape.end());
  Draws draws(1, name);
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    tensor.add_float_data(static_cast<float>(draws.uniform(low, low + 1)));
  }
}

onnx::ModelProto small_onnx_model() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("small");
  onnx::ValueInfoProto& input = *graph.add_input();
  input.set_name("x");
  auto& type = *input.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("N");
  for (const std::int64_t extent : {1, 20, 20}) type.mutable_shape()->add_dim()->set_dim_value(extent);
  graph.add_output()->set_name("y");
  add_onnx_weight(graph, "conv.w", {5, 1, 3, 3});
  add_onnx_weight(graph, "bn.scale", {5}, 0.5);
  add_onnx_weight(graph, "bn.bias", {5});
  add_onnx_weight(graph, "bn.mean", {5});
  add_onnx_weight(graph, "bn.var", {5}, 0.2);
  add_onnx_weight(graph, "fc.w", {5, 4});
  add_onnx_weight(graph, "fc.b", {4});
  add_onnx_weight(graph, "two", {}, 1.5);
  add_onnx_node(graph, "Conv", {"x", "conv.w"}, "c");
  onnx::AttributeProto& momentum =
      *add_onnx_node(graph, "BatchNormalization", {"c", "bn.scale", "bn.bias", "bn.mean", "bn.var"}, "n")
           .add_attribute();
  momentum.set_name("momentum");
  momentum.set_type(onnx::AttributeProto::FLOAT);
  momentum.set_f(0.8F);
  add_onnx_node(graph, "Relu", {"n"}, "r");
  add_onnx_node(graph, "Dropout", {"r"}, "d");
  add_onnx_node(graph, "GlobalAveragePool", {"d"}, "g");
  add_onnx_node(graph, "Flatten", {"g"}, "f");
  add_onnx_node(graph, "Mul", {"f", "two"}, "t");
  add_onnx_node(graph, "Gemm", {"t", "fc.w", "fc.b"}, "y");
  return model;
}

ModelFiles files_of(const onnx::ModelProto& model) {
  std::istringstream bytes(model.SerializeAsString());
  return {{"m.onnx", std::make_shared<const OnnxFile>("m.onnx", bytes)}};
}

}  // namespace thaw
