#pragma once

#include <memory>
#include <string>

#include "runner/data/sample.h"
#include "runner/data/sprite_set.h"
#include "schemas/experiment.pb.h"

namespace thaw {

/// Which draws a set of samples uses: two sets of one experiment differ in purpose.
struct DrawKey {
  std::uint64_t seed = 1;
  std::string purpose;
};

/// Samples that show `sprites` on a canvas, `size` in an epoch.
///
/// Sample i's first object is sprite i modulo their number; the others are drawn among the sprites that are shown so.
/// An object lies fully inside the canvas, every place as likely. Where objects cover each other, the brighter pixel is
/// seen and owns the mask. The box is the sprite's rectangle. All channels are alike.
/// The recipe must be checked: every sprite fits the canvas, min <= max.
std::shared_ptr<const SampleSource> make_synthesis(const Synthesis& recipe, std::unique_ptr<SpriteSet> sprites,
                                                   std::int64_t size, DrawKey key);

}  // namespace thaw
