#pragma once

#include <string>
#include <vector>

#include "runner/data/pictures/picture_samples.h"

namespace thaw {

/// Which pictures of `validation` are in `train` too, by content: "3 of 40 pictures are in the training data too: ...",
/// the first ten named. Empty: none.
std::string leakage(const PictureSamples& train, const PictureSamples& validation);

/// A warning if identical pictures have different labels, the first ten pairs named.
std::vector<std::string> label_conflicts(const PictureStore& store, const std::vector<std::int64_t>& indices);

}  // namespace thaw
