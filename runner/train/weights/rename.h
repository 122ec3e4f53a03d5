#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/train/weights/match.h"

namespace thaw {

/// A tensor that is meant, by the name that the rules give it.
struct RenamedTensor {
  const SourceTensor* tensor = nullptr;
  std::string name;
};

/// The source's tensors below the prefix, renamed rule after rule, in the source's order. Findings: a prefix or a rule
/// that matches nothing, a bad regular expression, two tensors that end up with one name; then there is no result.
std::optional<std::vector<RenamedTensor>> rename_tensors(const Weights& weights, const WeightTarget& target,
                                                         const WeightSource& source, const std::string& field,
                                                         Findings& findings);

}  // namespace thaw
