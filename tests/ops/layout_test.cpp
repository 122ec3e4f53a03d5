// Kernels of our own that take pictures in any layout blocked by channels: each layout against the reference. (A chain
// of kernels shows them only what oneDNN chooses on the machine at hand.)
#include <cmath>
#include <cstring>

#include "graph/builder.h"
#include "ops/catalogue.h"
#include "ops/device/cpu/onednn.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/operator_test.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

using Tag = dnnl::memory::format_tag;

/// A layout of pictures, for each number of spatial axes.
struct PictureLayout {
  std::string name;
  Tag line, picture, volume;

  LayoutPtr of(const TensorType& type) const {
    const std::size_t rank = type.shape.size();
    if (rank < 3) return cpu::layout_of(cpu::plain_desc(type));
    const Tag tag = rank == 3 ? line : rank == 4 ? picture : volume;
    return cpu::layout_of({type.shape, dnnl::memory::data_type::f32, tag});
  }
};

const std::vector<PictureLayout> kLayouts{{"row_major", Tag::abc, Tag::abcd, Tag::abcde},
                                          {"channels_last", Tag::acb, Tag::acdb, Tag::acdeb},
                                          {"blocks_of_4", Tag::aBc4b, Tag::aBcd4b, Tag::aBcde4b},
                                          {"blocks_of_8", Tag::aBc8b, Tag::aBcd8b, Tag::aBcde8b},
                                          {"blocks_of_16", Tag::aBc16b, Tag::aBcd16b, Tag::aBcde16b}};

/// One node whose inputs come in a given layout.
class FixedLayouts : public BindContext {
 public:
  FixedLayouts(const Graph& graph, const PictureLayout& layout)
      : wanted(graph.nodes()[0].inputs.size()),
        given(graph.nodes()[0].outputs.size()),
        graph_(graph),
        layout_(layout) {}

  const Graph& graph() const override { return graph_; }
  const Node& node() const override { return graph_.nodes()[0]; }
  LayoutPtr input_layout(int i) const override { return layout_.of(input_type(i)); }
  void want_input(int i, LayoutPtr layout) override { wanted.at(static_cast<std::size_t>(i)) = std::move(layout); }
  void give_output(int i, LayoutPtr layout) override { given.at(static_cast<std::size_t>(i)) = std::move(layout); }
  void want_scratch(std::size_t bytes) override { scratch_bytes = bytes; }
  bool is_training() const override { return true; }
  Precision precision() const override { return Precision::kFloat32; }
  void store_input(int, LayoutPtr) override {}
  void save_arithmetic(double) override {}

  std::vector<LayoutPtr> wanted, given;
  std::size_t scratch_bytes = 0;

 private:
  const Graph& graph_;
  const PictureLayout& layout_;
};

struct LayoutCase {
  OpCase op_case;
  PictureLayout layout;
  bool keeps_layout = true;  ///< false: oneDNN chooses
};

std::ostream& operator<<(std::ostream& out, const LayoutCase& each) {
  return out << each.op_case << " in " << each.layout.name;
}

class LayoutTest : public ::testing::TestWithParam<LayoutCase> {
 protected:
  LayoutTest() {
    Builder builder(graph_, operators());
    std::vector<ValueId> inputs;
    for (const Port& port : GetParam().op_case.ports) {
      inputs.push_back(builder.input("x", {DType::kFloat32, port.shape}));
      std::vector<double>& numbers = feeds_[inputs.back()];
      numbers = reference::random_values(element_count(port.shape), 5 + inputs.size());
      for (double& number : numbers) number = std::round(4 * number) / 4;  // few values, so that maxima tie
    }
    output_ = builder.node(GetParam().op_case.op, inputs, GetParam().op_case.attributes);
  }

  std::unique_ptr<DeviceMemory> memory_of(Device& device, ValueId id, const LayoutPtr& layout,
                                          const std::vector<double>& numbers) const {
    constexpr std::size_t kBeyond = 256;  // not-a-number behind each tensor: who reads on, shows
    auto memory = device.allocate(layout->bytes() + kBeyond);
    std::memset(memory->data(), 0xFF, memory->bytes());
    const std::vector<float> host(numbers.begin(), numbers.end());
    device.copy_in(graph_.value(id).type, host.data(), memory->data(), layout);
    return memory;
  }

  Graph graph_;
  reference::Feeds feeds_;
  ValueId output_ = kNoValue;
};

