#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

/// A, B and C of a Gemm with `units` outputs.
std::vector<Port> ports(Shape a, std::int64_t units) {
  std::int64_t length = 1;
  for (std::size_t axis = 1; axis < a.size(); ++axis) length *= a[axis];
  return {{std::move(a)}, {{units, length}}, {{units}}};
}

Attributes gemm(const std::string& activation = "", std::int64_t flatten = 0) {
  Attributes attributes{{"transB", std::int64_t{1}}};
  if (!activation.empty()) attributes.set("activation", activation);
  if (flatten) attributes.set("flatten", flatten);
  return attributes;
}

const std::vector<OpCase> kCases{
    {"Gemm", "one", ports({1, 1}, 1), gemm()},
    {"Gemm", "batch_1", ports({1, 7}, 3), gemm()},
    {"Gemm", "batch_5", ports({5, 7}, 3), gemm()},
    {"Gemm", "no_bias", {{{4, 6}}, {{3, 6}}}, gemm()},
    {"Gemm", "wide", ports({5, 128}, 17), gemm()},
    {"Gemm", "units_33", ports({2, 33}, 33), gemm()},
    {"Gemm", "one_unit", ports({5, 17}, 1), gemm()},
    {"Gemm", "relu", ports({5, 16}, 16), gemm("Relu")},
    {"Gemm", "tanh", ports({5, 16}, 10), gemm("Tanh")},
    {"Gemm", "flatten", ports({2, 3, 4, 5}, 6), gemm("", 1)},
    {"Gemm", "flatten_17", ports({5, 17, 3, 2}, 6), gemm("", 1)},
    {"Gemm", "flatten_64_relu", ports({2, 64, 3, 3}, 20), gemm("Relu", 1)},
    // More than a million weights lie in the order of the rows.
    {"Gemm", "large", ports({3, 1040}, 1024), gemm()},
    {"Gemm", "large_flatten_17", ports({2, 17, 8, 8}, 1024), gemm("Relu", 1)},
    {"Gemm", "flatten_no_bias", {{{2, 3, 2, 2}}, {{4, 12}}}, gemm("", 1)},
};

INSTANTIATE_TEST_SUITE_P(Linear, OperatorTest, ::testing::ValuesIn(kCases), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
