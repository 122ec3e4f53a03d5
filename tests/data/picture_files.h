#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/data/source_test.h"

namespace thaw {

/// A file's bytes in the format that `extension` names; `picture` is red, green, blue or grey.
inline std::string encoded(const cv::Mat& picture, const std::string& extension, std::vector<int> options = {}) {
  cv::Mat stored = picture.clone();
  if (picture.channels() == 3) cv::cvtColor(picture, stored, cv::COLOR_RGB2BGR);
  if (picture.channels() == 4) cv::cvtColor(picture, stored, cv::COLOR_RGBA2BGRA);
  std::vector<std::uint8_t> bytes;
  if (!cv::imencode(extension, stored, bytes, options)) throw std::runtime_error("cannot encode " + extension);
  return {bytes.begin(), bytes.end()};
}

/// Four patches of plain colours: red, green / blue, white; each of `half` x `half * 2` pixels, so that the picture is
/// twice as wide as it is tall.
inline cv::Mat four_patches(int half = 8) {
  cv::Mat picture(2 * half, 4 * half, CV_8UC3);
  picture(cv::Rect(0, 0, 2 * half, half)).setTo(cv::Scalar(255, 0, 0));
  picture(cv::Rect(2 * half, 0, 2 * half, half)).setTo(cv::Scalar(0, 255, 0));
  picture(cv::Rect(0, half, 2 * half, half)).setTo(cv::Scalar(0, 0, 255));
  picture(cv::Rect(2 * half, half, 2 * half, half)).setTo(cv::Scalar(255, 255, 255));
  return picture;
}

/// A picture in which every pixel differs, and which differs for each `number`.
inline cv::Mat numbered_picture(int number, int height = 6, int width = 8) {
  cv::Mat picture(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      picture.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(y * 16),
                                     static_cast<std::uint8_t>(x * 16 + number / 256)};
    }
  }
  return picture;
}

/// EXIF data that says nothing but the orientation, as a TIFF of either byte order.
inline std::string exif_tiff(int orientation, bool is_big_endian = false) {
  const std::string little("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18);
  const std::string big("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01", 18);
  const char value = static_cast<char>(orientation);
  return (is_big_endian ? big + '\0' + value : little + value + '\0') + std::string(6, '\0');
}

inline std::string big_endian(std::uint32_t value, int width) {
  std::string text;
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 255);
  return text;
}

inline std::string with_jpeg_exif(const std::string& jpeg, const std::string& tiff) {
  const std::string body = std::string("Exif\0\0", 6) + tiff;
  return jpeg.substr(0, 2) + "\xff\xe1" + big_endian(static_cast<std::uint32_t>(body.size() + 2), 2) + body +
         jpeg.substr(2);
}

inline std::string png_chunk(const std::string& type, const std::string& body) {
  const std::string content = type + body;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
  return big_endian(static_cast<std::uint32_t>(body.size()), 4) + content +
         big_endian(static_cast<std::uint32_t>(crc), 4);
}

/// After the header chunk, where eXIf may stand.
inline std::string with_png_exif(const std::string& png, const std::string& tiff) {
  constexpr std::size_t kHeaderEnd = 8 + 25;
  return png.substr(0, kHeaderEnd) + png_chunk("eXIf", tiff) + png.substr(kHeaderEnd);
}

/// Tests on pictures in a temporary folder.
class PictureTest : public SourceTest {
 protected:
  void write_bytes(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(in(name)).parent_path());
    write_plain(in(name), bytes);
  }

  void write_picture(const std::string& name, const cv::Mat& picture) const {
    write_bytes(name, encoded(picture, std::filesystem::path(name).extension().string()));
  }

  /// pets/cat/0.png ... and pets/dog/..., each picture another one.
  void write_pets(int cats, int dogs, const std::string& folder = "pets", int first = 0) const {
    for (int i = 0; i < cats; ++i)
      write_picture(folder + "/cat/" + two_digits(i) + ".png", numbered_picture(first + i));
    for (int i = 0; i < dogs; ++i) {
      write_picture(folder + "/dog/" + two_digits(i) + ".png", numbered_picture(first + cats + i));
    }
  }

  static std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

  OpenContext context(PictureExtent input = {6, 8, 3}, const std::string& split = "train") const {
    return {.roots = roots(), .split = split, .input = input};
  }

  std::shared_ptr<const SampleSource> open_at(const std::string& text, const OpenContext& context) const {
    std::vector<SourceError> errors;
    auto source = open_source(parse(text), context, errors);
    for (const SourceError& error : errors) ADD_FAILURE() << error.field << ": " << error.message;
    if (source == nullptr) throw std::runtime_error("no source");
    return source;
  }
  std::shared_ptr<const SampleSource> open_at(const std::string& text) const { return open_at(text, context()); }

  std::vector<std::string> picture_errors(const std::string& text, const OpenContext& context) const {
    std::vector<SourceError> errors;
    EXPECT_EQ(open_source(parse(text), context, errors), nullptr);
    std::vector<std::string> texts;
    for (const SourceError& error : errors) texts.push_back(error.field + ": " + without_folder(error.message));
    return texts;
  }
  std::vector<std::string> picture_errors(const std::string& text) const { return picture_errors(text, context()); }

  std::vector<std::string> warnings_of(const SampleSource& source) const {
    std::vector<std::string> texts;
    for (const std::string& warning : source.warnings()) texts.push_back(without_folder(warning));
    return texts;
  }
};

/// Value (c, y, x) of a drawn sample.
inline float value_at(const DrawnSample& sample, const SampleSource& source, int c, int y, int x) {
  return sample.image[static_cast<std::size_t>((c * source.height() + y) * source.width() + x)];
}

inline std::vector<int> labels_of(const DrawnSample& sample) {
  std::vector<int> labels;
  for (const Object& object : sample.objects) labels.push_back(object.label);
  return labels;
}

}  // namespace thaw
