#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

const std::vector<OpCase> kCases{
    {"Softmax", "two", {{{1, 2}}}},
    {"Softmax", "ten", {{{5, 10}}}},
    {"Softmax", "seventeen", {{{3, 17}, Fill::kLarge}}},
    {"Softmax", "thousand", {{{2, 1000}}}},
};

INSTANTIATE_TEST_SUITE_P(Softmax, OperatorTest, ::testing::ValuesIn(kCases), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
