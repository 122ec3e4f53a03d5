#pragma once

#include <memory>
#include <vector>

#include "runner/data/open.h"
#include "runner/data/sprite_set.h"

namespace thaw {

/// Characters drawn with OpenCV's stroke fonts, each time in another font, thickness, scale, slant, rotation and blur.
/// A picture is cut to its ink: pixels that are at least faintly seen. The others are 0.
/// Returns nothing and adds to `errors` (fields relative to Source) if a character can be too large for the canvas or
/// too small to be read.
std::unique_ptr<SpriteSet> open_glyphs(const Synthesis& synthesis, std::vector<SourceError>& errors);

}  // namespace thaw
