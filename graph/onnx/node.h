#pragma once

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/builder.h"
#include "graph/onnx/literal.h"

namespace onnx {
class AttributeProto;
class NodeProto;
}  // namespace onnx

namespace thaw::onnx_io {

/// What a name of an ONNX graph stands for while it is read: a value that is computed at run time, or a known tensor.
struct Operand {
  ValueId value = kNoValue;
  std::optional<Literal> literal;
  std::string name;
  bool is_learned = false;  ///< a literal that training goes on to change
};

/// What a converter cannot do: caught by the reader, which adds file and node.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a model's conversion shares: names, the graph, the weights.
class Conversion {
 public:
  Conversion(Builder& builder, std::map<std::string, std::vector<float>>& weights, bool is_for_training)
      : builder_(builder), weights_(weights), is_for_training_(is_for_training) {}

  Builder& builder() { return builder_; }
  const Graph& graph() const { return builder_.graph(); }
  std::map<std::string, Operand>& names() { return names_; }
  bool is_for_training() const { return is_for_training_; }

  /// The literal as a parameter of the graph: once for each name, however many nodes read it.
  ValueId parameter(const Literal& literal, const std::string& name, DType dtype = DType::kFloat32);
  /// The same of an operand, which may be learned.
  ValueId parameter(const Operand& operand);

 private:
  Builder& builder_;
  std::map<std::string, std::vector<float>>& weights_;
  bool is_for_training_;
  std::map<std::string, Operand> names_;
  std::map<std::string, ValueId> parameters_;
};

/// An ONNX node while it is translated. Every attribute must be read: one that was not would silently change nothing.
class OnnxNode {
 public:
  OnnxNode(Conversion& conversion, const onnx::NodeProto& proto, std::int64_t opset, std::string folder);

  const std::string& op() const;
  std::int64_t opset() const { return opset_; }
  /// The node's name, or that of its first output.
  std::string label() const;

  int input_count() const;
  bool has_input(int i) const;
  bool is_literal(int i) const { return operand(i).literal.has_value(); }
  bool all_literals() const;
  /// Whether input `i` is a literal that is learned: it may be read through value(i) alone, which keeps its name.
  bool is_learned(int i) const { return operand(i).is_learned; }
  bool reads_learned() const;
  /// The model will be trained further: OnnxOptions::is_for_training.
  bool is_for_training() const { return conversion_.is_for_training(); }
  Shape shape(int i) const;
  std::int64_t rank(int i) const { return static_cast<std::int64_t>(shape(i).size()); }
  /// Input `i` as a value of the graph; a literal becomes a parameter.
  ValueId value(int i);
  /// Input `i` as integers: labels and indices.
  ValueId indices(int i);
  /// Input `i` as value(i) gives it, or kNoValue if it is left out.
  ValueId optional_value(int i) { return has_input(i) ? value(i) : kNoValue; }
  /// Input `i`, which must be known while reading. Throws Unsupported if it is computed.
  const Literal& literal(int i, const char* meaning) const;
  std::vector<std::int64_t> integers_of(int i, const char* meaning) const { return literal(i, meaning).integers(); }
  /// Type that ONNX gives the input: float32 for everything that is computed.
  ElementType type(int i) const;

  bool has(const std::string& attribute) const;
  std::int64_t integer(const std::string& attribute, std::int64_t fallback) const;
  double real(const std::string& attribute, double fallback) const;
  std::string text(const std::string& attribute, const std::string& fallback) const;
  std::vector<std::int64_t> integers(const std::string& attribute, std::vector<std::int64_t> fallback = {}) const;
  std::vector<double> reals(const std::string& attribute, std::vector<double> fallback = {}) const;
  std::optional<Literal> tensor(const std::string& attribute) const;
  /// Marks attributes as of no consequence here.
  void ignore(std::initializer_list<const char*> attributes) const;
  /// Throws Unsupported if an attribute was not read.
  void expect_all_read() const;

  /// An axis in 0..rank-1; negative ones count from the end.
  std::int64_t axis(std::int64_t axis, std::int64_t rank) const;
  std::vector<std::int64_t> axes(std::vector<std::int64_t> axes, std::int64_t rank) const;

  int output_count() const;
  bool wants_output(int k) const;
  void give(int k, ValueId value);
  void give(int k, Literal literal);
  /// A literal that is learned apart from the one that it was made of.
  void give_learned(int k, Literal literal);

  Builder& builder() { return conversion_.builder(); }
  Shape shape_of(ValueId value) { return builder().graph().value(value).type.shape; }
  /// A node of thaw's operator with one output.
  ValueId add(const std::string& op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    return builder().node(op, std::move(inputs), std::move(attributes));
  }
  ValueId reshape(ValueId value, const Shape& shape);
  ValueId constant(double value);
  /// A literal that this node makes of another, as a parameter. Its name must tell it from the other.
  ValueId parameter(const Literal& literal, const std::string& name, DType dtype = DType::kFloat32) {
    return conversion_.parameter(literal, name, dtype);
  }
  const std::string& input_name(int i) const { return operand(i).name; }

 private:
  const Operand& operand(int i) const;
  const onnx::AttributeProto* find(const std::string& name) const;

  Conversion& conversion_;
  const onnx::NodeProto& proto_;
  std::int64_t opset_;
  std::string folder_;
  mutable std::set<std::string> read_;
};

using Converter = void (*)(OnnxNode&);
using Converters = std::map<std::string, Converter>;

// One function a family: how its ONNX operators become thaw's.
void add_window_converters(Converters& converters);
void add_elementwise_converters(Converters& converters);
void add_reduce_converters(Converters& converters);
void add_shape_converters(Converters& converters);
void add_norm_converters(Converters& converters);
void add_linear_converters(Converters& converters);
void add_resize_converters(Converters& converters);
void add_loss_converters(Converters& converters);

/// Computes a node all of whose inputs are known. False if thaw does not compute this operator while reading.
bool fold(OnnxNode& node);

}  // namespace thaw::onnx_io
