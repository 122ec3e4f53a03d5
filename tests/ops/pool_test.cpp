#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

/// The same geometries for averages and maxima.
std::vector<OpCase> cases(const std::string& op) {
  const auto one = [&](const std::string& name, Shape x, Integers kernel, Integers strides,
                       Integers pads = {0, 0, 0, 0}) {
    return OpCase{op,
                  name,
                  {{std::move(x), Fill::kDistinct}},
                  {{"kernel_shape", std::move(kernel)}, {"strides", std::move(strides)}, {"pads", std::move(pads)}}};
  };
  return {
      one("one_pixel", {1, 1, 1, 1}, {1, 1}, {1, 1}),
      {op, "kernel_only", {{{2, 3, 5, 5}, Fill::kDistinct}}, {{"kernel_shape", Integers{2, 2}}}},
      one("halves", {2, 3, 6, 8}, {2, 2}, {2, 2}),
      one("halves_odd", {2, 3, 7, 5}, {2, 2}, {2, 2}),
      one("overlapping", {2, 3, 7, 7}, {3, 3}, {2, 2}),
      one("stride_1", {1, 2, 5, 6}, {3, 2}, {1, 1}),
      one("stride_beyond_window", {1, 2, 9, 9}, {2, 2}, {3, 4}),
      one("wide_window", {2, 3, 6, 9}, {1, 4}, {1, 3}),
      one("tall_window", {2, 3, 9, 4}, {5, 2}, {2, 1}),
      one("whole_picture", {3, 4, 5, 6}, {5, 6}, {1, 1}),
      one("same_2_on_odd", {2, 3, 7, 5}, {2, 2}, {2, 2}, {0, 0, 1, 1}),
      one("same_3_stride_1", {2, 3, 5, 5}, {3, 3}, {1, 1}, {1, 1, 1, 1}),
      one("uneven_pads", {1, 3, 6, 7}, {3, 3}, {2, 2}, {0, 1, 2, 1}),
      one("channels_1", {5, 1, 9, 9}, {2, 2}, {2, 2}),
      one("channels_16", {2, 16, 6, 6}, {2, 2}, {2, 2}),
      one("channels_17", {2, 17, 6, 7}, {2, 2}, {2, 2}),
      one("channels_17_same", {5, 17, 5, 7}, {3, 3}, {2, 2}, {1, 1, 1, 1}),
      one("channels_33", {1, 33, 6, 6}, {3, 3}, {2, 2}),
      one("mnist", {5, 1, 28, 28}, {2, 2}, {2, 2}),
  };
}

INSTANTIATE_TEST_SUITE_P(Average, OperatorTest, ::testing::ValuesIn(cases("AveragePool")), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Max, OperatorTest, ::testing::ValuesIn(cases("MaxPool")), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
