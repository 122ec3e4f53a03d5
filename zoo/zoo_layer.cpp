#include "zoo/zoo_layer.h"

#include <algorithm>

#include "zoo/catalogue.h"
#include "zoo/layer_rows.h"

namespace thaw {
namespace {

using Tap = Network::Tap;

std::string quoted(const std::string& name) { return "\"" + printable(name) + "\""; }

/// Where the network ends. After check_zoo().
Tap cut_of(const Zoo& config, const Network& network) {
  if (config.has_until()) return network.find(config.until());
  return config.include_top() ? static_cast<Tap>(network.layers().size()) - 1 : network.feature_map();
}

/// The layers that the cut needs, in order.
std::vector<Tap> needed_layers(const Network& network, Tap cut) {
  std::vector<bool> is_needed(network.layers().size(), false);
  is_needed[static_cast<std::size_t>(cut)] = true;
  std::vector<Tap> needed;
  for (Tap tap = cut; tap >= 0; --tap) {
    if (!is_needed[static_cast<std::size_t>(tap)]) continue;
    needed.push_back(tap);
    for (const Tap from : network.layers()[static_cast<std::size_t>(tap)].from) {
      if (from != Network::kPicture) is_needed[static_cast<std::size_t>(from)] = true;
    }
  }
  std::reverse(needed.begin(), needed.end());
  return needed;
}

/// Appends the part of a network that ends at a cut.
class Cutting {
 public:
  Cutting(const ComposeContext& context, const ZooLayer& layer, const Network& network)
      : context_(context), layer_(layer), network_(network), values_(network.layers().size(), kNoValue) {}

  ValueId run(const Preprocessing& preprocessing, Tap cut) {
    picture_ = layer_.input;
    if (layer_.config.preprocessing() && preprocessing.is_needed()) {
      const std::string name = layer_.name + "/preprocessing";
      const std::size_t first_node = begin(name);
      ParameterFactory parameters(context_, name);
      picture_ = add_preprocessing(parameters, preprocessing, layer_.input);
      finish({name, "Preprocessing", layer_.from}, parameters, first_node, picture_);
      picture_name_ = name;
    } else {
      picture_name_ = layer_.from;
    }
    for (const Tap tap : needed_layers(network_, cut)) {
      if (inner(tap).is_padding && tap != cut) {
        describe_padding(tap);
      } else {
        add(tap);
      }
    }
    return value(cut);
  }
  LayerInfo info() const {
    LayerInfo info;
    for (const LayerInfo& row : rows_) {
      info.parameters += row.parameters;
      info.trainable_parameters += row.trainable_parameters;
    }
    info.inner = rows_;
    return info;
  }

 private:
  const InnerLayer& inner(Tap tap) const { return network_.layers()[static_cast<std::size_t>(tap)]; }
  ValueId value(Tap tap) const { return tap == Network::kPicture ? picture_ : values_[static_cast<std::size_t>(tap)]; }
  std::string full_name(Tap tap) const {
    return tap == Network::kPicture ? picture_name_ : layer_.name + "/" + inner(tap).name;
  }
  std::string names_of(const std::vector<Tap>& taps) const {
    std::string text;
    for (const Tap tap : taps) text += (text.empty() ? "" : ", ") + full_name(tap);
    return text;
  }

  std::size_t begin(const std::string& name) {
    context_.builder.enter(name);
    return context_.builder.graph().nodes().size();
  }

  void finish(LayerInfo row, const ParameterFactory& parameters, std::size_t first_node, ValueId output) {
    row.parameters = parameters.count();
    row.trainable_parameters = parameters.trainable_count();
    row.flops = flops_since(context_, first_node);
    row.output_shape = sample_shape(context_, output);
    rows_.push_back(std::move(row));
  }

  /// The layers behind it add its zeros themselves, which costs no pass over memory.
  void describe_padding(Tap tap) {
    const InnerLayer& padding = inner(tap);
    const Shape& x = context_.shape(value(padding.from[0]));
    const Sides pads = padding.zero_pads.of(x);
    LayerInfo row{full_name(tap), padding.type, names_of(padding.from)};
    row.output_shape = {x[1], x[2] + pads[0] + pads[2], x[3] + pads[1] + pads[3]};
    rows_.push_back(std::move(row));
  }

  void add(Tap tap) {
    const InnerLayer& layer = inner(tap);
    const std::string name = full_name(tap);
    const std::size_t first_node = begin(name);
    ParameterFactory parameters(context_, name);
    InnerNodes nodes{context_, name, parameters, {}};
    if (layer_.config.has_batch_norm_momentum()) nodes.momentum = layer_.config.batch_norm_momentum();
    for (const Tap from : layer.from) {
      if (from != Network::kPicture && inner(from).is_padding) {
        const ValueId unpadded = value(inner(from).from[0]);
        const Sides pads = inner(from).zero_pads.of(context_.shape(unpadded));
        if (layer.takes_padding) nodes.pads = pads;
        nodes.inputs.push_back(layer.takes_padding ? unpadded : add_zero_padding(context_, pads, unpadded));
      } else {
        nodes.inputs.push_back(value(from));
      }
    }
    const ValueId output = layer.add_nodes(nodes);
    values_[static_cast<std::size_t>(tap)] = output;
    finish({name, layer.type, names_of(layer.from)}, parameters, first_node, output);
  }

