// Convolutions and poolings of ONNX.
#include <algorithm>

#include "graph/onnx/node.h"
#include "graph/window_pads.h"

namespace thaw::onnx_io {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::int64_t kLongest = std::int64_t{1} << 31;  // so that no sum of them overflows

AutoPad auto_pad_of(const std::string& word) {
  if (word == "VALID") return AutoPad::kValid;
  if (word == "SAME_UPPER") return AutoPad::kSameUpper;
  if (word == "SAME_LOWER") return AutoPad::kSameLower;
  throw Unsupported("auto_pad " + word + " is none of NOTSET, VALID, SAME_UPPER, SAME_LOWER");
}

/// Strides, dilations and pads with their defaults, auto_pad resolved.
Attributes geometry(OnnxNode& node, const Integers& kernel) {
  const Shape& x = node.shape(0);
  if (x.size() < 3) throw Unsupported("needs a picture, but its input is " + to_text(x));
  const std::size_t spatial = x.size() - 2;
  const Integers strides = node.integers("strides", Integers(spatial, 1));
  const Integers dilations = node.integers("dilations", Integers(spatial, 1));
  Integers pads = node.integers("pads", Integers(2 * spatial, 0));
  if (kernel.size() != spatial || strides.size() != spatial || dilations.size() != spatial ||
      pads.size() != 2 * spatial) {
    throw Unsupported("kernel_shape, strides, dilations or pads are not of as many axes as its input " + to_text(x));
  }
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  for (const Integers* numbers : {&kernel, &strides, &dilations}) {
    if (std::any_of(numbers->begin(), numbers->end(), [](std::int64_t n) { return n < 1 || n > kLongest; })) {
      throw Unsupported("kernel_shape, strides and dilations must lie between 1 and 2^31");
    }
  }
  if (auto_pad != "NOTSET")
    pads = auto_pads(auto_pad_of(auto_pad), Shape(x.begin() + 2, x.end()), {kernel, strides, dilations});
  return {{"kernel_shape", kernel}, {"strides", strides}, {"pads", pads}, {"dilations", dilations}};
}

Integers kernel_of(OnnxNode& node) {
  const Shape& w = node.shape(1);
  const Integers kernel = node.integers("kernel_shape", w.size() < 2 ? Integers{} : Integers(w.begin() + 2, w.end()));
  return kernel;
}

void convert_conv(OnnxNode& node) {
  Attributes attributes = geometry(node, kernel_of(node));
  attributes.set("group", node.integer("group", 1));
  std::vector<ValueId> inputs{node.value(0), node.value(1)};
  if (node.has_input(2)) inputs.push_back(node.value(2));
  node.give(0, node.add("Conv", inputs, attributes));
}

void convert_conv_transpose(OnnxNode& node) {
  const Integers kernel = kernel_of(node);
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  const Shape& x = node.shape(0);
  if (x.size() < 3 || kernel.size() != x.size() - 2)
    throw Unsupported("kernel_shape does not fit its input " + to_text(x));
  const std::size_t spatial = x.size() - 2;
  const Integers strides = node.integers("strides", Integers(spatial, 1));
  const Integers dilations = node.integers("dilations", Integers(spatial, 1));
  Integers output_padding = node.integers("output_padding", Integers(spatial, 0));
  Integers pads = node.integers("pads", Integers(2 * spatial, 0));
  Integers output_shape = node.integers("output_shape");
  if (strides.size() != spatial || dilations.size() != spatial || output_padding.size() != spatial ||
      pads.size() != 2 * spatial) {
    throw Unsupported("strides, dilations, output_padding or pads are not of as many axes as its input");
  }
  if (output_shape.size() == spatial + 2) output_shape.erase(output_shape.begin(), output_shape.begin() + 2);
  const bool is_same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  if (output_shape.empty() && is_same) {
    for (std::size_t i = 0; i < spatial; ++i) output_shape.push_back(x[i + 2] * strides[i]);
  }
  if (!output_shape.empty()) {
    if (output_shape.size() != spatial) throw Unsupported("output_shape is not of as many axes as its input");
    const AutoPad mode = auto_pad == "NOTSET" ? AutoPad::kSameLower : auto_pad_of(auto_pad);
    const TransposePads found =
        transpose_pads(mode, Shape(x.begin() + 2, x.end()), output_shape, {kernel, strides, dilations}, output_padding);
    pads = found.pads;
    output_padding = found.output_padding;
  }
  std::vector<ValueId> inputs{node.value(0), node.value(1)};
  if (node.has_input(2)) inputs.push_back(node.value(2));
  node.give(0, node.add("ConvTranspose", inputs,
                        {{"kernel_shape", kernel},
                         {"strides", strides},
                         {"pads", pads},
                         {"dilations", dilations},
                         {"output_padding", output_padding},
                         {"group", node.integer("group", 1)}}));
}

void convert_pool(OnnxNode& node) {
  Attributes attributes = geometry(node, node.integers("kernel_shape"));
  attributes.set("ceil_mode", node.integer("ceil_mode", 0));
  if (node.op() == "AveragePool") attributes.set("count_include_pad", node.integer("count_include_pad", 0));
  if (node.op() == "MaxPool" && node.integer("storage_order", 0) != 0)
    throw Unsupported("counts indices by columns (storage_order)");
  if (node.wants_output(1)) attributes.set("has_indices", std::int64_t{1});
  const auto outputs = node.builder().nodes(node.op(), {node.value(0)}, attributes);
  for (std::size_t k = 0; k < outputs.size(); ++k) node.give(static_cast<int>(k), outputs[k]);
}

void convert_global_pool(OnnxNode& node) { node.give(0, node.add(node.op(), {node.value(0)})); }

}  // namespace

void add_window_converters(Converters& converters) {
  converters["Conv"] = convert_conv;
  converters["ConvTranspose"] = convert_conv_transpose;
  converters["MaxPool"] = converters["AveragePool"] = convert_pool;
  converters["GlobalAveragePool"] = converters["GlobalMaxPool"] = convert_global_pool;
}

}  // namespace thaw::onnx_io
