#include "runner/data/augment/colour.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

namespace thaw {
namespace {

// Calls `change(float& value)` for every value, then clamps it.
template <typename Change>
void for_each_value(cv::Mat& picture, const Change& change) {
  const int values = picture.cols * picture.channels();
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = picture.ptr<float>(y);
    for (int i = 0; i < values; ++i) row[i] = std::clamp(change(row[i]), 0.0F, 1.0F);
  }
}

float mean_of(const cv::Mat& picture) {
  const cv::Scalar means = cv::mean(picture);
  double sum = 0;
  for (int c = 0; c < picture.channels(); ++c) sum += means[c];
  return static_cast<float>(sum / picture.channels());
}

}  // namespace

void change_brightness(const RandomBrightness& brightness, Draws& draws, cv::Mat& picture) {
  const auto added = static_cast<float>(draws.uniform(-brightness.delta(), brightness.delta()));
  for_each_value(picture, [added](float value) { return value + added; });
}

void change_contrast(const RandomContrast& contrast, Draws& draws, cv::Mat& picture) {
  const auto factor = static_cast<float>(draws.uniform(1 - contrast.delta(), 1 + contrast.delta()));
  const float mean = mean_of(picture);
  for_each_value(picture, [factor, mean](float value) { return mean + factor * (value - mean); });
}

void change_saturation(const RandomSaturation& saturation, Draws& draws, cv::Mat& picture) {
  const auto factor = static_cast<float>(draws.uniform(1 - saturation.delta(), 1 + saturation.delta()));
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = picture.ptr<cv::Vec3f>(y);
    for (int x = 0; x < picture.cols; ++x) {
      cv::Vec3f& pixel = row[x];
      const float grey = 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2];
      for (int c = 0; c < 3; ++c) pixel[c] = std::clamp(grey + factor * (pixel[c] - grey), 0.0F, 1.0F);
    }
  }
}

void change_hue(const RandomHue& hue, Draws& draws, cv::Mat& picture) {
  const auto turn = static_cast<float>(draws.uniform(-hue.degrees(), hue.degrees()));
  cv::Mat hsv;
  cv::cvtColor(picture, hsv, cv::COLOR_RGB2HSV);
  for (int y = 0; y < hsv.rows; ++y) {
    auto* row = hsv.ptr<cv::Vec3f>(y);
    for (int x = 0; x < hsv.cols; ++x) {
      float& angle = row[x][0];
      angle += turn;
      angle += angle < 0 ? 360.0F : angle >= 360 ? -360.0F : 0.0F;
    }
  }
  cv::cvtColor(hsv, picture, cv::COLOR_HSV2RGB);
  for_each_value(picture, [](float value) { return value; });
}

void cut_out(const Cutout& cutout, Draws& draws, cv::Mat& picture) {
  const int side = std::max(1, static_cast<int>(std::lround(cutout.size() * std::min(picture.cols, picture.rows))));
  const int y = draws.between(0, picture.rows - 1) - side / 2;
  const int x = draws.between(0, picture.cols - 1) - side / 2;
  picture(cv::Rect(x, y, side, side) & cv::Rect({0, 0}, picture.size())).setTo(cv::Scalar::all(0));
}

}  // namespace thaw
