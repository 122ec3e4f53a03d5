#pragma once

#include <string>
#include <vector>

#include "zoo/network.h"
#include "zoo/preprocessing.h"

namespace thaw {

/// A network of the zoo.
struct ZooEntry {
  std::string name;
  std::string source;             ///< whose layers, names and counts it has: "Keras", "torchvision"
  std::int64_t input_size = 224;  ///< height and width that it was made for
  std::int64_t least_size = 32;   ///< its authors' least height and width, uncut
  std::int64_t classes = 1000;    ///< of the original
  const Preprocessing* preprocessing = &preprocessings::kNone;
  Network (*describe)(std::int64_t classes, bool preprocessing) = nullptr;
};

/// All of them, family by family.
const std::vector<ZooEntry>& zoo_catalogue();
/// Null: there is none of that name.
const ZooEntry* find_zoo_entry(const std::string& name);

}  // namespace thaw
