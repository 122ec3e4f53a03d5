#include "tests/ops/drawn_window.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

/// X, W and B of a convolution.
std::vector<Port> ports(Shape x, Shape w) {
  const std::int64_t filters = w.front();
  return {{std::move(x)}, {std::move(w)}, {{filters}}};
}

/// X, W and B of a transposed convolution of `group` groups.
std::vector<Port> transpose_ports(Shape x, Shape w, std::int64_t group = 1) {
  const std::int64_t filters = w[1] * group;
  return {{std::move(x)}, {std::move(w)}, {{filters}}};
}

Attributes geometry(Integers kernel, Integers strides = {}, Integers pads = {}, Integers dilations = {}) {
  Attributes attributes{{"kernel_shape", std::move(kernel)}};
  if (!strides.empty()) attributes.set("strides", std::move(strides));
  if (!pads.empty()) attributes.set("pads", std::move(pads));
  if (!dilations.empty()) attributes.set("dilations", std::move(dilations));
  return attributes;
}

template <typename Value>
Attributes with(Attributes attributes, const std::string& name, Value value) {
  attributes.set(name, std::move(value));
  return attributes;
}

Attributes grouped(Attributes attributes, std::int64_t group) { return with(std::move(attributes), "group", group); }

Attributes with_activation(Attributes attributes, const std::string& activation) {
  return with(std::move(attributes), "activation", activation);
}

const std::vector<OpCase> kConv{
    {"Conv", "one_pixel", ports({1, 1, 1, 1}, {1, 1, 1, 1}), geometry({1, 1})},
    {"Conv", "kernel_only", ports({2, 1, 6, 6}, {3, 1, 3, 3}), {{"kernel_shape", Integers{3, 3}}}},
    {"Conv", "kernel_shape_left_out", ports({2, 3, 6, 6}, {3, 3, 3, 2}), {{"strides", Integers{2, 1}}}},
    {"Conv", "no_bias", {{{2, 3, 6, 5}}, {{4, 3, 3, 3}}}, geometry({3, 3})},
    {"Conv", "fills_the_kernel", ports({2, 3, 3, 3}, {4, 3, 3, 3}), geometry({3, 3})},
    {"Conv", "stride_2", ports({2, 3, 9, 8}, {5, 3, 3, 3}), geometry({3, 3}, {2, 2})},
    {"Conv", "stride_leaves_a_rest", ports({1, 3, 10, 9}, {3, 3, 3, 3}), geometry({3, 3}, {3, 2})},
    {"Conv", "stride_beyond_kernel", ports({1, 2, 9, 9}, {3, 2, 2, 2}), geometry({2, 2}, {4, 3})},
    {"Conv", "same", ports({2, 3, 7, 7}, {4, 3, 3, 3}), geometry({3, 3}, {1, 1}, {1, 1, 1, 1})},
    {"Conv", "uneven_pads", ports({2, 3, 6, 7}, {4, 3, 3, 3}), geometry({3, 3}, {2, 2}, {0, 1, 1, 2})},
    {"Conv", "pads_beyond_kernel", ports({1, 2, 3, 3}, {2, 2, 2, 2}), geometry({2, 2}, {1, 1}, {3, 2, 2, 3})},
    {"Conv", "dilated", ports({2, 3, 9, 9}, {3, 3, 3, 3}), geometry({3, 3}, {1, 1}, {0, 0, 0, 0}, {2, 3})},
    {"Conv", "dilated_strided_padded", ports({1, 3, 9, 10}, {3, 3, 3, 2}),
     geometry({3, 2}, {2, 1}, {2, 1, 1, 0}, {2, 2})},
    {"Conv", "wide_kernel", ports({2, 2, 6, 9}, {3, 2, 2, 5}), geometry({2, 5}, {1, 1}, {1, 2, 0, 2})},
    {"Conv", "tall_kernel", ports({2, 2, 9, 5}, {3, 2, 5, 1}), geometry({5, 1}, {2, 1})},
    {"Conv", "pointwise", ports({2, 17, 4, 4}, {5, 17, 1, 1}), geometry({1, 1})},
    {"Conv", "channels_3_to_17", ports({2, 3, 6, 6}, {17, 3, 3, 3}), geometry({3, 3})},
    {"Conv", "channels_17_to_1", ports({1, 17, 5, 5}, {1, 17, 3, 3}), geometry({3, 3}, {1, 1}, {1, 1, 1, 1})},
    {"Conv", "channels_16_to_33", ports({5, 16, 6, 6}, {33, 16, 3, 3}), geometry({3, 3})},
    {"Conv", "channels_33_to_16", ports({1, 33, 6, 7}, {16, 33, 3, 3}), geometry({3, 3})},
    {"Conv", "mnist", ports({5, 1, 28, 28}, {16, 1, 3, 3}), geometry({3, 3})},
    {"Conv", "relu", ports({2, 3, 6, 6}, {4, 3, 3, 3}), with_activation(geometry({3, 3}), "Relu")},
    {"Conv", "relu_17", ports({5, 17, 7, 6}, {17, 17, 3, 3}), with_activation(geometry({3, 3}), "Relu")},
    {"Conv", "relu_no_bias", {{{2, 3, 6, 5}}, {{4, 3, 3, 3}}}, with_activation(geometry({3, 3}), "Relu")},
    {"Conv", "tanh", ports({2, 3, 6, 6}, {4, 3, 3, 3}), with_activation(geometry({3, 3}, {2, 1}), "Tanh")},
};

