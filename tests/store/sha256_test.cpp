#include "runner/store/sha256.h"

#include <gtest/gtest.h>

namespace thaw {
namespace {

// The examples of FIPS 180-4.
TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
  Sha256 sha;
  sha.add("a");
  sha.add("");
  sha.add("bc");
  EXPECT_EQ(sha.hex(), sha256_hex("abc"));
}

TEST(Sha256, SizesKeepNeighboursApart) {
  Sha256 first, second;
  first.add_sized("ab");
  first.add_sized("c");
  second.add_sized("a");
  second.add_sized("bc");
  EXPECT_NE(first.hex(), second.hex());
}

TEST(Sha256, IntegersAreLittleEndian) {
  Sha256 sha;
  sha.add_integer(0x0102030405060708);
  EXPECT_EQ(sha.hex(), sha256_hex("\x08\x07\x06\x05\x04\x03\x02\x01"));
}

}  // namespace
}  // namespace thaw
