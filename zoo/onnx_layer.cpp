#include "zoo/onnx_layer.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "graph/passes/rewrite.h"
#include "schemas/diagnostic.h"
#include "schemas/wildcard.h"
#include "zoo/layer_rows.h"
#include "zoo/onnx_roles.h"
#include "zoo/parameters.h"

namespace thaw {
namespace {

std::string quoted(const std::string& name) { return "\"" + printable(name) + "\""; }

Diagnostic finding(const std::string& field, const std::string& message, const std::string& expectation = {},
                   const std::string& nearest = {}) {
  return {"", 0, 0, field, message, expectation, nearest};
}

std::string inputs_text(const std::vector<OnnxInput>& inputs) {
  std::string text;
  for (const OnnxInput& input : inputs) {
    text += (text.empty() ? "" : ", ") + quoted(input.name) + " " + input.type + " " + input.shape;
  }
  return text;
}

/// Everything that can be said of the file before it is translated.
class FileChecks {
 public:
  FileChecks(const ComposeContext& context, const OnnxLayer& layer, const OnnxFile& file)
      : layer_(layer), file_(file), given_(context.shape(layer.input)), inputs_(file.inputs(layer.config.until())) {}

  OnnxOptions run() {
    check_until();
    OnnxOptions options;
    options.is_for_training = true;
    options.constants = constants();
    if (layer_.config.has_until()) options.until = layer_.config.until();
    check_inputs();
    if (!findings_.empty()) throw InputError(findings_);
    options.input_shapes[inputs_[0].name] = given_;
    return options;
  }

 private:
  void check_until() {
    const std::string& until = layer_.config.until();
    if (layer_.config.has_until()) {
      if (file_.has(until)) return;
      findings_.push_back(finding("until", "nothing in " + file_.path() + " is called " + quoted(until),
                                  "expected the name of a node or of the tensor that it gives",
                                  nearest_name(until, file_.names())));
    } else if (file_.outputs().size() > 1) {
      std::string names;
      for (const std::string& name : file_.outputs()) names += (names.empty() ? "" : ", ") + quoted(name);
      findings_.push_back(finding(
          "path", file_.path() + " has " + std::to_string(file_.outputs().size()) + " outputs; a layer gives one",
          "expected until: one of " + names));
    }
  }

  std::set<std::string> constants() {
    std::set<std::string> found;
    const std::vector<std::string> names = file_.initializers();
    for (int i = 0; i < layer_.config.constant_size(); ++i) {
      const std::string& pattern = layer_.config.constant(i);
      bool is_used = false;
      for (const std::string& name : names) {
        if (!matches_wildcard(pattern, name)) continue;
        found.insert(name);
        is_used = true;
      }
      if (is_used) continue;
      findings_.push_back(
          finding("constant[" + std::to_string(i) + "]", quoted(pattern) + " matches no initializer of " + file_.path(),
                  "expected the name of an initializer; * stands for anything", nearest_name(pattern, names)));
    }
    return found;
  }

  void check_inputs() {
    if (layer_.config.has_until() && !file_.has(layer_.config.until())) return;
    if (inputs_.size() != 1 || inputs_[0].must_be_known) {
      findings_.push_back(finding("path",
                                  file_.path() + " takes " + (inputs_.empty() ? "no input" : inputs_text(inputs_)),
                                  "expected a model that takes one picture"));
      return;
    }
    const OnnxInput& input = inputs_[0];
    if (input.extents.empty()) return;  // the file does not say
    bool fits = input.extents.size() == given_.size(), is_batch_alone = fits;
    for (std::size_t i = 0; i < given_.size() && input.extents.size() == given_.size(); ++i) {
      const bool is_equal = input.extents[i] < 0 || input.extents[i] == given_[i];
      fits = fits && is_equal;
      is_batch_alone = is_batch_alone && (is_equal || i == 0);
    }
    if (fits) return;
    const std::string expectation = is_batch_alone ? "expected train.batch_size: " + std::to_string(input.extents[0]) +
                                                         ", or a file whose first extent is open"
                                                   : "expected " + input.shape + " (batch x channels x height x width)";
    findings_.push_back(finding("input",
                                "layer " + quoted(layer_.name) + ": " + file_.path() + " takes " + quoted(input.name) +
                                    " as " + input.shape + ", but " + quoted(layer_.from) + " gives " + to_text(given_),
                                expectation));
  }

  const OnnxLayer& layer_;
  const OnnxFile& file_;
  const Shape given_;
  std::vector<OnnxInput> inputs_;
  std::vector<Diagnostic> findings_;
};

/// Copies a translated model into the experiment's graph.
class Transplant {
 public:
  Transplant(const ComposeContext& context, const OnnxLayer& layer, OnnxModel& source)
      : context_(context), layer_(layer), source_(source), graph_(*source.graph), parameters_(context, layer.name) {}

