#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

std::vector<OpCase> cases() { return {}; }

INSTANTIATE_TEST_SUITE_P(Resize, OperatorTest, ::testing::ValuesIn(cases()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
