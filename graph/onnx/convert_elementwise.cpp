// Element-by-element operators of ONNX.
#include <cmath>

#include "graph/onnx/node.h"
#include "graph/onnx/ranges.h"

namespace thaw::onnx_io {
namespace {

/// The result in ONNX's type: integers that met computed numbers were computed as reals.
void give_as(OnnxNode& node, ValueId value, ElementType type) {
  node.give(0, is_real(type) ? value : node.add("Cast", {value}, {{"to", "i32"}}));
}

/// Before opset 7 the second operand named the axis that it begins at.
ValueId second_operand(OnnxNode& node, int i) {
  const ValueId value = node.value(i);
  if (node.opset() >= 7) return value;
  node.ignore({"broadcast", "consumed_inputs"});
  if (!node.has("axis")) return value;
  const std::int64_t axis = node.axis(node.integer("axis", 0), node.rank(0));
  Shape shape = node.shape(i);
  while (axis + static_cast<std::int64_t>(shape.size()) < node.rank(0)) shape.push_back(1);
  return node.reshape(value, shape);
}

/// A binary operator; more than two inputs are taken in turn (Sum, Max, Min, Mean).
void convert_binary(OnnxNode& node) {
  static const std::set<std::string> kAnyNumber{"Max", "Mean", "Min", "Sum"};
  if (kAnyNumber.count(node.op()) == 0 && node.input_count() != 2) {
    throw Unsupported("takes 2 inputs, not " + std::to_string(node.input_count()));
  }
  const std::string op = node.op() == "Sum" || node.op() == "Mean" ? "Add" : node.op();
  ValueId result = node.value(0);
  for (int i = 1; i < node.input_count(); ++i) result = node.add(op, {result, second_operand(node, i)});
  if (node.op() == "Mean") result = node.add("Div", {result, node.constant(node.input_count())});
  // A single input passes through: a graph may not name one value twice, so it becomes a node.
  if (node.input_count() == 1) result = node.add("Identity", {result});
  give_as(node, result, node.type(0));
}

void convert_plain(OnnxNode& node) {
  node.ignore({"consumed_inputs"});  // opset 1
  node.give(0, node.add(node.op(), {node.value(0)}));
}

/// Attributes by name with ONNX's default.
void convert_with(OnnxNode& node, const std::string& op,
                  std::initializer_list<std::pair<const char*, double>> settings) {
  Attributes attributes;
  for (const auto& [name, fallback] : settings) attributes.set(name, node.real(name, fallback));
  node.give(0, node.add(op, {node.value(0)}, attributes));
}

void convert_clip(OnnxNode& node) {
  const auto [low, high] = clip_limits(node);
  Attributes attributes;
  if (std::isfinite(low)) attributes.set("min", low);
  if (std::isfinite(high)) attributes.set("max", high);
  node.give(0, node.add("Clip", {node.value(0)}, attributes));
}

void convert_dropout(OnnxNode& node) {
  // While training is thaw's own matter: an experiment says where it drops what. Reading gives the trained model.
  double ratio = node.opset() < 12 ? node.real("ratio", 0.5) : 0.5;
  bool is_training = false;
  if (node.opset() >= 12) {
    if (node.has_input(1)) ratio = node.literal(1, "ratio").values.at(0);
    if (node.has_input(2)) is_training = node.literal(2, "training_mode").values.at(0) != 0;
  }
  node.ignore({"seed", "is_test"});
  if (node.is_for_training()) {
    node.give(0, node.add("Dropout", {node.value(0)}, {{"ratio", ratio}}));
  } else {
    if (is_training && ratio != 0) throw Unsupported("drops at random (training_mode): a trained model must not");
    node.give(0, node.add("Identity", {node.value(0)}));
  }
  if (node.wants_output(1)) {
    Literal mask{ElementType::kBool, node.shape(0), {}};
    mask.values.assign(static_cast<std::size_t>(element_count(mask.shape)), 1.0);
    node.give(1, std::move(mask));
  }
}

void convert_cast(OnnxNode& node) {
  const ElementType to = element_type_of(static_cast<int>(node.integer("to", 1)));
  node.ignore({"saturate"});
  if (is_real(to)) {
    const bool is_already = is_real(node.type(0));
    node.give(0,
              is_already ? node.add("Identity", {node.value(0)}) : node.add("Cast", {node.value(0)}, {{"to", "f32"}}));
  } else if (to == ElementType::kInt32 || to == ElementType::kInt64) {
    node.give(0, node.add("Cast", {node.value(0)}, {{"to", "i32"}}));
  } else {
    throw Unsupported("casts a computed tensor to " + name_of(to));
  }
}

void convert_prelu(OnnxNode& node) {
  ValueId slope = node.value(1);
  node.ignore({"consumed_inputs"});
  // Before opset 7 a vector of slopes was one a channel.
  if (node.opset() < 7 && node.rank(1) == 1 && node.rank(0) > 2) {
    Shape shape(node.shape(0).size() - 1, 1);
    shape[0] = node.shape(1)[0];
    slope = node.reshape(slope, shape);
  }
  node.give(0, node.add("PRelu", {node.value(0), slope}));
}

void convert_gelu(OnnxNode& node) {
  if (node.text("approximate", "none") != "none") throw Unsupported("approximates Gelu; thaw has the exact one");
  convert_plain(node);
}

}  // namespace

void add_elementwise_converters(Converters& converters) {
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean"})
    converters[op] = convert_binary;
  for (const char* op : {"Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Exp", "Log", "Sqrt", "Reciprocal", "Abs",
                         "Neg", "Erf", "Floor", "Ceil", "Round", "HardSwish", "Mish", "Identity"}) {
    converters[op] = convert_plain;
  }
  converters["LeakyRelu"] = [](OnnxNode& node) { convert_with(node, "LeakyRelu", {{"alpha", 0.01}}); };
  converters["Elu"] = [](OnnxNode& node) { convert_with(node, "Elu", {{"alpha", 1}}); };
  converters["HardSigmoid"] = [](OnnxNode& node) {
    convert_with(node, "HardSigmoid", {{"alpha", 0.2}, {"beta", 0.5}});
  };
  converters["Selu"] = [](OnnxNode& node) {
    convert_with(node, "Selu", {{"alpha", 1.67326319217681884765625}, {"gamma", 1.05070102214813232421875}});
  };
  converters["PRelu"] = convert_prelu;
  converters["Clip"] = convert_clip;
  converters["Dropout"] = convert_dropout;
  converters["Cast"] = convert_cast;
  converters["Gelu"] = convert_gelu;
}

}  // namespace thaw::onnx_io