  ValueId run() {
    remove_dead(graph_, context_.builder.registry());
    values_.assign(graph_.values().size(), kNoValue);
    if (source_.inputs.at(0).value != kNoValue) at(source_.inputs[0].value) = layer_.input;
    find_uses();
    next_described_ = context_.builder.graph().nodes().size();
    for (const Node& node : graph_.nodes()) {
      copy(node);
      describe(node);
    }
    return at(source_.outputs.at(0).value);
  }
  LayerInfo counts() const {
    LayerInfo counts;
    counts.parameters = parameters_.count();
    counts.trainable_parameters = parameters_.trainable_count();
    counts.inner = rows_;
    return counts;
  }

 private:
  ValueId& at(ValueId id) { return values_.at(static_cast<std::size_t>(id)); }

  /// Who reads a value, and as which input.
  struct Use {
    const Node* node;
    std::size_t input;
  };

  void find_uses() {
    uses_.assign(graph_.values().size(), {});
    for (const Node& node : graph_.nodes()) {
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.inputs[i] != kNoValue) uses_[static_cast<std::size_t>(node.inputs[i])].push_back({&node, i});
      }
    }
  }

  bool is_parameter(ValueId id) const { return graph_.value(id).kind == ValueKind::kParameter; }

  void copy(const Node& node) {
    context_.builder.enter(layer_.name + "/" + printable(node.layer));
    if (node.op == "BatchNormalization" && is_parameter(node.inputs[3]) && is_parameter(node.inputs[4])) {
      at(node.outputs[0]) = batch_norm(node);
      return;
    }
    if (node.op == "Dropout") {
      at(node.outputs[0]) = add_dropout(context_, value(node.inputs[0]), node.attributes.real("ratio", 0.5),
                                        layer_.name + "/" + node.layer);
      return;
    }
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(value(input));
    const auto outputs = context_.builder.nodes(node.op, inputs, node.attributes);
    for (std::size_t k = 0; k < outputs.size(); ++k) at(node.outputs[k]) = outputs[k];
  }

  /// A node as an inner layer; what works on weights alone counts with the next. Parameters that several nodes share
  /// count with the first.
  void describe(const Node& node) {
    LayerInfo row{layer_.name + "/" + printable(node.layer), node.op};
    for (const ValueId input : node.inputs) {
      const auto name = names_.find(input);
      const bool is_picture = input == source_.inputs.at(0).value;
      if (is_picture) row.from += (row.from.empty() ? "" : ", ") + layer_.from;
      if (name != names_.end()) row.from += (row.from.empty() ? "" : ", ") + name->second;
    }
    if (row.from.empty()) return;
    for (const ValueId output : node.outputs) names_[output] = row.name;
    row.output_shape = sample_shape(context_, at(node.outputs[0]));
    row.parameters = parameters_.count();
    row.trainable_parameters = parameters_.trainable_count();
    for (const LayerInfo& earlier : rows_) {
      row.parameters -= earlier.parameters;
      row.trainable_parameters -= earlier.trainable_parameters;
    }
    row.flops = flops_since(context_, next_described_);
    next_described_ = context_.builder.graph().nodes().size();
    rows_.push_back(std::move(row));
  }

  ValueId batch_norm(const Node& node) {
    BatchNorm norm;
    norm.layer = layer_.name + "/" + node.layer;
    norm.input = value(node.inputs[0]);
    norm.scale = value(node.inputs[1]);
    norm.bias = value(node.inputs[2]);
    norm.mean = statistic(node, 3, node.layer + "/running_mean");
    norm.variance = statistic(node, 4, node.layer + "/running_variance");
    norm.momentum = node.attributes.real("momentum", 0.9);
    norm.epsilon = node.attributes.real("epsilon", 1e-5);
    return add_batch_norm(context_, norm);
  }

  /// The value in the experiment's graph that stands for one of the model's.
  ValueId value(ValueId id) {
    if (id == kNoValue) return kNoValue;
    if (at(id) != kNoValue) return at(id);
    const Value& found = graph_.value(id);
    const std::string name = free_name(found.name);
    if (!found.trainable) return at(id) = parameters_.constant(name, found.type, contents(id));
    return at(id) = parameters_.parameter(name, found.type, origin(id, name, uses_[static_cast<std::size_t>(id)]));
  }