const std::vector<OpCase> kGrouped{
    {"Conv", "two_groups", ports({2, 4, 6, 5}, {6, 2, 3, 3}), grouped(geometry({3, 3}), 2)},
    {"Conv", "three_groups_stride_pads", ports({2, 9, 7, 6}, {6, 3, 3, 2}),
     grouped(geometry({3, 2}, {2, 1}, {1, 0, 1, 1}), 3)},
    {"Conv", "groups_of_16", ports({2, 32, 6, 5}, {32, 16, 3, 3}), grouped(geometry({3, 3}, {1, 1}, {1, 1, 1, 1}), 2)},
    {"Conv", "groups_of_17_to_3", ports({2, 34, 5, 5}, {6, 17, 3, 3}), grouped(geometry({3, 3}), 2)},
    {"Conv", "groups_of_4", ports({2, 32, 6, 5}, {32, 4, 3, 3}), grouped(geometry({3, 3}, {2, 2}, {1, 1, 1, 1}), 8)},
    {"Conv", "groups_no_bias", {{{2, 4, 6, 5}}, {{6, 2, 3, 3}}}, grouped(geometry({3, 3}), 2)},
    {"Conv", "depthwise_3", ports({2, 3, 6, 7}, {3, 1, 3, 3}), grouped(geometry({3, 3}), 3)},
    {"Conv", "depthwise_16", ports({2, 16, 7, 6}, {16, 1, 3, 3}), grouped(geometry({3, 3}, {1, 1}, {1, 1, 1, 1}), 16)},
    {"Conv", "depthwise_17_stride_2", ports({2, 17, 7, 6}, {17, 1, 3, 3}),
     grouped(geometry({3, 3}, {2, 2}, {1, 1, 1, 1}), 17)},
    {"Conv", "depthwise_33_no_bias", {{{3, 33, 5, 6}}, {{33, 1, 3, 3}}}, grouped(geometry({3, 3}), 33)},
    {"Conv", "depthwise_dilated", ports({1, 16, 9, 9}, {16, 1, 3, 3}),
     grouped(geometry({3, 3}, {1, 1}, {2, 2, 2, 2}, {2, 2}), 16)},
    {"Conv", "depth_multiplier_2", ports({2, 3, 6, 6}, {6, 1, 3, 3}), grouped(geometry({3, 3}), 3)},
    {"Conv", "depth_multiplier_3_of_17", ports({2, 17, 5, 6}, {51, 1, 3, 2}),
     grouped(geometry({3, 2}, {2, 1}, {1, 0, 0, 1}), 17)},
    {"Conv", "depthwise_relu", ports({2, 16, 6, 6}, {16, 1, 3, 3}),
     with_activation(grouped(geometry({3, 3}, {1, 1}, {1, 1, 1, 1}), 16), "Relu")},
    {"Conv", "groups_tanh", ports({2, 6, 5, 6}, {4, 3, 3, 3}), with_activation(grouped(geometry({3, 3}), 2), "Tanh")},
    {"Conv", "groups_1d", ports({2, 6, 11}, {9, 2, 3}), grouped(geometry({3}, {2}, {1, 0}), 3)},
    {"Conv", "depthwise_3d", ports({1, 5, 4, 5, 3}, {5, 1, 2, 3, 2}), grouped(geometry({2, 3, 2}), 5)},
};

