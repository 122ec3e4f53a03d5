#include "tests/ops/onnx_vector.h"

#include <onnx/onnx_pb.h>

#include <cstring>
#include <fstream>
#include <map>

#include "graph/builder.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using reference::Tensor;

/// Thrown by the translation, with the reason.
struct Excluded {
  std::string reason;
};

template <typename Message>
Message read_message(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Message message;
  if (!file || !message.ParseFromIstream(&file)) throw InternalError("cannot read " + path);
  return message;
}

Tensor tensor_of(const onnx::TensorProto& proto) {
  if (proto.data_type() != onnx::TensorProto::FLOAT) throw Excluded{"element type is not f32"};
  const Shape shape(proto.dims().begin(), proto.dims().end());
  std::vector<double> values(proto.float_data().begin(), proto.float_data().end());
  if (values.empty() && !proto.raw_data().empty()) {
    std::vector<float> raw(proto.raw_data().size() / sizeof(float));
    std::memcpy(raw.data(), proto.raw_data().data(), raw.size() * sizeof(float));
    values.assign(raw.begin(), raw.end());
  }
  return Tensor(shape, values);
}

Tensor transposed(const Tensor& matrix) {
  Tensor result({matrix.extent(1), matrix.extent(0)});
  for (std::int64_t r = 0; r < matrix.extent(0); ++r) {
    for (std::int64_t c = 0; c < matrix.extent(1); ++c) result.at(c, r) = matrix.at(r, c);
  }
  return result;
}

/// An ONNX node with its attributes, checked one by one: each must be read or be known not to matter.
class Translation {
 public:
  Translation(const onnx::NodeProto& node, std::int64_t opset, std::vector<Tensor> inputs)
      : node_(node), opset_(opset), inputs_(std::move(inputs)) {}

  /// thaw's attributes; may change the inputs to what thaw's operator takes.
  Attributes run() {
    const std::string& op = node_.op_type();
    if (node_.output_size() != 1) throw Excluded{"more than one output"};
    if (op == "Conv" || op == "AveragePool" || op == "MaxPool") return window();
    if (op == "Gemm") return gemm();
    if (op == "Softmax") return softmax();
    if (op == "Flatten") return flatten();
    if (op == "Add" && inputs_[0].shape != inputs_[1].shape) throw Excluded{"broadcasts"};
    return {};
  }

  std::vector<Tensor>& inputs() { return inputs_; }

 private:
  const onnx::AttributeProto* find(const std::string& name) const {
    for (const auto& attribute : node_.attribute()) {
      if (attribute.name() == name) return &attribute;
    }
    return nullptr;
  }
  std::int64_t integer(const std::string& name, std::int64_t fallback) const {
    return find(name) ? find(name)->i() : fallback;
  }
  float real(const std::string& name, float fallback) const { return find(name) ? find(name)->f() : fallback; }
  std::vector<std::int64_t> integers(const std::string& name, std::vector<std::int64_t> fallback) const {
    if (!find(name)) return fallback;
    return {find(name)->ints().begin(), find(name)->ints().end()};
  }

  Attributes window() const {
    const Shape& x = inputs_[0].shape;
    if (x.size() != 4) throw Excluded{"not 2-D pictures"};
    const auto pads = integers("pads", {0, 0, 0, 0}), dilations = integers("dilations", {1, 1});
    const bool is_conv = node_.op_type() == "Conv";
    const std::string auto_pad = find("auto_pad") ? find("auto_pad")->s() : "NOTSET";
    if (auto_pad != "NOTSET" && auto_pad != "VALID") throw Excluded{"auto_pad"};
    if (integer("group", 1) != 1) throw Excluded{"groups"};
    if (integer("ceil_mode", 0) != 0) throw Excluded{"ceil_mode"};
    if (integer("count_include_pad", 0) != 0) throw Excluded{"count_include_pad"};
    if (!is_conv && dilations != std::vector<std::int64_t>{1, 1}) throw Excluded{"dilated pooling"};
    std::vector<std::int64_t> kernel_of_weights;
    if (is_conv) kernel_of_weights.assign(inputs_[1].shape.begin() + 2, inputs_[1].shape.end());
    return {{"kernel_shape", integers("kernel_shape", kernel_of_weights)},
            {"strides", integers("strides", {1, 1})},
            {"pads", pads},
            {"dilations", dilations}};
  }

