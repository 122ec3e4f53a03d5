// Times the convolutions of three networks with the oneDNN it is compiled against, in the ways that thaw runs them:
// what ./dev onednn chooses by (onednn_choice.py). Lines of: network, numbers, direction, layer, how often the network
// has it, seconds.
#include <omp.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>

#include "ops/device/cpu/onednn_compat_describe.h"
#include "ops/device/cpu/winograd.h"

namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using thaw::cpu::describe;
using thaw::cpu::describe_faster;
using thaw::cpu::describe_gradient;
using Type = memory::data_type;
using Arguments = std::unordered_map<int, memory>;

constexpr std::size_t kAnyScratch = ~std::size_t{0};

struct Layer {
  int count;  ///< how often the network has it
  memory::dim channels, filters, kernel, size, stride = 1, groups = 1;

  memory::dim pad() const { return kernel / 2; }
  memory::dim output_size() const { return (size + 2 * pad() - kernel) / stride + 1; }
};

std::ostream& operator<<(std::ostream& out, const Layer& layer) {
  return out << layer.channels << '-' << layer.filters << " k" << layer.kernel << " @" << layer.size << " /"
             << layer.stride << " g" << layer.groups;
}

struct Network {
  std::string name;
  memory::dim batch;
  std::vector<Layer> layers;
};

const std::vector<Network> kNetworks{
    {"resnet50",
     16,
     {{1, 3, 64, 7, 224, 2},   {1, 64, 64, 1, 56},       {2, 256, 64, 1, 56},     {3, 64, 64, 3, 56},
      {4, 64, 256, 1, 56},     {1, 256, 128, 1, 56},     {1, 128, 128, 3, 56, 2}, {1, 256, 512, 1, 56, 2},
      {4, 128, 512, 1, 28},    {3, 512, 128, 1, 28},     {3, 128, 128, 3, 28},    {1, 512, 256, 1, 28},
      {1, 256, 256, 3, 28, 2}, {1, 512, 1024, 1, 28, 2}, {6, 256, 1024, 1, 14},   {5, 1024, 256, 1, 14},
      {5, 256, 256, 3, 14},    {1, 1024, 512, 1, 14},    {1, 512, 512, 3, 14, 2}, {1, 1024, 2048, 1, 14, 2},
      {3, 512, 2048, 1, 7},    {2, 2048, 512, 1, 7},     {2, 512, 512, 3, 7}}},
    {"unet",
     8,
     {{1, 3, 64, 3, 128},
      {2, 64, 64, 3, 128},
      {1, 128, 64, 3, 128},
      {1, 64, 128, 3, 64},
      {2, 128, 128, 3, 64},
      {1, 256, 128, 3, 64},
      {1, 128, 256, 3, 32},
      {2, 256, 256, 3, 32},
      {1, 512, 256, 3, 32},
      {1, 256, 512, 3, 16},
      {2, 512, 512, 3, 16},
      {1, 1024, 512, 3, 16},
      {1, 512, 1024, 3, 8},
      {1, 1024, 1024, 3, 8},
      {1, 64, 2, 1, 128}}},
    {"mobilenet",
     16,
     {{1, 3, 32, 3, 224, 2},
      {1, 32, 32, 3, 112, 1, 32},
      {1, 32, 64, 1, 112},
      {1, 64, 64, 3, 112, 2, 64},
      {1, 64, 128, 1, 56},
      {1, 128, 128, 3, 56, 1, 128},
      {1, 128, 128, 1, 56},
      {1, 128, 128, 3, 56, 2, 128},
      {1, 128, 256, 1, 28},
      {1, 256, 256, 3, 28, 1, 256},
      {1, 256, 256, 1, 28},
      {1, 256, 256, 3, 28, 2, 256},
      {1, 256, 512, 1, 14},
      {5, 512, 512, 3, 14, 1, 512},
      {5, 512, 512, 1, 14},
      {1, 512, 512, 3, 14, 2, 512},
      {1, 512, 1024, 1, 7},
      {1, 1024, 1024, 3, 7, 1, 1024},
      {1, 1024, 1024, 1, 7}}}};

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

