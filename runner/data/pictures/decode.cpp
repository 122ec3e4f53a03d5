#include "runner/data/pictures/decode.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "runner/data/pictures/picture_header.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

// What turns a stored picture upright. Source: EXIF 2.3, tag 274.
cv::Mat upright(const cv::Mat& stored, int orientation) {
  cv::Mat turned;
  switch (orientation) {
    case 2:
      cv::flip(stored, turned, 1);
      return turned;
    case 3:
      cv::rotate(stored, turned, cv::ROTATE_180);
      return turned;
    case 4:
      cv::flip(stored, turned, 0);
      return turned;
    case 5:
      cv::transpose(stored, turned);
      return turned;
    case 6:
      cv::rotate(stored, turned, cv::ROTATE_90_CLOCKWISE);
      return turned;
    case 7:
      cv::transpose(stored, turned);
      cv::rotate(turned, turned, cv::ROTATE_180);
      return turned;
    case 8:
      cv::rotate(stored, turned, cv::ROTATE_90_COUNTERCLOCKWISE);
      return turned;
    default:
      return stored;
  }
}

// What OpenCV knows of orientations differs between formats and versions, and for TIFF it cannot be asked to leave them
// alone: it is shown a picture that is upright.
std::vector<std::uint8_t> without_orientation(std::span<const std::uint8_t> bytes, const PictureHeader& header) {
  std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  copy[header.tiff_orientation_at] = 1;
  return copy;
}

cv::Mat decode_stored(std::span<const std::uint8_t> bytes, const PictureHeader& header) {
  cv::Mat stored;
  try {
    const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::uint8_t*>(bytes.data()));
    stored = cv::imdecode(encoded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
    if (!stored.empty()) cv::cvtColor(stored, stored, cv::COLOR_BGR2RGB);
  } catch (const cv::Exception& error) {
    throw InputError("cannot be decoded as " + header.format + ": " + error.err);
  }
  if (!stored.empty()) return stored;
  throw InputError("cannot be decoded as " + header.format + ": damaged, truncated, or of a rare kind");
}

}  // namespace

cv::Mat decode_picture(std::span<const std::uint8_t> bytes) {
  const PictureHeader header = read_picture_header(bytes);
  if (header.height > kMostPixels / header.width) {
    throw InputError("is too large: " + std::to_string(header.width) + " x " + std::to_string(header.height) +
                     " pixels, the most is " + std::to_string(kMostPixels));
  }
  if (header.orientation == 1) return decode_stored(bytes, header);
  if (header.tiff_orientation_at == 0) return upright(decode_stored(bytes, header), header.orientation);
  return upright(decode_stored(without_orientation(bytes, header), header), header.orientation);
}

}  // namespace thaw
