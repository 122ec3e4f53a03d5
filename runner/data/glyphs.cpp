#include "runner/data/glyphs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <utility>

namespace thaw {
namespace {

constexpr std::array kFonts = {cv::FONT_HERSHEY_SIMPLEX, cv::FONT_HERSHEY_PLAIN,   cv::FONT_HERSHEY_DUPLEX,
                               cv::FONT_HERSHEY_COMPLEX, cv::FONT_HERSHEY_TRIPLEX, cv::FONT_HERSHEY_COMPLEX_SMALL};
// Anything fainter is wiped: it could not be seen, but would widen the box.
constexpr double kFaintest = 31;
constexpr double kLeastBlur = 0.2;  // Standard deviation, pixels.
constexpr double kMostBlur = 0.8;
// Rounding, interpolation and blur spread ink this far beyond where the geometry puts it.
constexpr double kSpread = 3;
constexpr double kLeastHeight = 6;  // Pixels: the strokes of an 8 in less than this run together.

/// Half the size of a box around the origin.
struct Reach {
  double x = 0, y = 0;
};

/// How a character is bent: about its middle, first slanted, then rotated.
struct Pose {
  double rotation_degrees = 0, slant_degrees = 0;

  /// Rows of the 2x2 matrix from upright to posed coordinates (y points down).
  std::array<double, 4> matrix() const {
    constexpr double kDegree = std::numbers::pi / 180;
    const double c = std::cos(rotation_degrees * kDegree), s = std::sin(rotation_degrees * kDegree);
    const double lean = -std::tan(slant_degrees * kDegree);
    return {c, c * lean - s, s, s * lean + c};
  }

  Reach applied_to(const Reach& upright) const {
    const auto [a, b, c, d] = matrix();
    return {std::abs(a) * upright.x + std::abs(b) * upright.y, std::abs(c) * upright.x + std::abs(d) * upright.y};
  }
};

/// One character as OpenCV draws it upright.
struct Stroke {
  char character = ' ';
  int font = 0;
  double height = 0;  ///< of a capital, pixels
  int thickness = 1;
};

// OpenCV's scale for a capital of one pixel.
double scale_of_pixel(int font) { return cv::getFontScaleFromHeight(font, 1001, 1) / 1000; }

/// Draws the character around the middle of `picture`, which it clears.
void draw_upright(const Stroke& stroke, cv::Mat picture) {
  picture.setTo(0);
  const std::string text(1, stroke.character);
  const double scale = stroke.height * scale_of_pixel(stroke.font);
  int baseline = 0;
  const cv::Size size = cv::getTextSize(text, stroke.font, scale, 1, &baseline);
  const cv::Point origin(picture.cols / 2 - size.width / 2, picture.rows / 2 + static_cast<int>(stroke.height / 2));
  cv::putText(picture, text, origin, stroke.font, scale, cv::Scalar(255), stroke.thickness, cv::LINE_AA);
}

/// Turns `upright` about its middle into the middle of `posed`.
void draw_posed(const cv::Mat& upright, const Pose& pose, cv::Mat posed) {
  const auto [a, b, c, d] = pose.matrix();
  const double x = upright.cols / 2, y = upright.rows / 2;
  const cv::Matx23d forward(a, b, posed.cols / 2 - a * x - b * y, c, d, posed.rows / 2 - c * x - d * y);
  cv::warpAffine(upright, posed, forward, posed.size());
}

// How far the ink of a capital-high-1 character can reach from the middle, in any font, with the thinnest stroke.
Reach reach_of(char character) {
  constexpr int kHeight = 128;
  constexpr int kHalf = 2 * kHeight;
  cv::Mat picture(2 * kHalf + 1, 2 * kHalf + 1, CV_8UC1);
  int x = 0, y = 0;
  for (const int font : kFonts) {
    draw_upright({character, font, kHeight, 1}, picture);
    const cv::Rect ink = cv::boundingRect(picture);
    x = std::max({x, kHalf - ink.x, ink.x + ink.width - 1 - kHalf});
    y = std::max({y, kHalf - ink.y, ink.y + ink.height - 1 - kHalf});
  }
  // One more: OpenCV rounds the origin to whole pixels.
  return {(x + 1.0) / kHeight, (y + 1.0) / kHeight};
}

// The pixels of a picture with its middle at the origin that holds `reach`.
cv::Size size_of(const Reach& reach) {
  return {2 * static_cast<int>(std::ceil(reach.x)) + 1, 2 * static_cast<int>(std::ceil(reach.y)) + 1};
}

// A view of `size` into a buffer that only ever grows.
cv::Mat view_of(cv::Mat& buffer, const cv::Size& size) {
  if (buffer.cols < size.width || buffer.rows < size.height) {
    buffer.create(std::max(buffer.rows, size.height), std::max(buffer.cols, size.width), CV_8UC1);
  }
  return buffer(cv::Rect({0, 0}, size));
}

class GlyphSet : public SpriteSet {
 public:
  explicit GlyphSet(const Synthesis& synthesis)
      : glyphs_(synthesis.glyphs()), canvas_(synthesis.canvas().width(), synthesis.canvas().height()) {
    for (const char c : glyphs_.characters()) reaches_.push_back(reach_of(c));
  }

  std::int64_t count() const override { return classes(); }
  int classes() const override { return static_cast<int>(glyphs_.characters().size()); }

  int label(std::int64_t index) const override { return static_cast<int>(index); }

