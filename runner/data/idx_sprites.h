#pragma once

#include <memory>
#include <vector>

#include "runner/data/open.h"
#include "runner/data/sprite_set.h"

namespace thaw {

/// Opens the IDX files of `synthesis`. Returns nothing and adds to `errors` (fields relative to Source) if they are
/// bad, do not belong together, have labels outside the classes, or pictures larger than the canvas.
std::unique_ptr<SpriteSet> open_idx_sprites(const Synthesis& synthesis, const DataRoots& roots,
                                            std::vector<SourceError>& errors);

}  // namespace thaw
