#include "graph/onnx/read.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <filesystem>

#include "graph/onnx/node.h"
#include "graph/onnx/proto.h"
#include "graph/onnx/tensor.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using namespace onnx_io;  // NOLINT(google-build-using-namespace): this file is the outside of that namespace

// Newer opsets may change what operators mean: they are refused until someone has looked.
constexpr std::int64_t kOldestOpset = 1, kNewestOpset = 27;
constexpr std::int64_t kMostElements = std::int64_t{1} << 40;

const Converters& converters() {
  static const Converters all = [] {
    Converters found;
    add_window_converters(found);
    add_elementwise_converters(found);
    add_reduce_converters(found);
    add_shape_converters(found);
    add_norm_converters(found);
    add_linear_converters(found);
    add_resize_converters(found);
    add_loss_converters(found);
    return found;
  }();
  return all;
}

std::vector<std::string> known_operators() {
  std::vector<std::string> names;
  for (const auto& [name, converter] : converters()) names.push_back(name);
  return names;
}

class Reader {
 public:
  Reader(const std::string& path, const onnx::ModelProto& proto, const OpRegistry& registry, const OnnxOptions& options)
      : path_(path), folder_(std::filesystem::path(path).parent_path().string()), proto_(proto), options_(options) {
    model_.graph = std::make_shared<Graph>();
    builder_.emplace(*model_.graph, registry);
    conversion_.emplace(*builder_, model_.weights, options.is_for_training);
    cut();
  }

  OnnxModel run() {
    find_opset();
    throw_if_any();
    read_initializers();
    read_inputs();
    for (int i = 0; i < proto_.graph().node_size(); ++i) {
      if (is_wanted(i)) convert(proto_.graph().node(i));
    }
    read_outputs();
    throw_if_any();
    return std::move(model_);
  }

 private:
  /// With a cut, what lies behind it is not looked at: it may be of kinds that thaw does not know.
  void cut() {
    if (options_.until.empty()) return;
    last_ = tensor_named(proto_.graph(), options_.until);
    if (last_.empty()) {
      add("", "nothing in the model is called \"" + options_.until + "\"");
      return;
    }
    wanted_ = needed_nodes(proto_.graph(), {last_});
    read_ = read_tensors(proto_.graph(), wanted_);
  }
  bool is_wanted(int node) const { return last_.empty() || wanted_[static_cast<std::size_t>(node)]; }
  bool is_read(const std::string& tensor) const { return last_.empty() || read_.count(tensor) > 0; }

  void find_opset() {
    for (const auto& import : proto_.opset_import()) {
      if (import.domain().empty() || import.domain() == "ai.onnx") opset_ = import.version();
    }
    if (opset_ < kOldestOpset || opset_ > kNewestOpset) {
      add("", "is of opset " + std::to_string(opset_) + "; thaw reads " + std::to_string(kOldestOpset) + " to " +
                  std::to_string(kNewestOpset));
    }
    if (proto_.graph().sparse_initializer_size() > 0) add("", "holds sparse initializers, which thaw does not read");
  }

  void read_initializers() {
    for (const onnx::TensorProto& tensor : proto_.graph().initializer()) {
      if (!is_read(tensor.name())) continue;
      const std::string place = "initializer " + quoted(tensor.name());
      try {
        Operand operand{kNoValue, decode(tensor, folder_), tensor.name(), false};
        operand.is_learned = is_learned(*operand.literal, tensor.name());
        define(place, std::move(operand));
      } catch (const std::runtime_error& error) {
        add(place, error.what());
        poison(tensor.name());
      }
    }
  }

  /// A single number without an axis is a setting of the arithmetic around it.
  bool is_learned(const Literal& literal, const std::string& name) const {
    return options_.is_for_training && is_real(literal.type) && !literal.shape.empty() &&
           options_.constants.count(name) == 0;
  }

