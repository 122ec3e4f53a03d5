#include "tests/ops/dice.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

/// An input of integers, which has no gradient.
Port integers(Shape shape, std::int64_t limit = 1000) { return {std::move(shape), Fill::kIndices, false, limit}; }

std::vector<OpCase> rename_cases() {
  const auto flatten = [](const std::string& name, Shape x, std::int64_t axis) {
    return OpCase{"Flatten", name, {{std::move(x)}}, {{"axis", axis}}};
  };
  const auto reshape = [](const std::string& name, Shape x, Shape y) {
    return OpCase{"Reshape", name, {{std::move(x)}}, {{"shape", std::move(y)}}};
  };
  return {
      {"Flatten", "picture", {{{2, 3, 4, 5}}}},
      {"Flatten", "picture_17", {{{5, 17, 2, 3}}}},
      {"Flatten", "row", {{{3, 4}}}},
      {"Flatten", "vector", {{{3}}}},
      flatten("axis_0", {2, 3, 4, 5}, 0),
      flatten("axis_2", {2, 3, 4, 5}, 2),
      flatten("axis_4", {2, 3, 4, 5}, 4),
      flatten("axis_minus_1", {2, 3, 4, 5}, -1),
      flatten("axis_minus_4", {2, 3, 4, 5}, -4),
      flatten("scalar", {}, 0),
      reshape("picture_to_rows", {2, 17, 3, 4}, {34, 12}),
      reshape("row_to_picture", {3, 34}, {3, 17, 1, 2}),
      reshape("to_scalar", {1, 1}, {}),
      reshape("same", {2, 3, 4, 5}, {2, 3, 4, 5}),
      {"Reshape", "integers", {integers({2, 6})}, {{"shape", Integers{3, 4}}}, {}},
      {"Reshape", "nothing", {integers({2, 0, 3})}, {{"shape", Integers{0, 5}}}, {}},
      {"Identity", "picture", {{{2, 17, 3, 4}}}},
      {"Identity", "scalar", {{{}}}},
      {"Identity", "integers", {integers({5})}, {}, {}},
      {"Cast", "to_integers", {{{2, 3, 4, 5}, Fill::kLarge, false}}, {{"to", "i32"}}, {}},
      {"Cast", "to_floats", {integers({3, 7})}, {{"to", "f32"}}, {}},
      {"Cast", "floats_stay", {{{2, 17, 3, 4}}}, {{"to", "f32"}}},
      {"Cast", "integers_stay", {integers({3, 7})}, {{"to", "i32"}}, {}},
  };
}

