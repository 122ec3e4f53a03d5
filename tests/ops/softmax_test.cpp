#include "tests/ops/operator_test.h"
#include "tests/ops/random_shape.h"

namespace thaw {
namespace {

std::vector<OpCase> cases() {
  std::vector<OpCase> all;
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    const auto one = [&](const std::string& name, Shape shape, Fill fill, Attributes attributes) {
      all.push_back({op, name, {{std::move(shape), fill}}, std::move(attributes)});
    };
    const auto along = [](std::int64_t axis) { return Attributes{{"axis", axis}}; };
    one("two", {1, 2}, Fill::kUniform, {});
    one("ten", {5, 10}, Fill::kUniform, {});
    one("seventeen", {3, 17}, Fill::kLarge, {});
    one("thousand", {2, 1000}, Fill::kUniform, {});
    one("vector", {7}, Fill::kLarge, along(0));
    one("matrix_columns", {5, 33}, Fill::kLarge, along(0));
    one("matrix_rows", {5, 33}, Fill::kLarge, along(-1));
    one("tokens", {2, 5, 17}, Fill::kLarge, {});
    one("middle", {2, 5, 3, 7}, Fill::kLarge, along(2));
    one("pixels", {2, 21, 9, 35}, Fill::kLarge, along(1));
    one("batch", {3, 2, 5}, Fill::kUniform, along(-3));
    for (const std::int64_t channels : {3, 16, 17, 33}) {
      one("channels_" + std::to_string(channels), {2, channels, 4, 5}, Fill::kLarge, along(-3));
    }
    RandomShapes shapes(11);
    for (int i = 0; i < 6; ++i) {
      Shape shape = shapes.next(2 + static_cast<std::size_t>(shapes.below(3)));
      const std::int64_t axis = shapes.below(static_cast<std::int64_t>(shape.size()));
      shape[static_cast<std::size_t>(axis)] += 1;  // of one class there is no gradient
      one("random_" + std::to_string(i), shape, Fill::kUniform, along(axis));
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Softmax, OperatorTest, ::testing::ValuesIn(cases()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