const std::vector<OpCase> kOtherRanks{
    {"Conv", "line", ports({2, 3, 9}, {4, 3, 3}), geometry({3})},
    {"Conv", "line_of_all", ports({2, 17, 11}, {16, 17, 3}), geometry({3}, {2}, {2, 1}, {2})},
    {"Conv", "line_relu", ports({3, 16, 8}, {33, 16, 5}), with_activation(geometry({5}, {1}, {2, 2}), "Relu")},
    {"Conv", "volume", ports({2, 3, 4, 5, 6}, {4, 3, 3, 3, 3}), geometry({3, 3, 3})},
    {"Conv", "volume_of_all", ports({1, 17, 5, 6, 7}, {3, 17, 2, 3, 1}),
     geometry({2, 3, 1}, {2, 1, 3}, {1, 0, 0, 0, 2, 1}, {2, 2, 1})},
    {"Conv", "volume_no_bias", {{{2, 16, 3, 4, 4}}, {{16, 16, 2, 2, 2}}}, geometry({2, 2, 2}, {1, 2, 2})},
    {"Conv", "volume_tanh", ports({1, 1, 4, 4, 4}, {33, 1, 3, 3, 3}), with_activation(geometry({3, 3, 3}), "Tanh")},
};

const std::vector<OpCase> kTransposed{
    {"ConvTranspose", "one_pixel", transpose_ports({1, 1, 1, 1}, {1, 1, 1, 1}), geometry({1, 1})},
    {"ConvTranspose", "kernel_shape_left_out", transpose_ports({2, 3, 4, 5}, {3, 4, 3, 2}), {}},
    {"ConvTranspose", "no_bias", {{{2, 3, 4, 5}}, {{3, 4, 3, 3}}}, geometry({3, 3})},
    {"ConvTranspose", "doubles", transpose_ports({2, 16, 5, 4}, {16, 17, 2, 2}), geometry({2, 2}, {2, 2})},
    {"ConvTranspose", "doubles_33_to_16", transpose_ports({2, 33, 4, 5}, {33, 16, 2, 2}), geometry({2, 2}, {2, 2})},
    {"ConvTranspose", "stride_beyond_kernel", transpose_ports({2, 3, 4, 3}, {3, 2, 2, 2}), geometry({2, 2}, {3, 4})},
    {"ConvTranspose", "uneven_pads", transpose_ports({2, 3, 5, 6}, {3, 4, 3, 3}),
     geometry({3, 3}, {2, 2}, {0, 1, 1, 2})},
    {"ConvTranspose", "output_padding", transpose_ports({2, 3, 4, 5}, {3, 17, 3, 3}),
     with(geometry({3, 3}, {3, 2}, {1, 0, 0, 1}), "output_padding", Integers{2, 1})},
    {"ConvTranspose",
     "output_padding_alone",
     {{{1, 3, 3, 3}}, {{3, 2, 2, 2}}},
     with(geometry({2, 2}, {3, 2}), "output_padding", Integers{2, 1})},
    {"ConvTranspose", "dilated", transpose_ports({1, 3, 4, 5}, {3, 4, 3, 2}),
     geometry({3, 2}, {2, 1}, {1, 1, 0, 1}, {2, 3})},
    {"ConvTranspose", "two_groups", transpose_ports({2, 4, 4, 5}, {4, 3, 3, 3}, 2),
     grouped(geometry({3, 3}, {2, 2}), 2)},
    {"ConvTranspose", "depthwise_16", transpose_ports({2, 16, 4, 5}, {16, 1, 4, 4}, 16),
     grouped(geometry({4, 4}, {2, 2}, {1, 1, 1, 1}), 16)},
    {"ConvTranspose", "depthwise_17", transpose_ports({2, 17, 4, 3}, {17, 1, 3, 3}, 17), grouped(geometry({3, 3}), 17)},
    {"ConvTranspose", "groups_of_16", transpose_ports({1, 32, 4, 3}, {32, 16, 3, 3}, 2),
     grouped(geometry({3, 3}, {2, 1}, {1, 1, 1, 1}), 2)},
    {"ConvTranspose", "channels_17_to_1", transpose_ports({2, 17, 4, 4}, {17, 1, 2, 2}), geometry({2, 2}, {2, 2})},
    {"ConvTranspose", "channels_1_to_33", transpose_ports({2, 1, 4, 4}, {1, 33, 2, 2}), geometry({2, 2}, {2, 2})},
    {"ConvTranspose", "channels_3_to_150", transpose_ports({2, 3, 3, 4}, {3, 150, 2, 2}), geometry({2, 2}, {2, 2})},
    {"ConvTranspose", "channels_3_to_4112", transpose_ports({1, 3, 2, 2}, {3, 4112, 1, 1}), geometry({1, 1})},
    {"ConvTranspose", "relu", transpose_ports({2, 16, 4, 4}, {16, 17, 2, 2}),
     with_activation(geometry({2, 2}, {2, 2}), "Relu")},
    {"ConvTranspose", "relu_no_bias", {{{2, 3, 4, 4}}, {{3, 5, 3, 3}}}, with_activation(geometry({3, 3}), "Relu")},
    {"ConvTranspose", "tanh", transpose_ports({2, 3, 4, 4}, {3, 16, 3, 3}),
     with_activation(geometry({3, 3}, {2, 2}, {1, 1, 1, 1}), "Tanh")},
    {"ConvTranspose", "line", transpose_ports({2, 3, 5}, {3, 4, 3}),
     with(geometry({3}, {2}, {1, 0}), "output_padding", Integers{1})},
    {"ConvTranspose", "line_groups_relu", transpose_ports({3, 6, 5}, {6, 8, 3}, 2),
     with_activation(grouped(geometry({3}, {2}), 2), "Relu")},
    {"ConvTranspose", "volume", transpose_ports({1, 3, 3, 2, 3}, {3, 17, 2, 3, 2}),
     geometry({2, 3, 2}, {2, 1, 2}, {0, 1, 0, 1, 0, 0})},
};

