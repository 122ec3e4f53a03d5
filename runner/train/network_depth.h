#pragma once

#include <set>
#include <string>
#include <vector>

#include "runner/train/build.h"

namespace thaw {

/// The parameters of `names` by stages of the network, from the head on: a stage is what sees pictures of one size
/// (what a layer puts out counts); what sees rows of values comes first. A layer before which pictures are small and
/// behind which they are larger again, as inside a squeeze-and-excitation block, is of the larger ones' stage.
/// `built` was built without rules.
std::vector<std::set<std::string>> stages_of_depth(const BuiltGraph& built, const std::set<std::string>& names);

}  // namespace thaw