  void read_inputs() {
    const auto initializers = initializer_names(proto_.graph());
    for (const onnx::ValueInfoProto& input : proto_.graph().input()) {
      // Before IR version 4 every initializer was listed as an input too.
      if (initializers.count(input.name()) || !is_read(input.name())) continue;
      const std::string place = "input " + quoted(input.name());
      const auto known = options_.known.find(input.name());
      ValueId value = kNoValue;
      if (known != options_.known.end()) {
        define(place, Operand{kNoValue, known->second, input.name(), false});
      } else {
        try {
          const Shape shape = shape_of(input);
          // What has no elements has no values to wait for.
          if (element_count(shape) == 0) {
            define(place, Operand{kNoValue, Literal{ElementType::kFloat32, shape, {}}, input.name(), false});
          } else {
            value = builder_->input(input.name(), {DType::kFloat32, shape});
            define(place, Operand{value, std::nullopt, input.name(), false});
          }
        } catch (const std::runtime_error& error) {
          add(place, error.what());
          poison(input.name());
        }
      }
      model_.inputs.push_back({input.name(), value, {}});
    }
  }

  Shape shape_of(const onnx::ValueInfoProto& input) const {
    if (!input.type().has_tensor_type()) throw Unsupported("is no tensor");
    const auto& type = input.type().tensor_type();
    bool is_read_as_real = false;
    try {
      is_read_as_real = is_real(element_type_of(type.elem_type()));
    } catch (const std::out_of_range&) {
      throw Unsupported("has an element type that thaw does not read");
    }
    if (!is_read_as_real) {
      throw Unsupported("holds " + name_of(element_type_of(type.elem_type())) +
                        ": shapes and indices must be known while the model is read (give the tensor's values)");
    }
    const auto given = options_.input_shapes.find(input.name());
    Shape shape;
    for (const auto& dim : type.shape().dim()) shape.push_back(dim.has_dim_value() ? dim.dim_value() : 1);
    if (given != options_.input_shapes.end()) {
      check_given(type.shape(), given->second);
      shape = given->second;
    }
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) {
      if (extent < 0) throw Unsupported("has a negative extent");
      if (__builtin_mul_overflow(count, extent, &count) || count > kMostElements) {
        throw Unsupported("is " + to_text(shape) + ": more elements than thaw takes");
      }
    }
    return shape;
  }

  static void check_given(const onnx::TensorShapeProto& declared, const Shape& given) {
    bool fits = static_cast<std::size_t>(declared.dim_size()) == given.size();
    for (int i = 0; fits && i < declared.dim_size(); ++i) {
      const auto& dim = declared.dim(i);
      fits = !dim.has_dim_value() || dim.dim_value() == given[static_cast<std::size_t>(i)];
    }
    // A file without any extents says nothing of the rank either.
    if (!fits && declared.dim_size() > 0) {
      throw Unsupported("is " + shape_text(declared) + " in the model, the given tensor " + to_text(given));
    }
  }

  void convert(const onnx::NodeProto& proto) {
    for (const std::string& input : proto.input()) {
      if (poisoned_.count(input)) return poison_outputs(proto);  // what is wrong was said where it began
    }
    OnnxNode node(*conversion_, proto, opset_, folder_);
    const std::string place = "node " + quoted(node.label()) + " (" + proto.op_type() + ")";
    try {
      const std::size_t first_value = model_.graph->values().size();
      translate(node, proto);
      node.expect_all_read();
      expect_sizes(first_value);
      for (int k = 0; k < proto.output_size(); ++k) {
        if (!proto.output(k).empty() && !conversion_->names().count(proto.output(k))) {
          throw Unsupported("output " + std::to_string(k) + " is not supported");
        }
      }
    } catch (const GraphError& error) {
      add(place, (error.attribute().empty() ? "" : error.attribute() + ": ") + error.message());
      poison_outputs(proto);
    } catch (const std::exception& error) {
      add(place, error.what());
      poison_outputs(proto);
    }
  }

  /// What runs has elements, and not more than a machine holds.
  void expect_sizes(std::size_t first_value) const {
    for (std::size_t i = first_value; i < model_.graph->values().size(); ++i) {
      const Shape& shape = model_.graph->values()[i].type.shape;
      std::int64_t count = 1;
      for (const std::int64_t extent : shape) {
        if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) count = kMostElements + 1;
      }
      if (count == 0) throw Unsupported("makes an empty tensor, " + to_text(shape) + ", of one that is computed");
      if (count > kMostElements)
        throw Unsupported("makes a tensor of " + to_text(shape) + ": more elements than thaw takes");
    }
  }

  void translate(OnnxNode& node, const onnx::NodeProto& proto) {
    if (!proto.domain().empty() && proto.domain() != "ai.onnx") {
      throw Unsupported("is of the domain \"" + proto.domain() + "\", which thaw does not know");
    }
    builder_->enter(node.label());
    const auto found = converters().find(node.op());
    // What is learned must not be folded away: its gradient flows back through the node.
    const bool is_kept = node.reads_learned() && found != converters().end();
    if (node.reads_learned() && node.op() == "Identity") return node.give_learned(0, node.literal(0, "input"));
    if (!is_kept && fold(node)) return;
    if (found == converters().end()) {
      const std::string nearest = nearest_name(node.op(), known_operators());
      throw Unsupported("the operator is not supported" + (nearest.empty() ? "" : "; nearest: " + nearest));
    }
    found->second(node);
  }

  void read_outputs() {
    if (!last_.empty()) return read_output(last_);
    for (const onnx::ValueInfoProto& output : proto_.graph().output()) read_output(output.name());
  }

  void read_output(const std::string& name) {
    const auto found = conversion_->names().find(name);
    if (poisoned_.count(name)) return;
    if (found == conversion_->names().end()) return add("output " + quoted(name), "nothing in the model gives it");
    const Operand& operand = found->second;
    model_.outputs.push_back({name, operand.value, operand.literal.value_or(Literal{})});
    if (operand.value == kNoValue) return;
    ValueId& value = model_.outputs.back().value;
    builder_->enter(name);
    if (model_.graph->value(value).kind != ValueKind::kComputed) value = builder_->node("Identity", {value});
    model_.graph->mark_output(value);
  }

  void define(const std::string& place, Operand operand) {
    const std::string name = operand.name;
    if (name.empty()) return add(place, "has no name");
    if (!conversion_->names().emplace(name, std::move(operand)).second) add(place, "its name is taken");
  }

  void poison(const std::string& name) { poisoned_.insert(name); }
  void poison_outputs(const onnx::NodeProto& proto) {
    for (const std::string& output : proto.output()) {
      if (!output.empty()) poison(output);
    }
  }

  static std::string quoted(const std::string& name) { return "\"" + name + "\""; }
  void add(const std::string& place, const std::string& message) {
    Diagnostic finding;
    finding.file = path_;
    finding.field_path = printable(place);
    finding.message = printable(message);
    findings_.push_back(std::move(finding));
  }
  void throw_if_any() {
    if (!findings_.empty()) throw InputError(std::move(findings_));
  }

  std::string path_, folder_;
  const onnx::ModelProto& proto_;
  const OnnxOptions& options_;
  std::int64_t opset_ = 0;
  OnnxModel model_;
  std::optional<Builder> builder_;
  std::optional<Conversion> conversion_;
  std::string last_;                ///< the tensor where the model is cut; empty: it is not
  std::vector<bool> wanted_;        ///< by node, where it is cut
  std::set<std::string> read_;      ///< tensors that those nodes read
  std::set<std::string> poisoned_;  ///< names whose node or tensor was refused
  std::vector<Diagnostic> findings_;
};

}  // namespace

OnnxModel OnnxFile::translate(const OpRegistry& registry, const OnnxOptions& options) const {
  return Reader(path_, *proto_, registry, options).run();
}

}  // namespace thaw
