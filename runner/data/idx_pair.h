#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/data/idx.h"
#include "runner/data/open.h"
#include "schemas/experiment.pb.h"

namespace thaw {

/// IDX pictures and their labels, as far as they could be read.
struct IdxPair {
  std::optional<IdxImages> images;
  std::optional<IdxLabels> labels;
  int classes = 0;
};

/// Where a pair of IDX files is named, and where files are looked for.
struct IdxPlace {
  const DataRoots& roots;
  std::string field;  ///< relative to Source: "idx"
  int classes = 0;    ///< where the file does not say; 0: the highest label + 1
};

/// Reads both files. Adds to `errors` if one is bad, they do not belong together, or a label is outside the classes.
IdxPair read_idx_pair(const Idx& idx, const IdxPlace& place, std::vector<SourceError>& errors);

}  // namespace thaw
