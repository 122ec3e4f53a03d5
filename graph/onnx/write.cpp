#include "graph/onnx/write.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using Integers = std::vector<std::int64_t>;

void set_attribute(onnx::NodeProto& node, const std::string& name, const Attribute& value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  struct Setter {
    onnx::AttributeProto& to;
    void operator()(std::int64_t v) const {
      to.set_type(onnx::AttributeProto::INT);
      to.set_i(v);
    }
    void operator()(double v) const {
      to.set_type(onnx::AttributeProto::FLOAT);
      to.set_f(static_cast<float>(v));
    }
    void operator()(const std::string& v) const {
      to.set_type(onnx::AttributeProto::STRING);
      to.set_s(v);
    }
    void operator()(const Integers& v) const {
      to.set_type(onnx::AttributeProto::INTS);
      to.mutable_ints()->Assign(v.begin(), v.end());
    }
    void operator()(const std::vector<double>& v) const {
      to.set_type(onnx::AttributeProto::FLOATS);
      to.mutable_floats()->Assign(v.begin(), v.end());
    }
  };
  std::visit(Setter{attribute}, value);
}

/// Operators that are written as they are; the others have a function below.
const std::set<std::string>& plain_operators() {
  static const std::set<std::string> all{"Abs",
                                         "Add",
                                         "ArgMax",
                                         "ArgMin",
                                         "AveragePool",
                                         "BatchNormalization",
                                         "Ceil",
                                         "Concat",
                                         "Conv",
                                         "ConvTranspose",
                                         "DepthToSpace",
                                         "Div",
                                         "Elu",
                                         "Erf",
                                         "Exp",
                                         "Flatten",
                                         "Floor",
                                         "Gather",
                                         "Gemm",
                                         "GlobalAveragePool",
                                         "GlobalMaxPool",
                                         "HardSigmoid",
                                         "HardSwish",
                                         "Identity",
                                         "InstanceNormalization",
                                         "LRN",
                                         "LayerNormalization",
                                         "LeakyRelu",
                                         "Log",
                                         "LogSoftmax",
                                         "MatMul",
                                         "Max",
                                         "MaxPool",
                                         "Min",
                                         "Mul",
                                         "Neg",
                                         "PRelu",
                                         "Pow",
                                         "Reciprocal",
                                         "ReduceL1",
                                         "ReduceL2",
                                         "ReduceLogSum",
                                         "ReduceLogSumExp",
                                         "ReduceMax",
                                         "ReduceMean",
                                         "ReduceMin",
                                         "ReduceProd",
                                         "ReduceSumSquare",
                                         "Relu",
                                         "Round",
                                         "Selu",
                                         "Sigmoid",
                                         "Softmax",
                                         "Softplus",
                                         "Softsign",
                                         "SpaceToDepth",
                                         "Sqrt",
                                         "Sub",
                                         "Tanh",
                                         "Transpose",
                                         "Constant"};
  return all;
}

class Writer {
 public:
  Writer(const Graph& graph, const OnnxExport& options) : graph_(graph), options_(options) {}

