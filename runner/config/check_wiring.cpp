#include <map>

#include "runner/config/checks.h"
#include "schemas/layer_names.h"
#include "zoo/zoo_layer.h"

namespace thaw {
namespace {

bool check_names(const Model& model, const ModelFacts& facts, Findings& findings) {
  std::map<std::string, std::string> owners = {{model.input().name(), "the input"}};
  bool is_fine = true;
  for (int i = 0; i < model.layer_size(); ++i) {
    const auto [owner, is_new] = owners.insert({facts.names()[i], "layer[" + std::to_string(i) + "]"});
    if (is_new) continue;
    is_fine = false;
    findings.add(layer_path(i) + ".name", "\"" + facts.names()[i] + "\" is already the name of " + owner->second,
                 "expected a name of its own");
  }
  return is_fine;
}

bool check_from(const Model& model, const ModelFacts& facts, int index, Findings& findings) {
  std::vector<std::string> earlier(facts.names().begin(), facts.names().begin() + index);
  earlier.push_back(model.input().name());
  const std::string expectation = "expected the name of an earlier layer or of the input";
  bool is_fine = true;
  for (int k = 0; k < model.layer(index).from_size(); ++k) {
    const std::string& from = model.layer(index).from(k);
    const std::string path = layer_path(index) + ".from[" + std::to_string(k) + "]";
    if (from == model.input().name()) continue;
    const int source = facts.find(from);
    is_fine = is_fine && source >= 0 && source < index;
    if (source < 0) {
      findings.add(path, "unknown layer \"" + from + "\"", expectation, from, earlier);
    } else if (source == index) {
      findings.add(path, "layer \"" + from + "\" feeds itself", expectation);
    } else if (source > index) {
      findings.add(path, "layer \"" + from + "\" comes later", expectation);
    }
  }
  return is_fine;
}

/// Layers that join take several inputs, all others one.
void check_count(const Model& model, const ModelFacts& facts, int index, Findings& findings) {
  const Layer& layer = model.layer(index);
  const std::string name = "layer \"" + facts.names()[index] + "\" ";
  const bool joins = layer.has_add() || layer.has_concatenate();
  if (!joins && layer.from_size() > 1) findings.add(layer_path(index) + ".from[1]", name + "takes one input");
  if (joins && layer.from_size() < 2) {
    findings.add(layer_path(index) + (layer.from_size() == 1 ? ".from[0]" : "." + layer_kind(layer)),
                 name + "joins at least two layers", "expected from: [\"A\", \"B\"]");
  }
}

/// Networks of the zoo: their names, and where they are cut.
void check_networks(const Model& model, Findings& findings) {
  for (int i = 0; i < model.layer_size(); ++i) {
    if (!model.layer(i).has_zoo()) continue;
    for (const Diagnostic& found : check_zoo(model.layer(i).zoo())) {
      findings.add(layer_path(i) + ".zoo." + found.field_path, found.message, found.expectation, found.nearest,
                   {found.nearest});
    }
  }
}

}  // namespace

bool check_wiring(const Model& model, const ModelFacts& facts, Findings& findings) {
  bool is_fine = check_names(model, facts, findings);
  for (int i = 0; i < model.layer_size(); ++i) {
    is_fine = check_from(model, facts, i, findings) && is_fine;
    check_count(model, facts, i, findings);
  }
  check_networks(model, findings);
  return is_fine;
}

}  // namespace thaw