std::vector<OpCase> join_cases() {
  const auto concat = [](const std::string& name, std::int64_t axis, std::vector<Port> ports) {
    return OpCase{"Concat", name, std::move(ports), {{"axis", axis}}};
  };
  const auto split = [](const std::string& name, Shape x, std::int64_t axis, Shape parts,
                        std::vector<std::size_t> loss_outputs = {0}) {
    return OpCase{"Split", name, {{std::move(x)}}, {{"axis", axis}, {"split", std::move(parts)}}, loss_outputs};
  };
  const auto gather = [](const std::string& name, Shape data, Shape indices, std::int64_t axis) {
    const std::int64_t limit =
        data.at(static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(data.size()) : axis));
    return OpCase{"Gather", name, {{std::move(data)}, integers(std::move(indices), limit)}, {{"axis", axis}}};
  };
  std::vector<OpCase> all{
      concat("one", 1, {{{2, 3, 4, 5}}}),
      concat("blocks", 1, {{{2, 16, 4, 5}}, {{2, 32, 4, 5}}}),
      concat("cut_blocks", 1, {{{2, 3, 4, 5}}, {{2, 17, 4, 5}}, {{2, 16, 4, 5}}}),
      concat("ends_in_a_block", 1, {{{1, 16, 3, 3}}, {{1, 1, 3, 3}}}),
      concat("batches", 0, {{{2, 17, 3, 4}}, {{1, 17, 3, 4}}}),
      concat("rows", 2, {{{2, 17, 3, 4}}, {{2, 17, 1, 4}}}),
      concat("columns", -1, {{{2, 33, 3, 4}}, {{2, 33, 3, 7}}}),
      concat("vectors", 0, {{{3}}, {{1}}, {{5}}}),
      concat("matrices", 1, {{{3, 4}}, {{3, 1}}, {{3, 33}}}),
      concat("many_elements", 1, {{{2, 16, 56, 57}}, {{2, 48, 56, 57}}}),
      {"Concat", "integers", {integers({2, 3}), integers({4, 3})}, {{"axis", std::int64_t{0}}}, {}},
      {"Concat", "with_nothing", {integers({2, 3}), integers({2, 0})}, {{"axis", std::int64_t{1}}}, {}},
      split("blocks", {2, 48, 3, 4}, 1, {16, 32}, {0, 1}),
      split("cut_blocks", {2, 40, 3, 4}, 1, {3, 20, 17}, {0, 1, 2}),
      split("only_the_second_counts", {2, 34, 3, 4}, 1, {17, 17}, {1}),
      split("batches", {3, 17, 2, 2}, 0, {1, 2}, {0, 1}),
      split("columns", {2, 17, 2, 5}, -1, {4, 1}, {0, 1}),
      split("vector", {7}, 0, {7}),
      {"Split", "into_nothing", {integers({3})}, {{"split", Integers{0, 3, 0}}}, {}},
      gather("rows", {7, 5}, {3}, 0),
      gather("repeated", {3, 33}, {4, 5}, 0),
      gather("columns", {4, 6}, {3}, 1),
      gather("middle", {2, 5, 3, 4}, {2, 2}, 1),
      gather("last", {2, 17, 3, 4}, {6}, -1),
      gather("one_of_a_vector", {9}, {}, 0),
      gather("many_elements", {50, 300}, {100}, 0),
      {"Gather", "integers", {integers({6, 2}), integers({4}, 6)}, {{"axis", std::int64_t{0}}}, {}},
  };
  Dice dice(1);
  for (int i = 0; i < 12; ++i) {
    const Shape x = dice.picture();
    const std::int64_t axis = dice.roll(0, 3);
    const auto at = static_cast<std::size_t>(axis);
    std::vector<Port> ports;
    for (std::int64_t k = dice.roll(1, 4); k > 0; --k) {
      ports.push_back({x});
      ports.back().shape[at] = dice.roll(1, at == 1 ? 40 : 5);
    }
    all.push_back(concat("random_" + std::to_string(i), axis, ports));
    const std::int64_t first = dice.roll(0, x[at] - 1), second = dice.roll(0, x[at] - 1 - first);
    all.push_back(split("random_" + std::to_string(i), x, axis, {first, second, x[at] - first - second}, {2}));
    all.push_back(gather("random_" + std::to_string(i), dice.shape(static_cast<std::size_t>(dice.roll(3, 4)), 5),
                         dice.shape(static_cast<std::size_t>(dice.roll(0, 2)), 4), dice.roll(-3, 2)));
  }
  return all;
}

OpCase slice(const std::string& name, Shape x, Attributes attributes) {
  return {"Slice", name, {{std::move(x)}}, std::move(attributes)};
}

