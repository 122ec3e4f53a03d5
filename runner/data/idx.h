#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace thaw {

/// The bytes of an idx3-ubyte file: count pictures of height x width, 0 background to 255.
struct IdxImages {
  std::string name;  ///< for messages
  std::int64_t count = 0, height = 0, width = 0;
  std::unique_ptr<std::uint8_t[]> pixels;
  std::string sha256;  ///< of the file as stored
};

/// The bytes of an idx1-ubyte file: one class number a picture.
struct IdxLabels {
  std::string name;
  std::int64_t count = 0;
  std::unique_ptr<std::uint8_t[]> values;
  std::string sha256;

  std::span<const std::uint8_t> all() const { return {values.get(), static_cast<std::size_t>(count)}; }
};

/// Reads the file at `path`, plain or gzip; messages call it `name`.
///
/// The format, as MNIST's page tells it: two zero bytes, the type (8: unsigned byte), the number of dimensions, the
/// dimensions as 32-bit big-endian numbers, then the values, the last dimension running fastest.
/// Throws InputError for anything else, before it takes memory for values that cannot be there; IoError.
IdxImages read_idx_images(const std::string& path, const std::string& name);
IdxLabels read_idx_labels(const std::string& path, const std::string& name);

}  // namespace thaw
