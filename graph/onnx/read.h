#pragma once

#include <istream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "graph/onnx/literal.h"
#include "graph/op_registry.h"

namespace onnx {
class ModelProto;
}

namespace thaw {

/// How a model is compiled.
struct OnnxOptions {
  /// Extents of inputs whose file leaves them open, by input name; an input that is not named takes 1 for an open
  /// extent.
  std::map<std::string, Shape> input_shapes;
  /// Inputs that are fixed while reading, by name. Integer inputs (shapes, indices, axes) must be here: everything that
  /// depends on them alone is computed while reading.
  std::map<std::string, onnx_io::Literal> known;
  /// Where the model is cut: a tensor, or a node by its name (its first output). What lies behind is not looked at.
  /// Empty: the whole model.
  std::string until;
  /// The model will be trained further. Its real initializers become parameters that are learned, under their own names
  /// and in their own shapes; single numbers without an axis, and what nodes hold as constants, stay as they are. Batch
  /// normalizations keep their momentum and use stored statistics whatever the file says, and Dropout stays a node: how
  /// they act while training is the caller's business.
  bool is_for_training = false;
  std::set<std::string> constants;  ///< initializers that are not learned all the same
};

/// An input or output of a model, in the file's order.
struct OnnxPort {
  std::string name;
  ValueId value = kNoValue;  ///< kNoValue: an input that is known or unused, or an output that is a literal
  onnx_io::Literal literal;  ///< of such an output
};

/// An ONNX model as a graph of thaw's operators.
struct OnnxModel {
  std::shared_ptr<Graph> graph;  ///< forward; outputs are marked
  std::vector<OnnxPort> inputs, outputs;
  std::map<std::string, std::vector<float>> weights;  ///< by parameter name, row-major
};

/// What a model asks of its caller for one input.
struct OnnxInput {
  std::string name;
  std::string type;            ///< "float32"
  std::string shape;           ///< "Nx3x224x224", open extents by their names
  bool must_be_known = false;  ///< shapes, indices, settings: thaw needs the values while it reads
  Shape extents;               ///< -1: open
};

/// A tensor that a model file holds.
struct OnnxTensor {
  std::string name;
  std::string type;      ///< "float32"
  Shape shape;           ///< as the file says: its extents may be anything until it is read
  bool is_real = false;  ///< of floating-point numbers
};

/// An ONNX model file, parsed but not yet translated.
class OnnxFile {
 public:
  /// Throws InputError if the file cannot be read or is no ONNX model.
  static OnnxFile open(const std::string& path);
  /// The same from bytes; `path` names them in errors, and its folder is where external data lies.
  OnnxFile(const std::string& path, std::istream& bytes);
  OnnxFile(OnnxFile&&) noexcept;
  ~OnnxFile();

  const std::string& path() const { return path_; }
  /// Inputs that have no initializer, in the file's order; with a cut, those that the rest needs.
  std::vector<OnnxInput> inputs(const std::string& until = {}) const;
  std::vector<std::string> outputs() const;
  /// Whether the model can be cut there: a tensor that a node gives, or a node.
  bool has(const std::string& until) const;
  /// The names of nodes and of the tensors that they give.
  std::vector<std::string> names() const;
  std::vector<std::string> initializers() const;
  /// The same with what they are, in the file's order. Throws InputError if one has no name, or two have the same.
  std::vector<OnnxTensor> initializer_tensors() const;
  /// The values of an initializer, row-major. Throws InputError "FILE: initializer NAME: what".
  std::vector<float> initializer_values(const std::string& name) const;
  /// The model as a graph; external data is read from the file's folder alone. Opsets 1 to 27 of the default domain.
  /// Throws InputError with every node and tensor that cannot be read: "FILE: node NAME (OP): what".
  OnnxModel translate(const OpRegistry& registry, const OnnxOptions& options = {}) const;

 private:
  std::string path_;
  std::unique_ptr<onnx::ModelProto> proto_;
};

}  // namespace thaw