std::vector<OpCase> slice_cases() {
  std::vector<OpCase> all{
      slice("first_axes", {4, 5, 6}, {{"starts", Integers{1, 2}}, {"ends", Integers{3, 5}}}),
      slice("named_axes", {4, 5, 6}, {{"starts", Integers{0, 2}}, {"ends", Integers{5, 4}}, {"axes", Integers{2, -3}}}),
      slice("every_second", {9}, {{"starts", Integers{1}}, {"ends", Integers{9}}, {"steps", Integers{2}}}),
      slice("every_third", {8}, {{"starts", Integers{0}}, {"ends", Integers{8}}, {"steps", Integers{3}}}),
      slice("reversed", {2, 5},
            {{"starts", Integers{4}}, {"ends", Integers{-1}}, {"axes", Integers{1}}, {"steps", Integers{-1}}}),
      slice("backwards_by_two", {2, 6},
            {{"starts", Integers{5}}, {"ends", Integers{0}}, {"axes", Integers{1}}, {"steps", Integers{-2}}}),
      slice("channels_cut", {2, 40, 3, 4}, {{"starts", Integers{3}}, {"ends", Integers{37}}, {"axes", Integers{1}}}),
      slice("channels_block", {2, 40, 3, 4}, {{"starts", Integers{16}}, {"ends", Integers{32}}, {"axes", Integers{1}}}),
      slice("channels_by_two", {2, 40, 3, 4},
            {{"starts", Integers{1}}, {"ends", Integers{39}}, {"axes", Integers{1}}, {"steps", Integers{2}}}),
      slice("channels_reversed", {1, 33, 2, 3},
            {{"starts", Integers{32}}, {"ends", Integers{-1}}, {"axes", Integers{1}}, {"steps", Integers{-1}}}),
      slice("window", {2, 17, 9, 8}, {{"starts", Integers{2, 1}}, {"ends", Integers{8, 8}}, {"axes", Integers{2, 3}}}),
      slice(
          "thinned", {2, 17, 9, 8},
          {{"starts", Integers{0, 1}}, {"ends", Integers{9, 8}}, {"axes", Integers{2, 3}}, {"steps", Integers{2, 3}}}),
      {"Slice", "nothing", {integers({4, 3})}, {{"starts", Integers{2}}, {"ends", Integers{1}}}, {}},
      {"Slice", "integers", {integers({4, 3})}, {{"starts", Integers{1}}, {"ends", Integers{3}}}, {}},
  };
  Dice dice(2);
  for (int i = 0; i < 16; ++i) {
    const Shape x = dice.picture();
    Integers starts, ends, steps;
    for (const std::int64_t extent : x) {
      const std::int64_t start = dice.roll(0, extent - 1), step = dice.roll(1, 3);
      const bool is_forward = dice.roll(0, 1) == 1;
      starts.push_back(start);
      steps.push_back(is_forward ? step : -step);
      ends.push_back(is_forward ? dice.roll(start + 1, extent) : dice.roll(-1, start - 1));
    }
    all.push_back(slice("random_" + std::to_string(i), x,
                        {{"starts", starts}, {"ends", ends}, {"axes", Integers{0, 1, 2, 3}}, {"steps", steps}}));
  }
  return all;
}

OpCase pad(const std::string& name, Shape x, Integers pads, const std::string& mode, double value = 0) {
  return {"Pad", name, {{std::move(x)}}, {{"pads", std::move(pads)}, {"mode", mode}, {"value", value}}};
}

std::vector<OpCase> pad_cases() {
  std::vector<OpCase> all{
      {"Pad", "defaults", {{{2, 3}}}, {{"pads", Integers{1, 0, 2, 3}}}},
      pad("value", {2, 17, 3, 4}, {0, 0, 1, 2, 0, 0, 3, 1}, "constant", 2.5),
      pad("channels", {2, 3, 3, 4}, {0, 2, 0, 0, 0, 20, 0, 0}, "constant", -1),
      pad("crop", {2, 17, 5, 6}, {0, -1, -2, 1, 0, -3, 0, -2}, "constant", 1),
      pad("crop_everything_but_one", {5}, {-3, -1}, "constant"),
      {"Pad", "integers", {integers({2, 3})}, {{"pads", Integers{1, 0, 0, 2}}, {"value", -7.0}}, {}},
  };
  for (const char* mode : {"reflect", "edge", "wrap"}) {
    const std::string name = mode;
    all.push_back(pad(name, {2, 17, 4, 5}, {0, 0, 1, 2, 0, 0, 3, 4}, mode));
    all.push_back(pad(name + "_vector", {6}, {5, 3}, mode));
    all.push_back(pad(name + "_beyond_itself", {3}, {7, 8}, mode));
    all.push_back(pad(name + "_of_one", {1, 1}, {0, 2, 1, 1}, mode));
    all.push_back(pad(name + "_channels", {1, 19, 2, 2}, {0, 4, 0, 0, 0, 5, 0, 1}, mode));
    all.push_back(pad(name + "_after_crop", {6}, {-2, 2}, mode));
  }
  Dice dice(3);
  for (int i = 0; i < 16; ++i) {
    const char* modes[] = {"constant", "reflect", "edge", "wrap"};
    const Shape x = dice.picture();
    Integers pads;
    for (int side = 0; side < 2; ++side) {
      for (const std::int64_t extent : x) pads.push_back(dice.roll(-((extent - 1) / 2), 3));
    }
    all.push_back(pad("random_" + std::to_string(i), x, pads, modes[i % 4], i));
  }
  return all;
}

