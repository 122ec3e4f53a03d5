#include <random>

#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

OpCase product(const std::string& name, Shape a, Shape b, std::int64_t turns_a = 0, std::int64_t turns_b = 0) {
  return {"MatMul", name, {{std::move(a)}, {std::move(b)}}, {{"transA", turns_a}, {"transB", turns_b}}};
}

std::vector<OpCase> cases() {
  std::vector<OpCase> all{
      product("one", {1, 1}, {1, 1}),
      product("matrices", {5, 17}, {17, 3}),
      product("turned_a", {17, 5}, {17, 3}, 1),
      product("turned_b", {5, 17}, {3, 17}, 0, 1),
      product("turned_both", {17, 5}, {3, 17}, 1, 1),
      product("wide", {2, 33}, {33, 65}),
      product("stack", {3, 4, 5}, {3, 5, 2}),
      product("stack_turned", {3, 5, 4}, {3, 2, 5}, 1, 1),
      product("one_matrix_for_a_stack", {3, 4, 5}, {5, 2}),
      product("stack_for_one_matrix", {4, 5}, {3, 5, 2}),
      product("broadcast_stacks", {2, 1, 4, 5}, {3, 5, 2}),
      product("broadcast_stacks_turned", {2, 1, 5, 4}, {3, 2, 5}, 1, 1),
      product("stack_of_one", {1, 4, 5}, {3, 5, 2}),
      product("vector_by_matrix", {5}, {5, 3}),
      product("matrix_by_vector", {4, 5}, {5}),
      product("vector_by_vector", {5}, {5}),
      product("vector_by_stack", {5}, {2, 5, 3}),
      product("stack_by_vector", {2, 3, 4, 5}, {5}),
  };
  std::mt19937 draw(7);
  const auto extent = [&] { return std::uniform_int_distribution<std::int64_t>(1, 20)(draw); };
  for (int i = 0; i < 8; ++i) {
    const std::int64_t m = extent(), k = extent(), n = extent(), stack = extent() % 4 + 1;
    const std::int64_t turns_a = i & 1, turns_b = i >> 1 & 1;
    Shape a = turns_a ? Shape{k, m} : Shape{m, k}, b = turns_b ? Shape{n, k} : Shape{k, n};
    a.insert(a.begin(), stack);
    if (i & 4) b.insert(b.begin(), stack);
    all.push_back(product("drawn_" + std::to_string(i), a, b, turns_a, turns_b));
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(MatMul, OperatorTest, ::testing::ValuesIn(cases()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