/// Memory of small positive numbers, whatever their type.
memory filled(const memory::desc& desc) {
  memory made(desc, engine());
  if (desc.get_size() > 0) std::memset(made.get_data_handle(), 0x3C, desc.get_size());
  return made;
}

/// The fastest of a few runs after one that warms up.
double time_of(const dnnl::primitive& primitive, const Arguments& arguments) {
  constexpr int kRounds = 2;
  dnnl::stream stream(engine());
  double best = 1e9;
  for (int round = 0; round <= kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    primitive.execute(stream, arguments);
    stream.wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (round > 0 && took.count() < best) best = took.count();
  }
  return best;
}

/// One layer with numbers of one type, in layouts that oneDNN chooses.
class Timing {
 public:
  Timing(const Layer& layer, memory::dim batch, Type type)
      : layer_(layer), type_(type), stride_(2, layer.stride), pad_(2, layer.pad()) {
    src_ = any({batch, layer.channels, layer.size, layer.size}, type == Type::s8 ? Type::u8 : type);
    dst_ = any({batch, layer.filters, layer.output_size(), layer.output_size()}, type == Type::s8 ? Type::u8 : type);
    const memory::dims kernel{layer.filters / layer.groups, layer.channels / layer.groups, layer.kernel, layer.kernel};
    memory::dims grouped = kernel;
    grouped.insert(grouped.begin(), layer.groups);
    weights_ = any(layer.groups > 1 ? grouped : kernel, type);
    bias_ = {{layer.filters}, Type::f32, memory::format_tag::a};
    attributes_.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (type != Type::f32 || layer.groups > 1) return;
    const thaw::Window window{.kernel = {layer.kernel, layer.kernel},
                              .strides = stride_,
                              .pads_begin = pad_,
                              .pads_end = pad_,
                              .dilations = {1, 1}};
    const thaw::Shape y{batch, layer.filters, layer.output_size(), layer.output_size()};
    gain_ = thaw::cpu::winograd_gain(window, kernel, y, y);
    gain_of_spread_ = thaw::cpu::winograd_gain(window, kernel, y, {batch, layer.channels, layer.size, layer.size});
  }

  /// With bias and relu, as in a frozen network.
  double inference() {
    dnnl::post_ops post_ops;
    thaw::cpu::append_activation(post_ops, algorithm::eltwise_relu, 0, 0);
    dnnl::primitive_attr attributes = attributes_;
    attributes.set_post_ops(post_ops);
    Arguments arguments;
    if (type_ == Type::s8 && layer_.groups == 1) {
      const std::vector<float> scales(static_cast<std::size_t>(layer_.filters), 1e-3F);
      thaw::cpu::set_channel_scales(attributes, engine(), scales, arguments);
    }
    return run_forward(faster_forward(prop_kind::forward_inference, attributes), arguments);
  }
  double forward_training() { return run_forward(faster_forward(prop_kind::forward_training, attributes_), {}); }
  double backward_data() {
    const auto pd = describe_faster(gain_of_spread_, kAnyScratch, [&](algorithm way) {
      return describe_gradient<dnnl::convolution_backward_data>(engine(), attributes_, hint(), way, src_, weights_,
                                                                dst_, stride_, no_gaps_, pad_, pad_);
    });
    return time_of(dnnl::convolution_backward_data(pd), {{DNNL_ARG_DIFF_DST, filled(pd.diff_dst_desc())},
                                                         {DNNL_ARG_WEIGHTS, filled(pd.weights_desc())},
                                                         {DNNL_ARG_DIFF_SRC, filled(pd.diff_src_desc())},
                                                         {DNNL_ARG_SCRATCHPAD, filled(pd.scratchpad_desc())}});
  }
  double backward_weights() {
    const auto pd = describe_faster(gain_, kAnyScratch, [&](algorithm way) {
      return describe_gradient<dnnl::convolution_backward_weights>(engine(), attributes_, hint(), way, src_, weights_,
                                                                   bias_, dst_, stride_, no_gaps_, pad_, pad_);
    });
    return time_of(dnnl::convolution_backward_weights(pd), {{DNNL_ARG_SRC, filled(pd.src_desc())},
                                                            {DNNL_ARG_DIFF_DST, filled(pd.diff_dst_desc())},
                                                            {DNNL_ARG_DIFF_WEIGHTS, filled(pd.diff_weights_desc())},
                                                            {DNNL_ARG_DIFF_BIAS, filled(bias_)},
                                                            {DNNL_ARG_SCRATCHPAD, filled(pd.scratchpad_desc())}});
  }

