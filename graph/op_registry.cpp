#include "graph/op_registry.h"

#include "schemas/diagnostic.h"

namespace thaw {

void InferContext::fail(const std::string& attribute, const std::string& message) const {
  throw GraphError(node.layer, attribute, message);
}

void OpRegistry::add(OpDef def) {
  if (!def.infer) throw InternalError("operator " + def.name + " has no shape inference");
  if ((def.differentiability == Differentiability::kRule) != static_cast<bool>(def.gradient)) {
    throw InternalError("operator " + def.name + ": differentiability and gradient rule disagree");
  }
  const std::string name = def.name;
  if (!defs_.emplace(name, std::move(def)).second) throw InternalError("operator " + name + " is defined twice");
}

const OpDef& OpRegistry::get(const std::string& name) const {
  const auto found = defs_.find(name);
  if (found == defs_.end()) throw InternalError("no operator is called " + name);
  return found->second;
}

std::vector<std::string> OpRegistry::names() const {
  std::vector<std::string> found;
  for (const auto& [name, def] : defs_) found.push_back(name);
  return found;
}

}  // namespace thaw
