// Gradient rules in f64, on the reference interpreter: every operator, every case, every input.
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

TEST_P(OperatorTest, GradientRuleMatchesCentralDifferences) {
  const BuiltCase built = build_case(GetParam());
  verify(built.graph, operators(), "differentiate");
  const reference::Values values = reference::evaluate(built.graph, built.feeds);
  for (std::size_t i = 0; i < built.ports.size(); ++i) {
    if (!GetParam().ports[i].is_differentiated || built.ports[i] == kNoValue) continue;
    ASSERT_EQ(built.gradients.count(built.ports[i]), 1u) << GetParam() << ": input " << i << " has no gradient";
    const reference::Tensor& gradient = values.at(built.gradients.at(built.ports[i]));
    EXPECT_TRUE(matches_differences(built.forward, built.loss, built.ports[i], gradient, built.feeds))
        << GetParam() << ": input " << i;
  }
}

TEST_P(OperatorTest, GradientOfOneInputNeedsNoOther) {
  const BuiltCase all = build_case(GetParam());
  const reference::Values all_values = reference::evaluate(all.graph, all.feeds);
  for (std::size_t i = 0; i < all.ports.size(); ++i) {
    if (!GetParam().ports[i].is_differentiated || all.ports[i] == kNoValue) continue;
    const BuiltCase one = build_case(GetParam(), static_cast<int>(i));
    ASSERT_EQ(one.gradients.size(), 1u) << GetParam() << ": input " << i;
    const reference::Values values = reference::evaluate(one.graph, one.feeds);
    EXPECT_EQ(values.at(one.gradients.at(one.ports[i])).values, all_values.at(all.gradients.at(all.ports[i])).values)
        << GetParam() << ": input " << i;
  }
}

}  // namespace
}  // namespace thaw
