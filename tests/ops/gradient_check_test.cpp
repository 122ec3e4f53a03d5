// The gradient checker itself: what it must refuse.
#include "tests/ops/gradient_check.h"

#include <cmath>

#include "ops/catalogue.h"
#include "tests/ops/op_case.h"

namespace thaw {
namespace {

using reference::Tensor;
using ::testing::HasSubstr;

class GradientCheckTest : public ::testing::Test {
 protected:
  /// What the checker says of the true gradient after `spoil` changed it.
  std::string verdict(const BuiltCase& built, void (*spoil)(Tensor&)) {
    const ValueId parameter = built.ports.at(0);
    Tensor gradient = reference::evaluate(built.graph, built.feeds).at(built.gradients.at(parameter));
    spoil(gradient);
    return matches_differences(built.forward, built.loss, parameter, gradient, built.feeds).message();
  }

  BuiltCase tanh_ = build_case({"Tanh", "plain", {{{2, 3}}}});
};

TEST_F(GradientCheckTest, AcceptsTheTruth) {
  EXPECT_EQ(verdict(tanh_, [](Tensor&) {}), "");
}

TEST_F(GradientCheckTest, RefusesAnErrorOfOneInTenThousand) {
  EXPECT_THAT(verdict(tanh_, [](Tensor& gradient) { gradient.at(1, 2) *= 1.0001; }), HasSubstr("central differences"));
}

TEST_F(GradientCheckTest, RefusesTheWrongSign) {
  EXPECT_THAT(verdict(tanh_, [](Tensor& gradient) { gradient.at(0) *= -1; }), HasSubstr("central differences"));
}

TEST_F(GradientCheckTest, RefusesNothing) {
  EXPECT_EQ(verdict(tanh_, [](Tensor& gradient) { gradient = Tensor(gradient.shape); }),
            "the gradient is zero everywhere, or not a number");
  EXPECT_EQ(verdict(tanh_, [](Tensor& gradient) { gradient.at(0) = std::nan(""); }),
            "the gradient is zero everywhere, or not a number");
}

TEST_F(GradientCheckTest, SaysWhenItCannotStayOffAKink) {
  BuiltCase relu = build_case({"Relu", "kink", {{{2, 3}, Fill::kAwayFromZero}}});
  relu.feeds.at(relu.ports[0])[4] = 0;
  EXPECT_EQ(verdict(relu, [](Tensor&) {}), "no direction stays off the kinks");
}

}  // namespace
}  // namespace thaw