/// Convolutions of any rank, with groups, drawn from `seed`. The transposed one takes the drawn one's output to its
/// input.
std::vector<OpCase> drawn_cases(const std::string& op, int count, std::uint64_t seed) {
  Draw draw(seed);
  std::vector<OpCase> cases;
  for (int i = 0; i < count; ++i) {
    const bool is_transposed = op == "ConvTranspose";
    const DrawnWindow window = draw_window(draw, draw.from(1, 3), is_transposed);
    const std::int64_t group = draw.one_of({1, 1, 1, 2, 3, 16});
    const std::int64_t channels = group > 3 ? draw.one_of({1, 2}) : draw.one_of({1, 3, 8, 16, 17});
    const std::int64_t filters = group > 3 ? draw.one_of({1, 2}) : draw.one_of({1, 3, 8, 16, 33});
    Shape x{draw.from(1, 3), channels * group};
    Shape w = is_transposed ? Shape{channels * group, filters} : Shape{filters * group, channels};
    x.insert(x.end(), window.inputs.begin(), window.inputs.end());
    w.insert(w.end(), window.kernel.begin(), window.kernel.end());
    Attributes attributes = with_activation(grouped(window.attributes, group), draw.one_of({"", "", "Relu", "Tanh"}));
    std::vector<Port> drawn = is_transposed ? transpose_ports(x, w, group) : ports(x, w);
    if (draw.from(0, 2) == 0) drawn.pop_back();
    cases.push_back({op, "drawn_" + std::to_string(i), std::move(drawn), std::move(attributes)});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Conv, OperatorTest, ::testing::ValuesIn(kConv), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Grouped, OperatorTest, ::testing::ValuesIn(kGrouped), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(OtherRanks, OperatorTest, ::testing::ValuesIn(kOtherRanks), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Transposed, OperatorTest, ::testing::ValuesIn(kTransposed), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Drawn, OperatorTest, ::testing::ValuesIn(drawn_cases("Conv", 24, 1)), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(DrawnTransposed, OperatorTest, ::testing::ValuesIn(drawn_cases("ConvTranspose", 24, 2)),
                         OperatorTest::name_of);

}  // namespace
}  // namespace thaw
