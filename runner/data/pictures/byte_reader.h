#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "schemas/diagnostic.h"

namespace thaw {

/// Numbers at places of a file's bytes, either byte order. Every read checks that it stays inside.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes, bool is_big_endian = true)
      : bytes_(bytes), is_big_endian_(is_big_endian) {}

  std::size_t size() const { return bytes_.size(); }
  bool is_big_endian() const { return is_big_endian_; }

  /// An unsigned number of `width` bytes (at most 4). Throws InputError where the bytes end before it does.
  std::uint32_t number(std::size_t at, int width) const {
    require(at, static_cast<std::size_t>(width));
    std::uint32_t value = 0;
    for (int i = 0; i < width; ++i) {
      const auto from = static_cast<std::size_t>(is_big_endian_ ? i : width - 1 - i);
      value = value << 8 | bytes_[at + from];
    }
    return value;
  }

  bool has(std::size_t at, std::string_view text) const {
    return at <= bytes_.size() && text.size() <= bytes_.size() - at &&
           std::string_view(reinterpret_cast<const char*>(bytes_.data()) + at, text.size()) == text;
  }

  /// Throws InputError where the bytes end before.
  std::span<const std::uint8_t> part(std::size_t at, std::size_t size) const {
    require(at, size);
    return bytes_.subspan(at, size);
  }
  std::span<const std::uint8_t> from(std::size_t at) const {
    require(at, 0);
    return bytes_.subspan(at);
  }

 private:
  void require(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) throw InputError("truncated: ends within its header");
  }

  std::span<const std::uint8_t> bytes_;
  bool is_big_endian_;
};

}  // namespace thaw