 private:
  static memory::desc any(const memory::dims& dims, Type type) { return {dims, type, memory::format_tag::any}; }

  dnnl::convolution_forward::primitive_desc forward(algorithm way, prop_kind kind,
                                                    const dnnl::primitive_attr& attributes) const {
    return describe<dnnl::convolution_forward>(engine(), attributes, kind, way, src_, weights_, bias_, dst_, stride_,
                                               no_gaps_, pad_, pad_);
  }
  dnnl::convolution_forward::primitive_desc hint() const {
    return forward(algorithm::convolution_direct, prop_kind::forward_training, attributes_);
  }
  dnnl::convolution_forward::primitive_desc faster_forward(prop_kind kind,
                                                           const dnnl::primitive_attr& attributes) const {
    return describe_faster(gain_, kAnyScratch, [&](algorithm way) {
      return forward(way, way == algorithm::convolution_winograd ? prop_kind::forward_training : kind, attributes);
    });
  }
  double run_forward(const dnnl::convolution_forward::primitive_desc& pd, Arguments arguments) const {
    arguments.insert({{DNNL_ARG_SRC, filled(pd.src_desc())},
                      {DNNL_ARG_WEIGHTS, filled(pd.weights_desc())},
                      {DNNL_ARG_BIAS, filled(bias_)},
                      {DNNL_ARG_DST, filled(pd.dst_desc())},
                      {DNNL_ARG_SCRATCHPAD, filled(pd.scratchpad_desc())}});
    return time_of(dnnl::convolution_forward(pd), arguments);
  }

  Layer layer_;
  Type type_;
  memory::dims stride_, pad_, no_gaps_{0, 0};
  double gain_ = 0, gain_of_spread_ = 0;  ///< of Winograd's way
  memory::desc src_, weights_, bias_, dst_;
  dnnl::primitive_attr attributes_;
};

struct Way {
  std::string numbers, direction;
  Type type;
  double (Timing::*time)();
};

const std::vector<Way> kWays{{"fp32", "forward", Type::f32, &Timing::forward_training},
                             {"fp32", "backward data", Type::f32, &Timing::backward_data},
                             {"fp32", "backward weights", Type::f32, &Timing::backward_weights},
                             {"fp32", "inference", Type::f32, &Timing::inference},
                             {"bf16", "forward", Type::bf16, &Timing::forward_training},
                             {"bf16", "backward data", Type::bf16, &Timing::backward_data},
                             {"bf16", "backward weights", Type::bf16, &Timing::backward_weights},
                             {"bf16", "inference", Type::bf16, &Timing::inference},
                             {"int8", "inference", Type::s8, &Timing::inference}};

/// One line a layer; "none" if this machine or this oneDNN cannot run one of them.
std::string lines_of(const Network& network, const Way& way) {
  const std::string begin = network.name + '\t' + way.numbers + '\t' + way.direction + '\t';
  std::ostringstream lines;
  for (const Layer& layer : network.layers) {
    if (layer.channels == 3 && way.time == &Timing::backward_data) continue;  // nobody wants a picture's gradient
    try {
      Timing timing(layer, network.batch, way.type);
      lines << begin << layer << '\t' << layer.count << '\t' << (timing.*way.time)() << '\n';
    } catch (const dnnl::error& error) {
      if (error.status != dnnl_unimplemented) throw;
      return begin + "none\n";
    }
  }
  return lines.str();
}

}  // namespace

/// Arguments: threads; a network's name, for that one alone.
int main(int count, char** arguments) {
  omp_set_num_threads(count > 1 ? std::stoi(arguments[1]) : 2);
  const std::string wanted = count > 2 ? arguments[2] : "";
  const dnnl_version_t* version = dnnl_version();
  std::cout << "version\t" << version->major << '.' << version->minor << '.' << version->patch << '\n';
  for (const Network& network : kNetworks) {
    if (!wanted.empty() && network.name != wanted) continue;
    for (const Way& way : kWays) std::cout << lines_of(network, way);
  }
}