std::vector<OpCase> permute_cases() {
  const auto transpose = [](const std::string& name, Shape x, Shape perm) {
    return OpCase{"Transpose", name, {{std::move(x)}}, {{"perm", std::move(perm)}}};
  };
  std::vector<OpCase> all{
      {"Transpose", "default", {{{2, 3, 4}}}},
      {"Transpose", "default_of_a_vector", {{{5}}}},
      transpose("matrix", {33, 70}, {1, 0}),
      transpose("to_channels_last", {2, 17, 5, 6}, {0, 2, 3, 1}),
      transpose("from_channels_last", {2, 5, 6, 17}, {0, 3, 1, 2}),
      transpose("nothing", {2, 17, 3, 4}, {0, 1, 2, 3}),
      transpose("heads", {2, 9, 3, 8}, {0, 2, 1, 3}),
      transpose("many_elements", {3, 65, 41, 43}, {0, 2, 3, 1}),
      transpose("shuffled_groups", {2, 4, 5, 3, 2}, {0, 2, 1, 3, 4}),
      {"Transpose", "integers", {integers({2, 3})}, {{"perm", Integers{1, 0}}}, {}},
  };
  Dice dice(4);
  for (int i = 0; i < 10; ++i) {
    const auto rank = static_cast<std::size_t>(dice.roll(2, 5));
    const Shape x = rank == 4 ? dice.picture() : dice.shape(rank, 7);
    all.push_back(transpose("random_" + std::to_string(i), x, dice.permutation(rank)));
  }
  for (const char* mode : {"DCR", "CRD"}) {
    for (const std::int64_t b : {1, 2, 3}) {
      const std::string name = std::string(mode) + "_" + std::to_string(b);
      const Attributes attributes{{"blocksize", b}, {"mode", mode}};
      all.push_back({"DepthToSpace", name, {{{2, 5 * b * b, 3, 4}}}, attributes});
      all.push_back({"SpaceToDepth", name, {{{2, 17, 2 * b, 3 * b}}}, attributes});
    }
  }
  all.push_back({"DepthToSpace", "default", {{{1, 36, 2, 3}}}, {{"blocksize", std::int64_t{2}}}});
  all.push_back({"SpaceToDepth", "default", {{{1, 3, 4, 6}}}, {{"blocksize", std::int64_t{2}}}});
  return all;
}

std::vector<OpCase> repeat_cases() {
  const auto tile = [](const std::string& name, Shape x, Shape repeats) {
    return OpCase{"Tile", name, {{std::move(x)}}, {{"repeats", std::move(repeats)}}};
  };
  const auto expand = [](const std::string& name, Shape x, Shape shape) {
    return OpCase{"Expand", name, {{std::move(x)}}, {{"shape", std::move(shape)}}};
  };
  std::vector<OpCase> all{
      tile("vector", {3}, {4}),
      tile("matrix", {2, 3}, {3, 2}),
      tile("once", {2, 17, 3, 4}, {1, 1, 1, 1}),
      tile("picture", {2, 17, 3, 4}, {1, 2, 3, 2}),
      tile("scalar", {}, {}),
      {"Tile", "integers", {integers({2, 3})}, {{"repeats", Integers{1, 2}}}, {}},
      expand("same", {2, 3}, {2, 3}),
      expand("ones_keep_the_input", {2, 3}, {1, 1}),
      {"Expand", "integers", {integers({2, 1})}, {{"shape", Integers{2, 4}}}, {}},
  };
  Dice dice(5);
  for (int i = 0; i < 6; ++i) {
    const auto rank = static_cast<std::size_t>(dice.roll(1, 4));
    all.push_back(tile("random_" + std::to_string(i), dice.shape(rank, 5), dice.shape(rank, 3)));
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Rename, OperatorTest, ::testing::ValuesIn(rename_cases()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Join, OperatorTest, ::testing::ValuesIn(join_cases()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Slice, OperatorTest, ::testing::ValuesIn(slice_cases()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Pad, OperatorTest, ::testing::ValuesIn(pad_cases()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Permute, OperatorTest, ::testing::ValuesIn(permute_cases()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Repeat, OperatorTest, ::testing::ValuesIn(repeat_cases()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