  std::vector<std::string> class_names() const override {
    std::vector<std::string> names;
    for (const char c : glyphs_.characters()) names.emplace_back(1, c);
    return names;
  }

  std::string description() const override { return "characters " + glyphs_.characters() + " drawn in varied fonts"; }
  std::string recipe() const override;
  SpriteView sprite(std::int64_t index, Draws& draws) const override;
  /// Adds to `errors` what does not fit the canvas or cannot be read.
  void check(std::vector<SourceError>& errors) const;

 private:
  Reach upright_reach(std::size_t index, double height, int thickness) const;
  Reach widest_reach(std::size_t index) const;

  Glyphs glyphs_;
  cv::Size canvas_;
  std::vector<Reach> reaches_;  // For each character, in heights of a capital.
};

std::string GlyphSet::recipe() const {
  std::ostringstream text;
  text << std::setprecision(17) << "glyphs " << glyphs_.characters() << " size " << glyphs_.size() << " scale "
       << glyphs_.scale_min() << " " << glyphs_.scale_max() << " slant " << glyphs_.slant() << " rotation "
       << glyphs_.rotation() << " thickness " << glyphs_.thickness_max() << " OpenCV " << CV_VERSION;
  return text.str();
}

Reach GlyphSet::upright_reach(std::size_t index, double height, int thickness) const {
  const double margin = thickness / 2.0 + kSpread;
  return {reaches_[index].x * height + margin, reaches_[index].y * height + margin};
}

SpriteView GlyphSet::sprite(std::int64_t index, Draws& draws) const {
  thread_local cv::Mat upright_buffer, posed_buffer;
  const auto character = static_cast<std::size_t>(index);
  const int font = kFonts[draws.below(kFonts.size())];
  const double height = glyphs_.size() * draws.uniform(glyphs_.scale_min(), glyphs_.scale_max());
  const int thickness = draws.between(1, glyphs_.thickness_max());
  const Pose pose{draws.uniform(-glyphs_.rotation(), glyphs_.rotation()),
                  draws.uniform(-glyphs_.slant(), glyphs_.slant())};
  const Reach reach = upright_reach(character, height, thickness);
  const cv::Mat upright = view_of(upright_buffer, size_of(reach));
  draw_upright({glyphs_.characters()[character], font, height, thickness}, upright);
  const cv::Size posed_size = size_of(pose.applied_to(reach));
  const cv::Mat posed =
      view_of(posed_buffer, {std::min(posed_size.width, canvas_.width), std::min(posed_size.height, canvas_.height)});
  draw_posed(upright, pose, posed);
  // Isolated: beside the view lies what an earlier character left in the buffer.
  cv::GaussianBlur(posed, posed, {3, 3}, draws.uniform(kLeastBlur, kMostBlur), 0,
                   cv::BORDER_DEFAULT | cv::BORDER_ISOLATED);
  cv::threshold(posed, posed, kFaintest, 0, cv::THRESH_TOZERO);
  const cv::Rect ink = cv::boundingRect(posed);
  return {posed.ptr(ink.y) + ink.x, static_cast<std::int64_t>(posed.step[0]), ink.height, ink.width,
          static_cast<int>(index)};
}

// At the largest scale, over all poses in steps of a degree.
Reach GlyphSet::widest_reach(std::size_t index) const {
  const Reach upright = upright_reach(index, glyphs_.size() * glyphs_.scale_max(), glyphs_.thickness_max());
  const double rotation = glyphs_.rotation(), slant = glyphs_.slant();
  const int steps = static_cast<int>(std::ceil(2 * rotation));
  Reach widest;
  for (int i = 0; i <= steps; ++i) {
    const double angle = steps == 0 ? 0 : -rotation + 2 * rotation * i / steps;
    for (const double lean : {-slant, 0.0, slant}) {
      const Reach reach = Pose{angle, lean}.applied_to(upright);
      widest = {std::max(widest.x, reach.x), std::max(widest.y, reach.y)};
    }
  }
  return widest;
}

void GlyphSet::check(std::vector<SourceError>& errors) const {
  const double least = glyphs_.size() * glyphs_.scale_min();
  if (least < kLeastHeight) {
    std::ostringstream text;
    text << "makes characters of " << least << " pixels (size " << glyphs_.size() << " x scale_min "
         << glyphs_.scale_min() << "), expected at least " << kLeastHeight << ": less cannot be read";
    errors.push_back({"synthesis.glyphs.scale_min", text.str()});
  }
  for (std::size_t i = 0; i < reaches_.size(); ++i) {
    const cv::Size size = size_of(widest_reach(i));
    if (size.width <= canvas_.width && size.height <= canvas_.height) continue;
    std::ostringstream text;
    text << "box outside the canvas: the character " << glyphs_.characters()[i] << " can become " << size.height
         << " x " << size.width << ", the canvas is " << canvas_.height << " x " << canvas_.width
         << " (height x width, pixels)";
    errors.push_back({"synthesis.glyphs.scale_max", text.str()});
  }
}

}  // namespace

std::unique_ptr<SpriteSet> open_glyphs(const Synthesis& synthesis, std::vector<SourceError>& errors) {
  // The loader's threads are the parallelism; OpenCV's own would only disturb the training step.
  cv::setNumThreads(0);
  auto glyphs = std::make_unique<GlyphSet>(synthesis);
  const std::size_t errors_before = errors.size();
  glyphs->check(errors);
  if (errors.size() > errors_before) return nullptr;
  return glyphs;
}

}  // namespace thaw
