#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

std::vector<OpCase> cases() {
  std::vector<OpCase> all;
  for (const char* op : {"Relu", "Sigmoid", "Tanh"}) {
    const Fill fill = std::string(op) == "Relu" ? Fill::kAwayFromZero : Fill::kLarge;
    all.push_back({op, "one", {{{1, 1}, Fill::kUnit}}});
    all.push_back({op, "row", {{{5, 17}, fill}}});
    all.push_back({op, "picture", {{{2, 3, 5, 7}, fill}}});
    all.push_back({op, "picture_33", {{{1, 33, 4, 3}, fill}}});
    all.push_back({op, "many", {{{2, 16, 28, 28}, fill}}});
  }
  all.push_back({"Add", "row", {{{5, 17}}, {{5, 17}}}});
  all.push_back({"Add", "scalar", {{{}}, {{}}}});
  all.push_back({"Add", "picture", {{{2, 17, 5, 7}}, {{2, 17, 5, 7}}}});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Elementwise, OperatorTest, ::testing::ValuesIn(cases()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
