#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/op_def.h"

namespace thaw {

/// All operators a program knows, by name. Filled once, by ops/catalogue.
class OpRegistry {
 public:
  /// Throws InternalError if the name is taken or the definition is incomplete.
  void add(OpDef def);
  void add_fusion(FusionRule rule) { fusions_.push_back(std::move(rule)); }
  /// A rule for graphs that are never differentiated: its result has no gradient.
  void add_inference_fusion(FusionRule rule) { inference_fusions_.push_back(std::move(rule)); }

  /// Throws InternalError if there is none.
  const OpDef& get(const std::string& name) const;
  std::vector<std::string> names() const;
  const std::vector<FusionRule>& fusions() const { return fusions_; }
  const std::vector<FusionRule>& inference_fusions() const { return inference_fusions_; }

 private:
  std::map<std::string, OpDef> defs_;
  std::vector<FusionRule> fusions_, inference_fusions_;
};

}  // namespace thaw
