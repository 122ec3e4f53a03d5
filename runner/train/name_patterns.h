#pragma once

#include <set>
#include <string>
#include <vector>

#include "zoo/compose.h"

namespace thaw {

/// The parameters of a network as rules name them. Given numbers (ParameterRole::kConstant) are none of them.
class ParameterNames {
 public:
  explicit ParameterNames(const ComposedModel& model);

  /// The parameters that a pattern speaks of, by full name.
  std::set<std::string> matched_by(const std::string& pattern) const;
  /// The fewest and shortest patterns there are at the joints of names that speak of these parameters and of no other:
  /// "backbone" for all of a layer, "backbone/conv5*" for a part. In the network's order.
  std::vector<std::string> patterns_of(const std::set<std::string>& parameters) const;
  /// Names of layers that have parameters, of layers inside these, and of parameters: what a pattern may have meant.
  std::vector<std::string> candidates() const;

 private:
  bool speaks_of_others(const std::string& pattern, const std::set<std::string>& parameters) const;
  std::vector<std::string> prefixes_of(const std::string& name) const;

  struct Entry {
    std::string name, layer;
    std::vector<std::string> names;  ///< all that it goes by
  };
  static bool is_meant(const std::string& pattern, const Entry& entry);

  std::vector<std::string> layers_;  ///< of the experiment
  std::vector<Entry> parameters_;    ///< in the network's order
};

}  // namespace thaw