TEST_P(LayoutTest, MatchesTheReferenceAndKeepsPaddingZero) {
  const reference::Tensor expected = reference::evaluate(graph_, feeds_).at(output_);
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << GetParam() << ", on " << choice);
    const auto device = choice.open();
    FixedLayouts context(graph_, GetParam().layout);
    const auto kernel = device->kernels().at(GetParam().op_case.op)(context);
    Buffers buffers;
    std::vector<std::unique_ptr<DeviceMemory>> memories;
    for (std::size_t i = 0; i < context.wanted.size(); ++i) {
      const ValueId id = context.node().inputs[i];
      const bool is_reordered = !context.wanted[i]->equals(*context.input_layout(static_cast<int>(i)));
      EXPECT_FALSE(GetParam().keeps_layout && is_reordered) << "input " << i;
      memories.push_back(memory_of(*device, id, context.wanted[i], feeds_.at(id)));
      buffers.inputs.push_back(memories.back()->data());
    }
    const LayoutPtr& layout = context.given[0];
    const bool is_kept = layout->equals(*GetParam().layout.of(graph_.value(output_).type));
    EXPECT_TRUE(is_kept || !GetParam().keeps_layout) << layout->text();
    const auto found = device->allocate(layout->bytes());
    std::memset(found->data(), 0xFF, layout->bytes());
    buffers.outputs = {found->data()};
    const auto scratch = device->allocate(context.scratch_bytes);
    buffers.scratch = scratch->data();
    kernel->attach(buffers);
    kernel->run();

    std::vector<float> host(expected.values.size());
    device->copy_out(graph_.value(output_).type, found->data(), layout, host.data());
    const reference::Tensor values(expected.shape, {host.begin(), host.end()});
    EXPECT_TRUE(is_close(values, expected, reduction_length(graph_, context.node())));
    const auto padded = memory_of(*device, output_, layout, values.values);  // the same numbers, zeros between them
    EXPECT_EQ(std::memcmp(padded->data(), found->data(), layout->bytes()), 0) << "the padding is not zero";
  }
}

Attributes pooling(Integers kernel, Integers strides, Integers pads, Integers input_shape = {}) {
  Attributes attributes{
      {"kernel_shape", std::move(kernel)}, {"strides", std::move(strides)}, {"pads", std::move(pads)}};
  if (!input_shape.empty()) attributes.set("input_shape", std::move(input_shape));
  return attributes;
}

/// Every kernel at `channels`: 7x6 pictures pooled to 4x3 and 3x3, a line, a volume, and whole pictures.
std::vector<OpCase> cases(std::int64_t channels) {
  const Shape x{2, channels, 7, 6}, y{2, channels, 4, 3}, half{2, channels, 3, 3}, one{2, channels, 1, 1};
  const Shape line{1, channels, 9}, volume{1, channels, 3, 4, 5};
  const Attributes overlapping = pooling({3, 3}, {2, 2}, {1, 1, 1, 1}, x),
                   halves = pooling({2, 2}, {2, 2}, {0, 0, 0, 0}, x);
  return {
      {"MaxPool", "", {{x}}, overlapping},
      {"MaxPoolGrad", "", {{x}, {y}}, overlapping},
      {"MaxPool", "", {{line}}, pooling({3}, {2}, {1, 0})},
      {"MaxPool", "", {{volume}}, pooling({2, 2, 3}, {1, 2, 1}, {0, 0, 0, 0, 0, 1})},
      {"AveragePool", "", {{x}}, overlapping},
      {"AveragePoolGrad", "", {{y}}, overlapping},
      {"AveragePoolReluGrad", "", {{y}, {x}}, overlapping},
      {"AveragePool", "", {{x}}, halves},
      {"AveragePoolGrad", "", {{half}}, halves},
      {"AveragePoolReluGrad", "", {{half}, {x}}, halves},
      {"AveragePool", "", {{volume}}, pooling({2, 2, 3}, {1, 2, 1}, {0, 0, 0, 0, 0, 1})},
      {"GlobalMaxPool", "", {{x}}},
      {"GlobalMaxPoolGrad", "", {{x}, {one}}},
      {"GlobalAveragePool", "", {{x}}},
      {"GlobalAveragePoolGrad", "", {{one}}, {{"input_shape", x}}},
      {"GlobalAveragePool", "", {{volume}}},
      {"ConvTransposeGradBias", "", {{x}}},
      {"ConvTransposeGradBias", "", {{line}}},
  };
}

std::vector<LayoutCase> layout_cases() {
  std::vector<LayoutCase> found;
  for (const PictureLayout& layout : kLayouts) {
    for (const std::int64_t channels : {1, 3, 16, 17, 33, 150}) {
      for (const OpCase& each : cases(channels)) found.push_back({each, layout});
    }
  }
  for (const std::int64_t channels : {1, 3, 16, 17, 33, 150}) {
    for (const std::string activation : {"", "Relu", "Tanh"}) {
      const std::vector<Port> ports{{{2, 5, 4, 3}}, {{5, channels, 2, 2}}, {{channels}}};
      found.push_back({{"ConvTranspose", "", ports, {{"activation", activation}}}, kLayouts[0], false});
    }
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(Picture, LayoutTest, ::testing::ValuesIn(layout_cases()), [](const auto& each) {
  return each.param.op_case.op + "_" + std::to_string(each.index) + "_" + each.param.layout.name;
});

}  // namespace
}  // namespace thaw
