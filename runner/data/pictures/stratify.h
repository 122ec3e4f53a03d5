#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runner/data/pictures/picture_store.h"

namespace thaw {

/// What a draw of pictures depends on, besides the pictures.
struct DrawSeed {
  std::uint64_t seed = 1;
  std::string purpose;
};

/// Splits `total` among groups in proportion to their sizes: each gets its quota rounded down, what is left goes to the
/// largest remainders; among equal ones `ties` decides. total <= the sum of sizes. Source: Hamilton's method.
std::vector<std::int64_t> apportion(const std::vector<std::int64_t>& sizes, std::int64_t total, const DrawSeed& ties);

/// The pictures `indices` grouped by their labels (for several labels: by the set of them), each group in an order
/// drawn from the seed, groups by ascending labels.
std::vector<std::vector<std::int64_t>> strata_of(const PictureSet& set, const std::vector<std::int64_t>& indices,
                                                 const DrawSeed& seed);

/// `take` of the pictures, ascending: the first of each group, by shares of the groups; at least one of each if that
/// many are taken.
std::vector<std::int64_t> take_of_each(const std::vector<std::vector<std::int64_t>>& strata, std::int64_t take,
                                       const DrawSeed& ties);

/// Pictures to learn from and to judge by, both ascending.
struct SplitPictures {
  std::vector<std::int64_t> train, validation;
};

/// Sets `share` of the pictures aside, rounded to a whole number, every group by the same share as exactly as whole
/// pictures allow. Identical pictures stay together, and a group keeps one picture to learn from.
SplitPictures split_pictures(const PictureStore& store, const std::vector<std::int64_t>& indices, double share,
                             const DrawSeed& seed);

}  // namespace thaw