  Attributes gemm() {
    if (real("alpha", 1) != 1 || real("beta", 1) != 1) throw Excluded{"alpha or beta"};
    if (integer("transA", 0) != 0) throw Excluded{"transA"};
    if (integer("transB", 0) == 0) inputs_[1] = transposed(inputs_[1]);  // the same product
    if (inputs_.size() > 2) {
      const Shape& c = inputs_[2].shape;
      const bool is_row = c.size() == 1 || (c.size() == 2 && c[0] == 1);
      if (!is_row || c.back() != inputs_[1].extent(0)) throw Excluded{"bias is not one value a unit"};
      inputs_[2].shape = {c.back()};
    }
    return {{"transB", std::int64_t{1}}};
  }

  Attributes softmax() const {
    const auto rank = static_cast<std::int64_t>(inputs_[0].shape.size());
    const std::int64_t axis = integer("axis", opset_ < 13 ? 1 : -1);
    if (rank != 2 || (axis + rank) % rank != 1) throw Excluded{"not along axis 1 of a matrix"};
    return {};
  }

  Attributes flatten() const {
    const auto rank = static_cast<std::int64_t>(inputs_[0].shape.size());
    const std::int64_t axis = integer("axis", 1);
    if ((axis < 0 ? axis + rank : axis) != 1) throw Excluded{"axis is not 1"};
    return {};
  }

  const onnx::NodeProto& node_;
  std::int64_t opset_;
  std::vector<Tensor> inputs_;
};

std::map<std::string, Tensor> read_inputs(const onnx::GraphProto& graph, const std::string& folder) {
  std::map<std::string, Tensor> tensors;
  for (const auto& initializer : graph.initializer()) tensors[initializer.name()] = tensor_of(initializer);
  int file = 0;
  for (const auto& input : graph.input()) {
    if (tensors.count(input.name())) continue;
    const std::string path = folder + "/test_data_set_0/input_" + std::to_string(file++) + ".pb";
    tensors[input.name()] = tensor_of(read_message<onnx::TensorProto>(path));
  }
  return tensors;
}

void translate(const onnx::ModelProto& model, const std::string& folder, OnnxVector& vector) {
  if (model.graph().node_size() != 1) throw Excluded{"more than one node"};
  const onnx::NodeProto& node = model.graph().node(0);
  const auto tensors = read_inputs(model.graph(), folder);
  std::vector<Tensor> inputs;
  for (const std::string& name : node.input()) inputs.push_back(tensors.at(name));
  Translation translation(node, model.opset_import(0).version(), std::move(inputs));
  const Attributes attributes = translation.run();
  vector.expected.push_back(tensor_of(read_message<onnx::TensorProto>(folder + "/test_data_set_0/output_0.pb")));

  Builder builder(vector.graph, operators());
  builder.enter("onnx");
  std::vector<ValueId> ids;
  for (const Tensor& tensor : translation.inputs()) {
    ids.push_back(builder.input("input_" + std::to_string(ids.size()), {DType::kFloat32, tensor.shape}));
    vector.feeds[ids.back()] = tensor.values;
  }
  vector.graph.mark_output(builder.node(node.op_type(), ids, attributes));
}

}  // namespace

OnnxVector read_onnx_vector(const std::string& folder) {
  OnnxVector vector;
  const auto model = read_message<onnx::ModelProto>(folder + "/model.onnx");
  try {
    translate(model, folder, vector);
  } catch (const Excluded& excluded) {
    vector.excluded_because = excluded.reason;
  }
  return vector;
}

}  // namespace thaw
