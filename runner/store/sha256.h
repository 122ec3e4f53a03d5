#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace thaw {

/// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void add(std::string_view bytes);
  /// The length first, so that ("ab", "c") and ("a", "bc") differ.
  void add_sized(std::string_view bytes);
  void add_integer(std::int64_t value);
  /// 64 lower-case hex digits. Ends it: nothing can be added afterwards.
  std::string hex();
  /// The 32 bytes themselves. Ends it too.
  std::array<std::uint8_t, 32> digest();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// SHA-256 of `bytes`, 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace thaw
