#include "graph/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

#include "graph/onnx/tensor.h"

namespace thaw::onnx_io {

ValueId Conversion::parameter(const Literal& literal, const std::string& name, DType dtype) {
  const auto existing = parameters_.find(name);
  if (existing != parameters_.end()) return existing->second;
  const ValueId id = builder_.parameter(name, literal.shape, false, dtype);
  weights_[name].assign(literal.values.begin(), literal.values.end());
  return parameters_[name] = id;
}

ValueId Conversion::parameter(const Operand& operand) {
  const ValueId id = parameter(*operand.literal, operand.name);
  builder_.graph().value(id).trainable = operand.is_learned;
  return id;
}

OnnxNode::OnnxNode(Conversion& conversion, const onnx::NodeProto& proto, std::int64_t opset, std::string folder)
    : conversion_(conversion), proto_(proto), opset_(opset), folder_(std::move(folder)) {}

const std::string& OnnxNode::op() const { return proto_.op_type(); }

std::string OnnxNode::label() const {
  if (!proto_.name().empty()) return proto_.name();
  for (const std::string& output : proto_.output()) {
    if (!output.empty()) return output;
  }
  return proto_.op_type();
}

int OnnxNode::input_count() const { return proto_.input_size(); }
bool OnnxNode::has_input(int i) const { return i < proto_.input_size() && !proto_.input(i).empty(); }

bool OnnxNode::all_literals() const {
  for (int i = 0; i < input_count(); ++i) {
    if (has_input(i) && !is_literal(i)) return false;
  }
  return true;
}

bool OnnxNode::reads_learned() const {
  for (int i = 0; i < input_count(); ++i) {
    if (has_input(i) && is_learned(i)) return true;
  }
  return false;
}

const Operand& OnnxNode::operand(int i) const {
  if (!has_input(i)) throw Unsupported("lacks input " + std::to_string(i));
  const auto found = conversion_.names().find(proto_.input(i));
  if (found == conversion_.names().end())
    throw Unsupported("reads \"" + proto_.input(i) + "\", which no node before it gives");
  return found->second;
}

Shape OnnxNode::shape(int i) const {
  const Operand& found = operand(i);
  return found.literal ? found.literal->shape : conversion_.graph().value(found.value).type.shape;
}

ValueId OnnxNode::value(int i) {
  const Operand& found = operand(i);
  return found.literal ? conversion_.parameter(found) : found.value;
}

ValueId OnnxNode::indices(int i) {
  const Operand& found = operand(i);
  if (!found.literal) return found.value;
  return conversion_.parameter(*found.literal, found.name + "/indices", DType::kInt32);
}

const Literal& OnnxNode::literal(int i, const char* meaning) const {
  const Operand& found = operand(i);
  if (found.literal) return *found.literal;
  throw Unsupported("input " + std::to_string(i) + " (" + meaning +
                    ") is computed while the model runs: thaw must know it before");
}

ElementType OnnxNode::type(int i) const {
  const Operand& found = operand(i);
  if (found.literal) return found.literal->type;
  return conversion_.graph().value(found.value).type.dtype == DType::kInt32 ? ElementType::kInt32
                                                                            : ElementType::kFloat32;
}

const onnx::AttributeProto* OnnxNode::find(const std::string& name) const {
  read_.insert(name);
  for (const auto& attribute : proto_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

namespace {

/// The attribute if it is there, of the type that its name has in ONNX.
const onnx::AttributeProto* checked(const onnx::AttributeProto* attribute, onnx::AttributeProto::AttributeType type) {
  if (attribute && attribute->type() != type) {
    throw Unsupported("attribute " + attribute->name() + " is of another type than ONNX gives it");
  }
  return attribute;
}

}  // namespace

bool OnnxNode::has(const std::string& attribute) const { return find(attribute) != nullptr; }
std::int64_t OnnxNode::integer(const std::string& name, std::int64_t fallback) const {
  const auto* found = checked(find(name), onnx::AttributeProto::INT);
  return found ? found->i() : fallback;
}
double OnnxNode::real(const std::string& name, double fallback) const {
  const auto* found = checked(find(name), onnx::AttributeProto::FLOAT);
  return found ? static_cast<double>(found->f()) : fallback;
}
std::string OnnxNode::text(const std::string& name, const std::string& fallback) const {
  const auto* found = checked(find(name), onnx::AttributeProto::STRING);
  return found ? found->s() : fallback;
}
std::vector<std::int64_t> OnnxNode::integers(const std::string& name, std::vector<std::int64_t> fallback) const {
  const auto* found = checked(find(name), onnx::AttributeProto::INTS);
  return found ? std::vector<std::int64_t>(found->ints().begin(), found->ints().end()) : fallback;
}
std::vector<double> OnnxNode::reals(const std::string& name, std::vector<double> fallback) const {
  const auto* found = checked(find(name), onnx::AttributeProto::FLOATS);
  return found ? std::vector<double>(found->floats().begin(), found->floats().end()) : fallback;
}
std::optional<Literal> OnnxNode::tensor(const std::string& name) const {
  const auto* found = checked(find(name), onnx::AttributeProto::TENSOR);
  if (!found) return std::nullopt;
  try {
    return decode(found->t(), folder_);
  } catch (const std::runtime_error& error) {
    throw Unsupported("the tensor of attribute " + name + " " + error.what());
  }
}

void OnnxNode::ignore(std::initializer_list<const char*> attributes) const {
  for (const char* name : attributes) read_.insert(name);
}

void OnnxNode::expect_all_read() const {
  for (const auto& attribute : proto_.attribute()) {
    if (!read_.count(attribute.name())) throw Unsupported("attribute " + attribute.name() + " is not supported");
  }
}

std::int64_t OnnxNode::axis(std::int64_t axis, std::int64_t rank) const {
  if (axis < -rank || axis >= rank) {
    throw Unsupported("axis " + std::to_string(axis) + " is not one of " + std::to_string(rank));
  }
  return axis < 0 ? axis + rank : axis;
}

std::vector<std::int64_t> OnnxNode::axes(std::vector<std::int64_t> axes, std::int64_t rank) const {
  for (std::int64_t& one : axes) one = axis(one, rank);
  std::vector<std::int64_t> sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) throw Unsupported("an axis is named twice");
  return axes;
}

int OnnxNode::output_count() const { return proto_.output_size(); }
bool OnnxNode::wants_output(int k) const { return k < proto_.output_size() && !proto_.output(k).empty(); }

void OnnxNode::give(int k, ValueId value) {
  if (!wants_output(k)) return;
  const std::string& name = proto_.output(k);
  if (!conversion_.names().emplace(name, Operand{value, std::nullopt, name, false}).second) {
    throw Unsupported("gives \"" + name + "\", which is there already");
  }
}

void OnnxNode::give(int k, Literal literal) {
  if (!wants_output(k)) return;
  const std::string& name = proto_.output(k);
  if (!conversion_.names().emplace(name, Operand{kNoValue, std::move(literal), name, false}).second) {
    throw Unsupported("gives \"" + name + "\", which is there already");
  }
}

void OnnxNode::give_learned(int k, Literal literal) {
  give(k, std::move(literal));
  if (wants_output(k)) conversion_.names().at(proto_.output(k)).is_learned = true;
}

ValueId OnnxNode::reshape(ValueId value, const Shape& shape) {
  return shape_of(value) == shape ? value : add("Reshape", {value}, {{"shape", shape}});
}

ValueId OnnxNode::constant(double value) { return add("Constant", {}, {{"value_float", value}}); }

}  // namespace thaw::onnx_io
