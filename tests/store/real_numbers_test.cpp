#include "runner/store/real_numbers.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

template <typename Raw>
std::vector<float> read(const std::string& dtype, const std::vector<Raw>& numbers) {
  return real_numbers(dtype, {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Raw)});
}

// Bits and values from IEEE 754's definition of binary16.
TEST(RealNumbers, HalvesAreExact) {
  const auto values =
      read<std::uint16_t>("F16", {0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x03ff, 0x3555});
  EXPECT_EQ(values, (std::vector<float>{0, -0.0F, 1, -2, 65504, 0x1p-14F, 0x1p-24F, 0x1.ff8p-15F, 0.333251953125F}));
  EXPECT_TRUE(std::signbit(values[1]));
  const auto special = read<std::uint16_t>("F16", {0x7c00, 0xfc00, 0x7e00, 0x7c01});
  EXPECT_EQ(special[0], std::numeric_limits<float>::infinity());
  EXPECT_EQ(special[1], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(special[2]) && std::isnan(special[3]));
}

TEST(RealNumbers, EveryHalfSurvivesTheWayThroughFloat) {
  for (std::uint32_t bits = 0; bits < 0x7c00; ++bits) {
    const float value = read<std::uint16_t>("F16", {static_cast<std::uint16_t>(bits)})[0];
    // Below 2^-14 halves are multiples of 2^-24; above, the exponent is biased by 15.
    const double expected =
        bits < 0x400 ? bits * 0x1p-24 : std::ldexp(1 + (bits & 1023) / 1024.0, int(bits >> 10) - 15);
    ASSERT_EQ(static_cast<double>(value), expected) << bits;
  }
}

TEST(RealNumbers, BfloatIsTheUpperHalfOfAFloat) {
  EXPECT_EQ(read<std::uint16_t>("BF16", {0x3f80, 0xc049, 0x0001, 0x7f7f}),
            (std::vector<float>{1, -3.140625F, 0x1p-133F, 0x1.fep127F}));
  EXPECT_TRUE(std::isnan(read<std::uint16_t>("BF16", {0x7fc0})[0]));
}

TEST(RealNumbers, DoublesAreRoundedToTheNearestFloat) {
  EXPECT_EQ(read<double>("F64", {0.1, 1 + 0x1p-24, 1 + 0x1.8p-24, 1e300, -1e-300}),
            (std::vector<float>{0.1F, 1, 1 + 0x1p-23F, std::numeric_limits<float>::infinity(), -0.0F}));
}

TEST(RealNumbers, FloatsStayAsTheyAre) { EXPECT_EQ(read<float>("F32", {1.5F, -7}), (std::vector<float>{1.5F, -7})); }

TEST(RealNumbers, NothingElseIsOne) {
  EXPECT_EQ(real_number_bytes("I64"), 0U);
  EXPECT_EQ(real_number_bytes("F8_E4M3"), 0U);
  EXPECT_EQ(message_of<InternalError>([] { real_numbers("I32", {}); }), "0 bytes are no numbers of dtype I32");
  const char bytes[3] = {};
  EXPECT_EQ(message_of<InternalError>([&] { real_numbers("F16", bytes); }), "3 bytes are no numbers of dtype F16");
}

}  // namespace
}  // namespace thaw
