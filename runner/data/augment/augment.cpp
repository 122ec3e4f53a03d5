#include "runner/data/augment/augment.h"

#include <cmath>

#include "runner/data/augment/colour.h"
#include "runner/data/augment/geometry.h"
#include "schemas/diagnostic.h"
#include "schemas/rule_words.h"

namespace thaw {
namespace {

std::string percent(double share) { return number_words(std::round(share * 1e6) / 1e4) + " %"; }

std::string flip_words(FlipMode mode) {
  switch (mode) {
    case VERTICAL:
      return "mirrored top to bottom (half of them)";
    case HORIZONTAL_AND_VERTICAL:
      return "mirrored left to right (half of them) and top to bottom (half of them)";
    default:
      return "mirrored left to right (half of them)";
  }
}

// The logarithm of a number drawn from Gamma(shape, 1): for small shapes the number itself would be 0.
// Source: Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).
double log_gamma_draw(double shape, Draws& draws) {
  const double d = shape + 1 - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = draws.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = 1 - draws.uniform();
    if (std::log(u) < x * x / 2 + d * (1 - v + std::log(v))) {
      // Gamma(shape) is Gamma(shape + 1) times a uniform number to the power of 1 / shape.
      return std::log(d * v) + std::log(1 - draws.uniform()) / shape;
    }
  }
}

}  // namespace

void apply_augmentation(const Augmentation& augmentation, cv::Size size, Draws& draws, cv::Mat& picture) {
  switch (augmentation.kind_case()) {
    case Augmentation::kRandomFlip:
      return flip_at_random(augmentation.random_flip(), draws, picture);
    case Augmentation::kRandomTranslation:
      return translate_at_random(augmentation.random_translation(), draws, picture);
    case Augmentation::kRandomRotation:
      return rotate_at_random(augmentation.random_rotation(), draws, picture);
    case Augmentation::kRandomZoom:
      return zoom_at_random(augmentation.random_zoom(), draws, picture);
    case Augmentation::kRandomCrop:
      return crop_at_random(augmentation.random_crop(), size, draws, picture);
    case Augmentation::kRandomBrightness:
      return change_brightness(augmentation.random_brightness(), draws, picture);
    case Augmentation::kRandomContrast:
      return change_contrast(augmentation.random_contrast(), draws, picture);
    case Augmentation::kRandomSaturation:
      return change_saturation(augmentation.random_saturation(), draws, picture);
    case Augmentation::kRandomHue:
      return change_hue(augmentation.random_hue(), draws, picture);
    case Augmentation::kCutout:
      return cut_out(augmentation.cutout(), draws, picture);
    case Augmentation::kMixup:
    case Augmentation::KIND_NOT_SET:
      throw InternalError("apply_augmentation: not a change of one picture");
  }
}

std::string augmentation_words(const Augmentation& augmentation) {
  switch (augmentation.kind_case()) {
    case Augmentation::kRandomFlip:
      return flip_words(augmentation.random_flip().mode());
    case Augmentation::kRandomTranslation:
      return "moved by up to " + percent(augmentation.random_translation().height_factor()) + " of the height and " +
             percent(augmentation.random_translation().width_factor()) + " of the width";
    case Augmentation::kRandomRotation:
      return "turned by up to " + number_words(augmentation.random_rotation().degrees()) + "°";
    case Augmentation::kRandomZoom:
      return "scaled by " + number_words(augmentation.random_zoom().min()) + " to " +
             number_words(augmentation.random_zoom().max());
    case Augmentation::kRandomCrop:
      return augmentation.random_crop().padding() == 0
                 ? "cut out at a random place"
                 : "cut out at a random place of the picture with a border of " +
                       std::to_string(augmentation.random_crop().padding()) + " pixels";
    case Augmentation::kRandomBrightness:
      return "brightness changed by up to " + percent(augmentation.random_brightness().delta());
    case Augmentation::kRandomContrast:
      return "contrast changed by up to " + percent(augmentation.random_contrast().delta());
    case Augmentation::kRandomSaturation:
      return "saturation changed by up to " + percent(augmentation.random_saturation().delta());
    case Augmentation::kRandomHue:
      return "hue turned by up to " + number_words(augmentation.random_hue().degrees()) + "°";
    case Augmentation::kCutout:
      return "a square blackened, " + percent(augmentation.cutout().size()) + " of the shorter side";
    case Augmentation::kMixup:
      return "mixed with another sample, shares drawn from Beta(" + number_words(augmentation.mixup().alpha()) + ", " +
             number_words(augmentation.mixup().alpha()) + ")";
    case Augmentation::KIND_NOT_SET:
      break;
  }
  throw InternalError("augmentation_words: no kind");
}

bool moves_pixels(const Augmentation& augmentation) {
  switch (augmentation.kind_case()) {
    case Augmentation::kRandomFlip:
    case Augmentation::kRandomTranslation:
    case Augmentation::kRandomRotation:
    case Augmentation::kRandomZoom:
    case Augmentation::kRandomCrop:
      return true;
    default:
      return false;
  }
}

double draw_mixup_share(double alpha, Draws& draws) {
  const double mine = log_gamma_draw(alpha, draws), other = log_gamma_draw(alpha, draws);
  return 1 / (1 + std::exp(other - mine));
}

}  // namespace thaw