  std::string run() {
    model_.set_ir_version(8);
    model_.set_producer_name("thaw");
    auto& opset = *model_.add_opset_import();
    opset.set_version(kExportOpset);
    proto().set_name(options_.name);
    for (const auto& [key, value] : options_.metadata) {
      auto& property = *model_.add_metadata_props();
      property.set_key(key);
      property.set_value(value);
    }
    const std::vector<bool> needed = needed_nodes();
    for (const auto& [name, value] : options_.outputs) claim_output(name, value);
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (needed[i]) write(graph_.nodes()[i]);
    }
    for (const auto& [name, value] : options_.outputs) describe(*proto().add_output(), name, value);
    return model_.SerializeAsString();
  }

 private:
  onnx::GraphProto& proto() { return *model_.mutable_graph(); }

  std::vector<bool> needed_nodes() const {
    std::vector<bool> needed(graph_.nodes().size(), false);
    std::set<ValueId> wanted;
    for (const auto& [name, value] : options_.outputs) wanted.insert(value);
    for (std::size_t i = graph_.nodes().size(); i-- > 0;) {
      const Node& node = graph_.nodes()[i];
      for (const ValueId output : node.outputs) needed[i] = needed[i] || wanted.count(output);
      if (needed[i]) wanted.insert(node.inputs.begin(), node.inputs.end());
    }
    return needed;
  }

  std::string unique(const std::string& wished) {
    std::string name = wished;
    for (int i = 2; !taken_.insert(name).second; ++i) name = wished + "_" + std::to_string(i);
    return name;
  }

  void claim_output(const std::string& name, ValueId value) {
    if (graph_.value(value).kind != ValueKind::kComputed || names_.count(value)) {
      throw InputError("output " + name + ": no layer computes it, or it is an output twice");
    }
    names_[value] = unique(name);
  }

  /// The name of a value in the file. Inputs and weights are written when they are first read.
  std::string name_of(ValueId id) {
    if (id == kNoValue) return {};
    const auto found = names_.find(id);
    if (found != names_.end()) return found->second;
    const Value& value = graph_.value(id);
    const std::string name = names_[id] = unique(value.name);
    if (value.kind == ValueKind::kInput) describe(*proto().add_input(), name, id);
    if (value.kind == ValueKind::kParameter) write_weight(name, value);
    return name;
  }

  void describe(onnx::ValueInfoProto& info, const std::string& name, ValueId id) const {
    const TensorType& type = graph_.value(id).type;
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type.dtype == DType::kInt32 ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT);
    auto& shape = *tensor.mutable_shape();
    for (std::size_t i = 0; i < type.shape.size(); ++i) {
      auto& dim = *shape.add_dim();
      if (i == 0 && is_batch(type.shape)) {
        dim.set_dim_param("N");
      } else {
        dim.set_dim_value(type.shape[i]);
      }
    }
  }

  bool is_batch(const Shape& shape) const { return options_.batch > 0 && !shape.empty() && shape[0] == options_.batch; }

  void write_weight(const std::string& name, const Value& value) {
    auto& tensor = *proto().add_initializer();
    tensor.set_name(name);
    tensor.mutable_dims()->Assign(value.type.shape.begin(), value.type.shape.end());
    const std::vector<float> values = options_.weights(value.name);
    if (value.type.dtype == DType::kInt32) {
      tensor.set_data_type(onnx::TensorProto::INT64);
      for (const float number : values) tensor.add_int64_data(static_cast<std::int64_t>(number));
    } else {
      tensor.set_data_type(onnx::TensorProto::FLOAT);
      tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    }
  }

  std::string integers(const std::string& hint, const Integers& values) {
    auto& tensor = *proto().add_initializer();
    tensor.set_name(unique(hint));
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    tensor.mutable_int64_data()->Assign(values.begin(), values.end());
    return tensor.name();
  }
  std::string reals(const std::string& hint, const std::vector<double>& values, bool is_scalar = false) {
    auto& tensor = *proto().add_initializer();
    tensor.set_name(unique(hint));
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    if (!is_scalar) tensor.add_dims(static_cast<std::int64_t>(values.size()));
    tensor.mutable_float_data()->Assign(values.begin(), values.end());
    return tensor.name();
  }

  onnx::NodeProto& add(const std::string& op, const std::vector<std::string>& inputs, const std::string& output) {
    auto& node = *proto().add_node();
    node.set_op_type(op);
    node.set_name(unique("node:" + output));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  void write(const Node& node) {
    const std::string activation = node.attributes.text("activation");
    const std::string output = name_of(node.outputs.at(0));
    const std::string sum = activation.empty() ? output : unique(output + "/sum");
    std::vector<std::string> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(name_of(input));
    write_operator(node, inputs, sum);
    if (!activation.empty()) add(activation, {sum}, output);
  }

  void write_operator(const Node& node, const std::vector<std::string>& inputs, const std::string& output) {
    const Attributes& a = node.attributes;
    const std::string& op = node.op;
    if (op == "Reshape") {
      add(op, {inputs[0], integers(output + "/shape", open_shape(node))}, output);
    } else if (op == "Expand") {
      Integers shape = a.integers("shape");
      const Shape& from = graph_.value(node.inputs[0]).type.shape;
      // 1 leaves the input's extent as it is.
      if (is_batch(shape) && is_batch(from) && from.size() == shape.size()) {
        shape[0] = 1;
      } else if (is_batch(shape)) {
        fail_fixed(node);
      }
      add(op, {inputs[0], integers(output + "/shape", shape)}, output);
    } else if (op == "Tile") {
      add(op, {inputs[0], integers(output + "/repeats", a.integers("repeats"))}, output);
    } else if (op == "ReduceSum") {
      std::vector<std::string> all{inputs[0]};
      if (a.has("axes")) all.push_back(integers(output + "/axes", a.integers("axes")));
      set_attribute(add(op, all, output), "keepdims", a.integer("keepdims", 1));
    } else if (op == "Clip") {
      const std::string low = a.has("min") ? reals(output + "/min", {a.real("min")}, true) : "";
      const std::string high = a.has("max") ? reals(output + "/max", {a.real("max")}, true) : "";
      add(op, {inputs[0], low, high}, output);
    } else if (op == "Slice") {
      add(op,
          {inputs[0], integers(output + "/starts", a.integers("starts")), integers(output + "/ends", slice_ends(node)),
           integers(output + "/axes", a.integers("axes")), integers(output + "/steps", a.integers("steps"))},
          output);
    } else if (op == "Pad") {
      auto& pad = add(op,
                      {inputs[0], integers(output + "/pads", a.integers("pads")),
                       reals(output + "/value", {a.real("value")}, true)},
                      output);
      set_attribute(pad, "mode", a.text("mode", "constant"));
    } else if (op == "Split") {
      auto& split = add(op, {inputs[0], integers(output + "/split", a.integers("split"))}, output);
      for (std::size_t k = 1; k < node.outputs.size(); ++k) split.add_output(name_of(node.outputs[k]));
      set_attribute(split, "axis", a.integer("axis"));
    } else if (op == "Cast") {
      const bool is_integer = a.text("to") == "i32";
      set_attribute(add(op, inputs, output), "to",
                    std::int64_t{is_integer ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT});
    } else if (op == "Resize") {
      write_resize(node, inputs, output);
    } else if (op == "Swish") {
      const std::string gate = unique(output + "/gate");
      add("Sigmoid", inputs, gate);
      add("Mul", {inputs[0], gate}, output);
    } else if (op == "Gelu") {  // x (1 + erf(x / sqrt 2)) / 2
      const std::string scaled = unique(output + "/scaled"), erf = unique(output + "/erf"),
                        half = unique(output + "/half"), shifted = unique(output + "/shifted");
      add("Mul", {inputs[0], reals(output + "/root", {0.70710678118654752}, true)}, scaled);
      add("Erf", {scaled}, erf);
      add("Add", {erf, reals(output + "/one", {1}, true)}, shifted);
      add("Mul", {inputs[0], reals(output + "/factor", {0.5}, true)}, half);
      add("Mul", {half, shifted}, output);
    } else if (op == "Mish") {
      const std::string soft = unique(output + "/softplus"), gate = unique(output + "/gate");
      add("Softplus", inputs, soft);
      add("Tanh", {soft}, gate);
      add("Mul", {inputs[0], gate}, output);
    } else if (plain_operators().count(op)) {
      write_plain(node, inputs, output);
    } else {
      throw InputError("layer " + node.layer + ": ONNX has no operator for " + op);
    }
  }

  /// What Reshape is given so that the batch stays open: 0 copies the input's extent, -1 is what is left for one that
  /// the batch was merged into.
  Integers open_shape(const Node& node) const {
    Integers shape = node.attributes.integers("shape");
    if (!is_batch(graph_.value(node.inputs[0]).type.shape)) return shape;
    if (is_batch(shape)) {
      shape[0] = 0;
      return shape;
    }
    const auto has_batch = [&](std::int64_t extent) { return extent % options_.batch == 0; };
    if (std::count_if(shape.begin(), shape.end(), has_batch) != 1) fail_fixed(node);
    *std::find_if(shape.begin(), shape.end(), has_batch) = -1;
    return shape;
  }

  [[noreturn]] static void fail_fixed(const Node& node) {
    throw InputError("layer " + node.layer + ": its " + node.op + " to " + to_text(node.attributes.integers("shape")) +
                     " cannot be written for any number of samples");
  }

  /// An end before the first element would count from the end: INT64_MIN says "through the first".
  Integers slice_ends(const Node& node) const {
    Integers ends = node.attributes.integers("ends");
    const Integers steps = node.attributes.integers("steps", Integers(ends.size(), 1));
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (steps[i] < 0 && ends[i] < 0) ends[i] = std::numeric_limits<std::int64_t>::min();
    }
    return ends;
  }

  void write_resize(const Node& node, const std::vector<std::string>& inputs, const std::string& output) {
    const Attributes& a = node.attributes;
    // A reader takes the extents from the scales.
    const Shape from = graph_.value(node.inputs[0]).type.shape, to = a.integers("output_shape");
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (to[i] != static_cast<std::int64_t>(std::floor(static_cast<double>(from[i]) * a.reals("scales")[i]))) {
        throw InputError("layer " + node.layer + ": ONNX has no Resize from " + to_text(from) + " to " + to_text(to) +
                         " by these scales");
      }
    }
    const std::string roi = a.has("roi") ? reals(output + "/roi", a.reals("roi")) : "";
    auto& resize = add("Resize", {inputs[0], roi, reals(output + "/scales", a.reals("scales"))}, output);
    for (const char* name : {"mode", "coordinate_transformation_mode", "nearest_mode"}) {
      if (a.has(name)) set_attribute(resize, name, a.text(name));
    }
    if (a.text("mode") == "cubic") set_attribute(resize, "cubic_coeff_a", a.real("cubic_coeff_a", -0.75));
    if (a.integer("exclude_outside") != 0) set_attribute(resize, "exclude_outside", std::int64_t{1});
    if (a.has("roi")) set_attribute(resize, "extrapolation_value", a.real("extrapolation_value"));
    if (a.integer("antialias") != 0)
      throw InputError("layer " + node.layer + ": ONNX resizes with antialias from opset 18 on only");
  }

  void write_plain(const Node& node, const std::vector<std::string>& inputs, const std::string& output) {
    static const std::set<std::string> kOwn{"activation", "has_indices", "flatten"};
    auto& written = add(node.op, inputs, output);
    for (std::size_t k = 1; k < node.outputs.size(); ++k) {
      if (graph_.use_count(node.outputs[k]) > 0) written.add_output(name_of(node.outputs[k]));
    }
    for (const auto& [name, value] : node.attributes.items()) {
      if (!kOwn.count(name)) set_attribute(written, name, value);
    }
  }

  const Graph& graph_;
  const OnnxExport& options_;
  onnx::ModelProto model_;
  std::map<ValueId, std::string> names_;
  std::set<std::string> taken_;
};

}  // namespace

std::string onnx_bytes(const Graph& graph, const OnnxExport& options) { return Writer(graph, options).run(); }

}  // namespace thaw
