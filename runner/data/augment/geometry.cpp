#include "runner/data/augment/geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace thaw {
namespace {

bool coin(Draws& draws) { return draws.below(2) == 1; }

// `turn` is a matrix that points are multiplied by, around the picture's middle, from there to here.
cv::Mat warped_around_middle(const cv::Mat& picture, const cv::Matx22d& turn) {
  const cv::Vec2d middle((picture.cols - 1) / 2.0, (picture.rows - 1) / 2.0);
  const cv::Vec2d shift = middle - turn * middle;
  const cv::Matx23d from(turn(0, 0), turn(0, 1), shift[0], turn(1, 0), turn(1, 1), shift[1]);
  cv::Mat result;
  cv::warpAffine(picture, result, from, picture.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_CONSTANT);
  return result;
}

// A whole number of pixels, up to `factor` of `size` either way.
int draw_shift(double factor, int size, Draws& draws) {
  return static_cast<int>(std::lround(draws.uniform(-factor, factor) * size));
}

}  // namespace

void flip_at_random(const RandomFlip& flip, Draws& draws, cv::Mat& picture) {
  constexpr int kTopToBottom = 0, kLeftToRight = 1;
  const auto mirror = [&](int axis) {
    if (!coin(draws)) return;
    cv::Mat mirrored;
    cv::flip(picture, mirrored, axis);
    picture = mirrored;
  };
  if (flip.mode() != VERTICAL) mirror(kLeftToRight);
  if (flip.mode() != HORIZONTAL) mirror(kTopToBottom);
}

void translate_at_random(const RandomTranslation& translation, Draws& draws, cv::Mat& picture) {
  const int down = draw_shift(translation.height_factor(), picture.rows, draws);
  const int right = draw_shift(translation.width_factor(), picture.cols, draws);
  cv::Mat moved = cv::Mat::zeros(picture.size(), picture.type());
  const cv::Rect all({0, 0}, picture.size());
  const cv::Rect seen = all & (all + cv::Point(right, down));
  if (!seen.empty()) picture(seen - cv::Point(right, down)).copyTo(moved(seen));
  picture = moved;
}

void rotate_at_random(const RandomRotation& rotation, Draws& draws, cv::Mat& picture) {
  const double angle = draws.uniform(-rotation.degrees(), rotation.degrees()) * std::numbers::pi / 180;
  const double c = std::cos(angle), s = std::sin(angle);
  picture = warped_around_middle(picture, {c, -s, s, c});
}

void zoom_at_random(const RandomZoom& zoom, Draws& draws, cv::Mat& picture) {
  const double shrink = 1 / draws.uniform(zoom.min(), zoom.max());
  picture = warped_around_middle(picture, {shrink, 0, 0, shrink});
}

void crop_at_random(const RandomCrop& crop, cv::Size size, Draws& draws, cv::Mat& picture) {
  const int border = crop.padding();
  const int y = draws.between(-border, picture.rows + border - size.height);
  const int x = draws.between(-border, picture.cols + border - size.width);
  cv::Mat part = cv::Mat::zeros(size, picture.type());
  const cv::Rect wanted({x, y}, size);
  const cv::Rect seen = wanted & cv::Rect({0, 0}, picture.size());
  if (!seen.empty()) picture(seen).copyTo(part(seen - wanted.tl()));
  picture = part;
}

}  // namespace thaw
