#include "runner/store/metadata.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

TEST(Metadata, RealsComeBackToTheLastBit) {
  using limits = std::numeric_limits<double>;
  std::vector<double> values = {0.0,
                                -0.0,
                                0.1,
                                1.0 / 3,
                                limits::denorm_min(),
                                limits::max(),
                                limits::min(),
                                limits::lowest(),
                                limits::infinity(),
                                -limits::infinity()};
  std::mt19937_64 random(7);
  while (values.size() < 10'000) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isnan(value)) values.push_back(value);
  }
  Metadata metadata;
  metadata.set_reals("all", values);
  const std::vector<double> back = metadata.reals("all");
  ASSERT_EQ(back.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    metadata.set_real("one", values[i]);
    ASSERT_EQ(bits(metadata.real("one")), bits(values[i]));
    ASSERT_EQ(bits(back[i]), bits(values[i]));
  }
  metadata.set_real("nan", std::nan(""));
  EXPECT_TRUE(std::isnan(metadata.real("nan")));
}

TEST(Metadata, IntegersTextsAndLists) {
  Metadata metadata;
  metadata.set_integer("low", INT64_MIN);
  metadata.set_integer("high", INT64_MAX);
  metadata.set("text", "a\nb \"c\"");
  metadata.set_reals("none", {});
  EXPECT_EQ(metadata.integer("low"), INT64_MIN);
  EXPECT_EQ(metadata.integer("high"), INT64_MAX);
  EXPECT_EQ(metadata.text("text"), "a\nb \"c\"");
  EXPECT_EQ(metadata.reals("none"), std::vector<double>{});
  EXPECT_TRUE(metadata.has("text"));
  metadata.erase("text");
  EXPECT_FALSE(metadata.has("text"));
}

TEST(Metadata, ErrorsNameFileAndKey) {
  const Metadata metadata({{"word", "one"}, {"tail", "1x"}, {"gap", "1  2"}, {"empty", ""}}, "a.safetensors");
  EXPECT_EQ(message_of<InputError>([&] { metadata.text("epoch"); }), "a.safetensors: epoch: missing");
  EXPECT_EQ(message_of<InputError>([&] { metadata.integer("word"); }), "a.safetensors: word: \"one\" is not a number");
  EXPECT_EQ(message_of<InputError>([&] { metadata.real("tail"); }), "a.safetensors: tail: \"1x\" is not a number");
  EXPECT_EQ(message_of<InputError>([&] { metadata.reals("gap"); }), "a.safetensors: gap: \"\" is not a number");
  EXPECT_EQ(message_of<InputError>([&] { metadata.real("empty"); }), "a.safetensors: empty: \"\" is not a number");
}

}  // namespace
}  // namespace thaw
