#include "tests/ops/drawn_window.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

OpCase one(const std::string& op, const std::string& name, Shape x, Attributes attributes = {}) {
  return {op, name, {{std::move(x), Fill::kDistinct}}, std::move(attributes)};
}

Attributes geometry(Integers kernel, Integers strides, Integers pads = {}, Integers dilations = {}) {
  Attributes attributes{{"kernel_shape", std::move(kernel)}, {"strides", std::move(strides)}};
  if (!pads.empty()) attributes.set("pads", std::move(pads));
  if (!dilations.empty()) attributes.set("dilations", std::move(dilations));
  return attributes;
}

Attributes with(Attributes attributes, const std::string& name) {
  attributes.set(name, std::int64_t{1});
  return attributes;
}

/// The same geometries for averages and maxima.
std::vector<OpCase> cases(const std::string& op) {
  const auto ceiled = [](Attributes attributes) { return with(std::move(attributes), "ceil_mode"); };
  return {
      one(op, "one_pixel", {1, 1, 1, 1}, geometry({1, 1}, {1, 1})),
      one(op, "kernel_only", {2, 3, 5, 5}, {{"kernel_shape", Integers{2, 2}}}),
      one(op, "halves", {2, 3, 6, 8}, geometry({2, 2}, {2, 2})),
      one(op, "halves_odd", {2, 3, 7, 5}, geometry({2, 2}, {2, 2})),
      one(op, "overlapping", {2, 3, 7, 7}, geometry({3, 3}, {2, 2})),
      one(op, "stride_1", {1, 2, 5, 6}, geometry({3, 2}, {1, 1})),
      one(op, "stride_beyond_window", {1, 2, 9, 9}, geometry({2, 2}, {3, 4})),
      one(op, "wide_window", {2, 3, 6, 9}, geometry({1, 4}, {1, 3})),
      one(op, "tall_window", {2, 3, 9, 4}, geometry({5, 2}, {2, 1})),
      one(op, "whole_picture", {3, 4, 5, 6}, geometry({5, 6}, {1, 1})),
      one(op, "same_2_on_odd", {2, 3, 7, 5}, geometry({2, 2}, {2, 2}, {0, 0, 1, 1})),
      one(op, "same_3_stride_1", {2, 3, 5, 5}, geometry({3, 3}, {1, 1}, {1, 1, 1, 1})),
      one(op, "uneven_pads", {1, 3, 6, 7}, geometry({3, 3}, {2, 2}, {0, 1, 2, 1})),
      one(op, "channels_1", {5, 1, 9, 9}, geometry({2, 2}, {2, 2})),
      one(op, "channels_16", {2, 16, 6, 6}, geometry({2, 2}, {2, 2})),
      one(op, "channels_17", {2, 17, 6, 7}, geometry({2, 2}, {2, 2})),
      one(op, "channels_17_same", {5, 17, 5, 7}, geometry({3, 3}, {2, 2}, {1, 1, 1, 1})),
      one(op, "channels_33", {1, 33, 6, 6}, geometry({3, 3}, {2, 2})),
      one(op, "mnist", {5, 1, 28, 28}, geometry({2, 2}, {2, 2})),
      one(op, "ceil", {2, 3, 7, 8}, ceiled(geometry({3, 3}, {2, 2}))),
      one(op, "ceil_16", {2, 16, 7, 5}, ceiled(geometry({2, 2}, {2, 2}))),
      one(op, "ceil_fits", {2, 17, 7, 9}, ceiled(geometry({3, 3}, {2, 2}))),
      one(op, "ceil_padded", {1, 3, 6, 8}, ceiled(geometry({3, 3}, {2, 3}, {1, 1, 1, 1}))),
      one(op, "ceil_ignores_what_starts_in_padding", {1, 2, 2, 5}, ceiled(geometry({2, 3}, {3, 4}, {1, 0, 1, 2}))),
      one(op, "dilated", {2, 3, 7, 8}, geometry({2, 3}, {1, 2}, {}, {3, 2})),
      one(op, "dilated_padded", {2, 17, 7, 6}, geometry({3, 2}, {2, 1}, {2, 1, 1, 0}, {2, 3})),
      one(op, "line", {2, 3, 9}, geometry({3}, {2})),
      one(op, "line_of_all", {2, 17, 11}, ceiled(geometry({3}, {3}, {1, 2}, {2}))),
      one(op, "volume", {2, 3, 4, 5, 6}, geometry({2, 2, 2}, {2, 2, 2})),
      one(op, "volume_of_all", {1, 16, 5, 6, 7}, ceiled(geometry({2, 3, 2}, {2, 1, 3}, {1, 0, 0, 0, 1, 1}, {2, 1, 2}))),
  };
}

