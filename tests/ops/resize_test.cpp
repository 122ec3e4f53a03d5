#include <random>

#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

using Reals = std::vector<double>;

/// A picture resized to height x width; the scales are those of the extents unless given.
OpCase picture(const std::string& name, Shape x, std::int64_t height, std::int64_t width, Attributes attributes) {
  const Reals scales{1, 1, static_cast<double>(height) / static_cast<double>(x[2]),
                     static_cast<double>(width) / static_cast<double>(x[3])};
  attributes.set("output_shape", Integers{x[0], x[1], height, width});
  if (!attributes.has("scales")) attributes.set("scales", scales);
  return {"Resize", name, {{std::move(x)}}, std::move(attributes)};
}

Attributes mode(const std::string& mode, const std::string& coordinates) {
  return {{"mode", mode}, {"coordinate_transformation_mode", coordinates}};
}

Attributes with(Attributes attributes, const std::string& name, Attribute value) {
  attributes.set(name, std::move(value));
  return attributes;
}

std::vector<OpCase> cases() {
  std::vector<OpCase> all;
  for (const char* kind : {"nearest", "linear", "cubic"}) {
    for (const char* coordinates :
         {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"}) {
      const std::string name = std::string(kind) + "_" + coordinates;
      all.push_back(picture(name + "_twice", {2, 17, 4, 5}, 8, 10, mode(kind, coordinates)));
      all.push_back(picture(name + "_down", {1, 3, 7, 9}, 4, 5, mode(kind, coordinates)));
      all.push_back(picture(name + "_to_one", {1, 1, 5, 4}, 1, 1, mode(kind, coordinates)));
    }
    const Attributes half = mode(kind, "half_pixel");
    all.push_back(
        picture(std::string(kind) + "_antialias", {1, 2, 12, 11}, 5, 3, with(half, "antialias", std::int64_t{1})));
    all.push_back(
        picture(std::string(kind) + "_inside", {1, 2, 5, 6}, 9, 4, with(half, "exclude_outside", std::int64_t{1})));
    all.push_back(
        picture(std::string(kind) + "_scales", {1, 2, 4, 5}, 2, 4, with(half, "scales", Reals{1, 1, 0.6, 0.95})));
    all.push_back(picture(std::string(kind) + "_crop", {1, 2, 6, 5}, 4, 7,
                          with(with(mode(kind, "tf_crop_and_resize"), "roi", Reals{0, 0, 0.2, -0.1, 1, 1, 0.9, 1.1}),
                               "extrapolation_value", 3.5)));
    all.push_back(picture(std::string(kind) + "_channels_16", {1, 16, 3, 3}, 6, 6, half));
    all.push_back(picture(std::string(kind) + "_same", {1, 3, 5, 5}, 5, 5, half));
  }
  for (const char* rule : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}) {
    all.push_back(picture(std::string("nearest_") + rule, {1, 2, 4, 6}, 9, 4,
                          with(mode("nearest", "half_pixel"), "nearest_mode", std::string(rule))));
  }
  all.push_back(picture("cubic_a", {1, 1, 4, 4}, 7, 6, with(mode("cubic", "half_pixel"), "cubic_coeff_a", -0.5)));
  all.push_back({"Resize",
                 "vector",
                 {{{7}}},
                 with(with(mode("linear", "half_pixel"), "scales", Reals{2}), "output_shape", Integers{14})});
  all.push_back({"Resize",
                 "all_axes",
                 {{{2, 3, 4, 5}}},
                 with(with(mode("linear", "align_corners"), "scales", Reals{2, 1, 1.5, 0.6}), "output_shape",
                      Integers{4, 3, 6, 3})});
  std::mt19937 draw(11);
  const auto extent = [&] { return std::uniform_int_distribution<std::int64_t>(1, 9)(draw); };
  for (int i = 0; i < 6; ++i) {
    all.push_back(picture("drawn_" + std::to_string(i), {extent(), extent() * 4, extent(), extent()}, extent(),
                          extent(), mode(i % 2 ? "linear" : "cubic", i % 3 ? "half_pixel" : "asymmetric")));
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Resize, OperatorTest, ::testing::ValuesIn(cases()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
