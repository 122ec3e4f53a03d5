#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

/// X, W and B of a convolution.
std::vector<Port> ports(Shape x, Shape w) {
  const std::int64_t filters = w.front();
  return {{std::move(x)}, {std::move(w)}, {{filters}}};
}

Attributes geometry(Integers kernel, Integers strides = {1, 1}, Integers pads = {0, 0, 0, 0},
                    Integers dilations = {1, 1}) {
  return {{"kernel_shape", std::move(kernel)},
          {"strides", std::move(strides)},
          {"pads", std::move(pads)},
          {"dilations", std::move(dilations)}};
}

Attributes with_activation(Attributes attributes, const std::string& activation) {
  attributes.set("activation", activation);
  return attributes;
}

const std::vector<OpCase> kCases{
    {"Conv", "one_pixel", ports({1, 1, 1, 1}, {1, 1, 1, 1}), geometry({1, 1})},
    {"Conv", "kernel_only", ports({2, 1, 6, 6}, {3, 1, 3, 3}), {{"kernel_shape", Integers{3, 3}}}},
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

INSTANTIATE_TEST_SUITE_P(Conv, OperatorTest, ::testing::ValuesIn(kCases), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
