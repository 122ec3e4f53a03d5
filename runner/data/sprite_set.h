#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/data/random.h"

namespace thaw {

/// A small grey picture (0 background to 255) and its class. The pixels belong to whoever made the view.
struct SpriteView {
  const std::uint8_t* pixels = nullptr;
  std::int64_t stride = 0;  ///< bytes from row to row
  int height = 0;
  int width = 0;
  int label = 0;

  const std::uint8_t* row(int y) const { return pixels + y * stride; }
};

/// What is placed on a canvas: pictures of a file, or drawn characters.
class SpriteSet {
 public:
  virtual ~SpriteSet() = default;

  virtual std::int64_t count() const = 0;
  virtual int classes() const = 0;
  /// The class of sprite `index`.
  virtual int label(std::int64_t index) const = 0;
  virtual std::vector<std::string> class_names() const = 0;
  /// "IDX sprites train-images-idx3-ubyte.gz".
  virtual std::string description() const = 0;
  /// Everything the pictures depend on, contents of files by their SHA-256.
  virtual std::string recipe() const = 0;
  /// Sprite `index` (0..count). Valid until the next call in the same thread. Thread-safe.
  virtual SpriteView sprite(std::int64_t index, Draws& draws) const = 0;
};

}  // namespace thaw
