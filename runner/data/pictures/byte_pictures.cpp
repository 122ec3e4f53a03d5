#include "runner/data/pictures/byte_pictures.h"

#include <utility>

namespace thaw {
namespace {

class ByteSet : public PictureSet {
 public:
  explicit ByteSet(BytePictures pictures) : pictures_(std::move(pictures)) {}

  std::int64_t count() const override { return static_cast<std::int64_t>(pictures_.labels.size()); }
  std::vector<std::string> class_names() const override { return pictures_.class_names; }
  std::span<const int> labels(std::int64_t index) const override {
    return {&pictures_.labels[static_cast<std::size_t>(index)], 1};
  }
  std::string name(std::int64_t index) const override {
    const Place place = place_of(index);
    return "picture " + std::to_string(place.index) + " (from 0) of " + pictures_.file_names[place.file];
  }
  cv::Mat picture(std::int64_t index) const override;
  std::string description() const override { return pictures_.description; }

 private:
  struct Place {
    std::size_t file = 0;
    std::int64_t index = 0;
  };

  Place place_of(std::int64_t index) const {
    std::size_t file = 0;
    for (; index >= pictures_.counts[file]; ++file) index -= pictures_.counts[file];
    return {file, index};
  }

  BytePictures pictures_;
};

// What the file holds plane after plane becomes pixel after pixel.
cv::Mat ByteSet::picture(std::int64_t index) const {
  const Place place = place_of(index);
  const std::uint8_t* from = pictures_.pixels[place.file].get() + place.index * pictures_.stride + pictures_.offset;
  const int channels = pictures_.channels;
  cv::Mat picture(pictures_.height, pictures_.width, CV_8UC(channels));
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(pictures_.height) * pictures_.width;
  for (std::ptrdiff_t i = 0; i < plane; ++i) {
    for (int c = 0; c < channels; ++c) picture.data[i * channels + c] = from[c * plane + i];
  }
  return picture;
}

}  // namespace

std::unique_ptr<PictureSet> make_byte_pictures(BytePictures pictures) {
  return std::make_unique<ByteSet>(std::move(pictures));
}

}  // namespace thaw
