#include "runner/data/augment/pixel_planes.h"

#include <array>

namespace thaw {
namespace {

std::array<float, 256> fractions() {
  std::array<float, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(i) / 255.0F;
  return table;
}

const std::array<float, 256> kFractions = fractions();

// Calls `visit(row pointer, index of the first pixel of the row)` for each row.
template <typename T, typename Visit>
void for_each_row(const cv::Mat& picture, const Visit& visit) {
  for (int y = 0; y < picture.rows; ++y) visit(picture.ptr<T>(y), static_cast<std::ptrdiff_t>(y) * picture.cols);
}

}  // namespace

cv::Mat to_fractions(const cv::Mat& picture) {
  cv::Mat result(picture.size(), CV_32FC(picture.channels()));
  const std::ptrdiff_t values = static_cast<std::ptrdiff_t>(picture.cols) * picture.channels();
  for (int y = 0; y < picture.rows; ++y) {
    const std::uint8_t* from = picture.ptr(y);
    float* to = result.ptr<float>(y);
    for (std::ptrdiff_t i = 0; i < values; ++i) to[i] = kFractions[from[i]];
  }
  return result;
}

void to_planes(const cv::Mat& picture, float* planes) {
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(picture.rows) * picture.cols;
  const int channels = picture.channels();
  for_each_row<float>(picture, [&](const float* from, std::ptrdiff_t first) {
    for (int c = 0; c < channels; ++c) {
      float* to = planes + c * plane + first;
      for (int x = 0; x < picture.cols; ++x) to[x] = from[static_cast<std::ptrdiff_t>(x) * channels + c];
    }
  });
}

cv::Mat from_planes(const float* planes, cv::Size size, int channels) {
  cv::Mat picture(size, CV_32FC(channels));
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(size.height) * size.width;
  auto* to = picture.ptr<float>();
  for (std::ptrdiff_t i = 0; i < plane; ++i) {
    for (int c = 0; c < channels; ++c) to[i * channels + c] = planes[c * plane + i];
  }
  return picture;
}

void to_fraction_planes(const cv::Mat& picture, float* planes) {
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(picture.rows) * picture.cols;
  const int channels = picture.channels();
  for_each_row<std::uint8_t>(picture, [&](const std::uint8_t* from, std::ptrdiff_t first) {
    for (int c = 0; c < channels; ++c) {
      float* to = planes + c * plane + first;
      for (int x = 0; x < picture.cols; ++x) to[x] = kFractions[from[static_cast<std::ptrdiff_t>(x) * channels + c]];
    }
  });
}

}  // namespace thaw
