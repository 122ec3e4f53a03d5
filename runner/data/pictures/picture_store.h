#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runner/data/open.h"
#include "runner/data/pictures/picture_set.h"
#include "runner/data/pictures/resizing.h"

namespace thaw {

/// SHA-256 of a picture as its file holds it, once it is decoded: size, channels and pixels.
using PictureDigest = std::array<std::uint8_t, 32>;

/// A picture that cannot be used, and why.
struct UnreadablePicture {
  std::int64_t index = 0;
  std::string cause;
};

/// The pictures of a set at the network's input size, 8 bit. Each is decoded once while the data is opened; what fits
/// in the bound stays in memory, the others are decoded anew each time, and must not have changed in between.
class PictureStore {
 public:
  PictureStore(std::shared_ptr<const PictureSet> set, PictureFit fit, std::int64_t most_bytes);

  /// Reads these pictures, by as many threads as the machine runs at once. Returns those that cannot be used, in order.
  /// `tell`, which may be empty, is called on this thread now and then, and at the end.
  std::vector<UnreadablePicture> scan(const std::vector<std::int64_t>& indices, const TellProgress& tell = {});

  /// At least the input's size: more only with PictureFit::keeps_margin. Thread-safe. Only pictures that were scanned.
  cv::Mat picture(std::int64_t index) const;
  const PictureDigest& digest(std::int64_t index) const { return digests_[static_cast<std::size_t>(index)]; }

  const PictureSet& set() const { return *set_; }
  const PictureFit& fit() const { return fit_; }
  /// Memory that pictures are kept in.
  std::int64_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Kept {
    std::unique_ptr<std::uint8_t[]> pixels;
    int height = 0, width = 0;
  };

  std::string read(std::int64_t index);
  void keep(std::int64_t index, const cv::Mat& picture);

  std::shared_ptr<const PictureSet> set_;
  PictureFit fit_;
  std::int64_t most_bytes_;
  std::atomic<std::int64_t> kept_bytes_ = 0;
  std::vector<Kept> kept_;
  std::vector<PictureDigest> digests_;
};

}  // namespace thaw