  /// Exporters store equal tensors once: a file whose weights are fresh may name one tensor of zeros as the running
  /// mean of all its normalizations, and as their bias. Each gets its own.
  ValueId statistic(const Node& node, std::size_t input, const std::string& own_name) {
    const ValueId id = node.inputs[input];
    const Value& found = graph_.value(id);
    const bool is_shared = uses_[static_cast<std::size_t>(id)].size() > 1;
    const std::string name = free_name(is_shared ? own_name : found.name);
    return parameters_.statistic(name, found.type, origin(id, name, {{&node, input}}));
  }

  ParameterFactory::Origin origin(ValueId id, const std::string& name, const std::vector<Use>& uses) {
    ParameterFactory::Origin origin{contents(id), layer_.name};
    for (const Use& use : uses) origin.aliases.push_back(layer_.name + "/" + printable(use.node->layer));
    // "conv1.weight" and "block/bn/gamma" say what layer they are of; "onnx::Conv_123" is of the node that reads it.
    const auto cut = name.find_last_of("./");
    if (cut != std::string::npos && cut > 0) {
      origin.layer += "/" + name.substr(0, cut);
    } else if (!origin.aliases.empty()) {
      origin.layer = origin.aliases.front();
    }
    if (uses.empty()) return origin;
    const FreshStart start = fresh_start(graph_.value(id).type.shape, *uses.front().node, uses.front().input);
    origin.initializer = start.initializer;
    origin.fans = start.fans;
    return origin;
  }

  std::string free_name(const std::string& wished) {
    std::string name = printable(wished);
    for (int i = 2; !taken_.insert(name).second; ++i) name = printable(wished) + "_" + std::to_string(i);
    return name;
  }

  /// The file's values, which move out of it: several parameters may share them.
  ParameterFactory::Values contents(ValueId id) {
    ParameterFactory::Values& values = contents_[id];
    if (!values) {
      values = std::make_shared<const std::vector<float>>(std::move(source_.weights.at(graph_.value(id).name)));
    }
    return values;
  }

  const ComposeContext& context_;
  const OnnxLayer& layer_;
  OnnxModel& source_;
  Graph& graph_;
  std::vector<ValueId> values_;         ///< of the experiment's graph, by the model's
  std::vector<std::vector<Use>> uses_;  ///< by the model's value
  std::set<std::string> taken_;
  std::map<ValueId, ParameterFactory::Values> contents_;
  ParameterFactory parameters_;
  std::vector<LayerInfo> rows_;
  std::map<ValueId, std::string> names_;  ///< what the picture reaches: the row that gives it
  std::size_t next_described_ = 0;        ///< of the experiment's nodes
};

OnnxModel translated(const ComposeContext& context, const OnnxFile& file, const OnnxOptions& options) {
  try {
    return file.translate(context.builder.registry(), options);
  } catch (const InputError& error) {
    std::vector<Diagnostic> findings;
    for (const Diagnostic& found : error.findings()) {
      findings.push_back(finding("path", "cannot use " + file.path() + ": " +
                                             (found.field_path.empty() ? "" : found.field_path + ": ") +
                                             found.message));
    }
    throw InputError(findings);
  }
}

void check_output(const ComposeContext& context, const OnnxLayer& layer, const OnnxModel& model) {
  const std::string field = layer.config.has_until() ? "until" : "path";
  const OnnxPort& output = model.outputs.at(0);
  if (output.value == kNoValue || model.inputs.empty() || model.inputs[0].value == kNoValue) {
    throw InputError({finding(field, quoted(output.name) + " does not depend on the model's input")});
  }
  const TensorType& type = model.graph->value(output.value).type;
  if (type.dtype != DType::kFloat32) {
    throw InputError({finding(field, quoted(output.name) + " gives integers, which nothing can be learned through")});
  }
  const std::int64_t batch = context.options.batch;
  if (type.shape.size() < 2 || type.shape[0] != batch) {
    throw InputError({finding(field, quoted(output.name) + " gives " + to_text(type.shape) +
                                         ", which is not one row for each of the " + std::to_string(batch) +
                                         " samples of a batch")});
  }
}

}  // namespace

ValueId add_onnx_layer(const ComposeContext& context, const OnnxLayer& layer) {
  const auto found = context.options.files.find(layer.config.path());
  if (found == context.options.files.end()) {
    throw InternalError("layer " + layer.name + ": nobody opened " + layer.config.path());
  }
  const OnnxFile& file = *found->second;
  OnnxModel model = translated(context, file, FileChecks(context, layer, file).run());
  check_output(context, layer, model);
  Transplant transplant(context, layer, model);
  const ValueId output = transplant.run();
  context.model.layers.push_back(transplant.counts());
  context.model.layers.back().type = "Onnx " + std::filesystem::path(layer.config.path()).filename().string() +
                                     (layer.config.has_until() ? ", until " + printable(layer.config.until()) : "");
  return output;
}

}  // namespace thaw
