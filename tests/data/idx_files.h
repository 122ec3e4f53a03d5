#pragma once

#include <zlib.h>

#include <cstdint>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <string>

namespace thaw {

/// An IDX header: magic number, then the dimensions, big-endian.
inline std::string idx_header(std::uint32_t magic, std::initializer_list<std::uint32_t> dimensions) {
  std::string bytes;
  const auto add = [&bytes](std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  };
  add(magic);
  for (const std::uint32_t dimension : dimensions) add(dimension);
  return bytes;
}

/// Pixel (y, x) of picture `i` in idx_images(): never 0, so that all of a picture is ink.
inline std::uint8_t test_pixel(int i, int y, int x) {
  return static_cast<std::uint8_t>(1 + (i * 37 + y * 11 + x * 5) % 255);
}

inline std::string idx_images(int count, int height, int width) {
  std::string bytes = idx_header(0x803, {static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(height),
                                         static_cast<std::uint32_t>(width)});
  for (int i = 0; i < count; ++i) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) bytes += static_cast<char>(test_pixel(i, y, x));
    }
  }
  return bytes;
}

/// Picture i has label i modulo `classes`.
inline std::string idx_labels(int count, int classes) {
  std::string bytes = idx_header(0x801, {static_cast<std::uint32_t>(count)});
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(i % classes);
  return bytes;
}

inline std::string gzip(std::string bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace thaw
