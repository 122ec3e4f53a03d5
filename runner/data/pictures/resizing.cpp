#include "runner/data/pictures/resizing.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "runner/data/pictures/decode.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

int rounded(double value) { return std::max(1, static_cast<int>(std::lround(value))); }

// OpenCV's area averages are none as soon as one direction grows: that one is left to a second step.
cv::Mat resized(const cv::Mat& picture, cv::Size size) {
  cv::Mat result = picture;
  const cv::Size shrunk(std::min(size.width, picture.cols), std::min(size.height, picture.rows));
  if (shrunk != result.size()) {
    cv::Mat smaller;
    cv::resize(result, smaller, shrunk, 0, 0, cv::INTER_AREA);
    result = smaller;
  }
  if (size != result.size()) {
    cv::Mat larger;
    cv::resize(result, larger, size, 0, 0, cv::INTER_LINEAR);
    result = larger;
  }
  return result;
}

cv::Mat padded(const cv::Mat& picture, cv::Size size) {
  const double scale =
      std::min(static_cast<double>(size.width) / picture.cols, static_cast<double>(size.height) / picture.rows);
  const cv::Size inner(std::min(size.width, rounded(picture.cols * scale)),
                       std::min(size.height, rounded(picture.rows * scale)));
  cv::Mat result = cv::Mat::zeros(size, picture.type());
  const cv::Point corner((size.width - inner.width) / 2, (size.height - inner.height) / 2);
  resized(picture, inner).copyTo(result(cv::Rect(corner, inner)));
  return result;
}

cv::Mat cropped(const cv::Mat& picture, cv::Size size) {
  const double aspect = static_cast<double>(size.width) / size.height;
  const cv::Size part(std::min(picture.cols, rounded(picture.rows * aspect)),
                      std::min(picture.rows, rounded(picture.cols / aspect)));
  return resized(middle_of(picture, part), size);
}

cv::Mat with_short_side(const cv::Mat& picture, int short_side) {
  const double scale = static_cast<double>(short_side) / std::min(picture.cols, picture.rows);
  const double width = picture.cols * scale, height = picture.rows * scale;
  if (width * height > static_cast<double>(kMostPixels)) {
    throw InputError("is too elongated: " + std::to_string(picture.cols) + " x " + std::to_string(picture.rows) +
                     " pixels would have more than " + std::to_string(kMostPixels) + " with a short side of " +
                     std::to_string(short_side));
  }
  return resized(picture, {rounded(width), rounded(height)});
}

cv::Mat at_size(const cv::Mat& picture, const PictureFit& fit) {
  const cv::Size size(fit.input.width, fit.input.height);
  if (fit.resizing.mode() == STRETCH) return resized(picture, size);
  if (fit.resizing.mode() == PAD_TO_ASPECT_RATIO) return padded(picture, size);
  if (!fit.resizing.has_short_side()) return cropped(picture, size);
  const cv::Mat larger = with_short_side(picture, fit.resizing.short_side());
  return fit.keeps_margin ? larger : middle_of(larger, size);
}

}  // namespace

cv::Mat middle_of(const cv::Mat& picture, cv::Size size) {
  return picture(cv::Rect({(picture.cols - size.width) / 2, (picture.rows - size.height) / 2}, size));
}

cv::Mat fit_picture(const cv::Mat& picture, const PictureFit& fit) {
  cv::Mat channels = picture;
  if (picture.channels() == 3 && fit.input.channels == 1) cv::cvtColor(picture, channels, cv::COLOR_RGB2GRAY);
  const cv::Mat result = at_size(channels, fit);
  if (result.channels() == fit.input.channels) return result;
  cv::Mat colour;
  cv::cvtColor(result, colour, cv::COLOR_GRAY2RGB);
  return colour;
}

}  // namespace thaw