  const ComposeContext& context_;
  const ZooLayer& layer_;
  const Network& network_;
  ValueId picture_ = kNoValue;
  std::string picture_name_;
  std::vector<ValueId> values_;
  std::vector<LayerInfo> rows_;
};

/// Whether a square picture is large enough.
bool is_enough(const ComposeContext& context, const ZooLayer& layer, const Network& network, std::int64_t size) {
  Graph graph;
  Builder builder(graph, context.builder.registry());
  ComposedModel model;
  const ComposeOptions options{1, false, 1, context.options.files};
  const ComposeContext alone{options, builder, model};
  const std::int64_t channels = context.shape(layer.input)[1];
  const ZooLayer trial{layer.config, layer.name, layer.from,
                       builder.input("picture", {DType::kFloat32, {1, channels, size, size}})};
  try {
    Cutting(alone, trial, network).run(preprocessings::kNone, cut_of(layer.config, network));
    return true;
  } catch (const GraphError&) {
    return false;
  }
}

std::int64_t least_size(const ComposeContext& context, const ZooLayer& layer, const Network& network) {
  std::int64_t too_small = 0, enough = 4096;
  while (enough - too_small > 1) {
    const std::int64_t middle = (too_small + enough) / 2;
    (is_enough(context, layer, network, middle) ? enough : too_small) = middle;
  }
  return enough;
}

[[noreturn]] void fail_input(const ZooLayer& layer, const std::string& message, const std::string& expectation) {
  throw InputError({Diagnostic{"", 0, 0, "input", "layer " + quoted(layer.name) + ": " + message, expectation, ""}});
}

[[noreturn]] void fail_size(const ZooLayer& layer, const Shape& picture, std::int64_t least) {
  const std::string size = std::to_string(least) + "x" + std::to_string(least);
  const std::string what = layer.config.name() + (layer.config.has_until() ? " until " + layer.config.until() : "");
  fail_input(layer,
             what + " takes pictures of at least " + size + ", but " + quoted(layer.from) + " gives " +
                 std::to_string(picture[2]) + "x" + std::to_string(picture[3]),
             "expected larger pictures, or an up_sampling2d layer before it");
}

void check_picture(const ZooLayer& layer, const ZooEntry& entry, const Shape& x) {
  if (x.size() != 4) {
    fail_input(layer,
               entry.name + " takes a picture (channels x height x width), but " + quoted(layer.from) + " gives " +
                   to_text(Shape(x.begin() + 1, x.end())),
               "expected a layer that gives pictures");
  }
  if (layer.config.preprocessing() && entry.preprocessing->needs_colours && x[1] != 3) {
    fail_input(layer,
               "the preprocessing of " + entry.name + " (" + entry.preprocessing->text + ") takes 3 channels, but " +
                   quoted(layer.from) + " gives " + std::to_string(x[1]),
               "expected channels: 3, or preprocessing: false, which takes any number of channels");
  }
}

}  // namespace

std::vector<Diagnostic> check_zoo(const Zoo& config) {
  const auto found = [](const std::string& field, const std::string& message, const std::string& expectation,
                        const std::string& nearest = {}) {
    return Diagnostic{"", 0, 0, field, message, expectation, nearest};
  };
  const ZooEntry* entry = find_zoo_entry(config.name());
  if (!entry) {
    std::vector<std::string> names;
    for (const ZooEntry& known : zoo_catalogue()) names.push_back(known.name);
    return {found("name", "the zoo has no network " + quoted(config.name()), "expected one that `thaw zoo` lists",
                  nearest_name(config.name(), names))};
  }
  std::vector<Diagnostic> findings;
  // The resolved file of a run spells the default out.
  if (config.classes() != Zoo::default_instance().classes() && !config.include_top()) {
    findings.push_back(found("classes", "belongs to the classifier, which is left out",
                             "expected include_top: true, or a layer of your own behind it"));
  }
  if (!config.has_until()) return findings;
  const Network network = entry->describe(config.classes(), config.preprocessing());
  const Tap cut = network.find(config.until());
  if (cut == Network::kPicture) {
    std::vector<std::string> names;
    for (const InnerLayer& inner : network.layers()) names.push_back(inner.name);
    findings.push_back(found("until", entry->name + " has no layer " + quoted(config.until()),
                             "expected one that `thaw zoo " + entry->name + "` lists",
                             nearest_name(config.until(), names)));
  } else if (cut > network.feature_map() && !config.include_top()) {
    findings.push_back(found("until", quoted(config.until()) + " belongs to the classifier, which is left out",
                             "expected include_top: true"));
  }
  return findings;
}

ValueId add_zoo_layer(const ComposeContext& context, const ZooLayer& layer) {
  const std::vector<Diagnostic> findings = check_zoo(layer.config);
  if (!findings.empty()) throw InputError(findings);
  const ZooEntry& entry = *find_zoo_entry(layer.config.name());
  const Network network = entry.describe(layer.config.classes(), layer.config.preprocessing());
  const Tap cut = cut_of(layer.config, network);
  const Shape x = context.shape(layer.input);
  check_picture(layer, entry, x);
  if (cut >= network.feature_map() && std::min(x[2], x[3]) < entry.least_size) fail_size(layer, x, entry.least_size);
  Cutting cutting(context, layer, network);
  ValueId output = kNoValue;
  try {
    output = cutting.run(*entry.preprocessing, cut);
  } catch (const GraphError&) {
    const std::int64_t least = least_size(context, layer, network);
    if (std::min(x[2], x[3]) >= least) throw;
    fail_size(layer, x, least);
  }
  LayerInfo info = cutting.info();
  info.type = "Zoo " + entry.name + (layer.config.has_until() ? ", until " + layer.config.until() : "") +
              (layer.config.include_top() ? ", " + std::to_string(layer.config.classes()) + " classes" : "");
  context.model.layers.push_back(std::move(info));
  return output;
}

}  // namespace thaw