std::vector<OpCase> counting_pads() {
  const auto counted = [](Attributes attributes) { return with(std::move(attributes), "count_include_pad"); };
  const auto ceiled = [&](Attributes attributes) { return with(counted(std::move(attributes)), "ceil_mode"); };
  return {
      one("AveragePool", "counts_no_pads", {2, 3, 6, 6}, counted(geometry({2, 2}, {2, 2}))),
      one("AveragePool", "counts_pads", {2, 17, 5, 6}, counted(geometry({3, 3}, {2, 1}, {1, 1, 1, 1}))),
      one("AveragePool", "counts_pads_16_of_2x2", {2, 16, 6, 6}, counted(geometry({2, 2}, {2, 2}, {1, 1, 1, 1}))),
      one("AveragePool", "counts_pads_up_to_their_end", {1, 3, 6, 7}, ceiled(geometry({3, 3}, {2, 3}, {1, 0, 0, 1}))),
      one("AveragePool", "counts_pads_dilated", {1, 3, 7, 8}, ceiled(geometry({3, 2}, {3, 2}, {1, 1, 2, 0}, {2, 3}))),
      one("AveragePool", "counts_pads_line", {2, 3, 8}, counted(geometry({3}, {2}, {2, 1}))),
  };
}

std::vector<OpCase> with_indices() {
  std::vector<OpCase> found{
      one("MaxPool", "indices", {2, 3, 5, 6}, geometry({3, 2}, {2, 1}, {1, 0, 1, 1})),
      one("MaxPool", "indices_17", {2, 17, 6, 6}, geometry({2, 2}, {2, 2})),
      one("MaxPool", "indices_line", {2, 3, 9}, geometry({3}, {2}, {}, {2})),
      one("MaxPool", "indices_volume", {1, 2, 4, 5, 4}, with(geometry({2, 2, 3}, {2, 2, 1}), "ceil_mode")),
  };
  for (OpCase& each : found) each.attributes = with(each.attributes, "has_indices");
  return found;
}

/// Of whole pictures: one pixel, channels of every kind, one to three axes; 300 channels are several chunks where they
/// lie side by side.
std::vector<OpCase> global_cases(const std::string& op) {
  return {
      one(op, "one_pixel", {1, 1, 1, 1}),      one(op, "channels_1", {5, 1, 9, 8}),
      one(op, "channels_3", {2, 3, 5, 4}),     one(op, "channels_16", {3, 16, 7, 7}),
      one(op, "channels_17", {2, 17, 3, 10}),  one(op, "channels_33", {1, 33, 7, 7}),
      one(op, "channels_300", {2, 300, 2, 3}), one(op, "line", {2, 17, 11}),
      one(op, "volume", {2, 3, 3, 4, 5}),
  };
}

std::vector<OpCase> drawn_cases(const std::string& op, int count, std::uint64_t seed) {
  Draw draw(seed);
  std::vector<OpCase> found;
  for (int i = 0; i < count; ++i) {
    const DrawnWindow window = draw_window(draw, draw.from(1, 3), false);
    Shape x{draw.from(1, 3), draw.one_of({1, 3, 16, 17, 33})};
    x.insert(x.end(), window.inputs.begin(), window.inputs.end());
    Attributes attributes = window.attributes;
    attributes.set("ceil_mode", draw.from(0, 1));
    attributes.set("count_include_pad", draw.from(0, 1));
    found.push_back(one(op, "drawn_" + std::to_string(i), std::move(x), std::move(attributes)));
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(Average, OperatorTest, ::testing::ValuesIn(cases("AveragePool")), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(CountingPads, OperatorTest, ::testing::ValuesIn(counting_pads()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Max, OperatorTest, ::testing::ValuesIn(cases("MaxPool")), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Indices, OperatorTest, ::testing::ValuesIn(with_indices()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(GlobalAverage, OperatorTest, ::testing::ValuesIn(global_cases("GlobalAveragePool")),
                         OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(GlobalMax, OperatorTest, ::testing::ValuesIn(global_cases("GlobalMaxPool")),
                         OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(DrawnAverage, OperatorTest, ::testing::ValuesIn(drawn_cases("AveragePool", 20, 3)),
                         OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(DrawnMax, OperatorTest, ::testing::ValuesIn(drawn_cases("MaxPool", 20, 4)),
                         OperatorTest::name_of);

}  // namespace
}  // namespace thaw
