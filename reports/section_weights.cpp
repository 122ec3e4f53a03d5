#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sections.h"
#include "schemas/weight_states.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

std::string counts_text(const WeightsLoaded& loaded) {
  std::string text;
  for (auto state = kWeightStates.rbegin(); state != kWeightStates.rend(); ++state) {
    const auto count = std::count_if(loaded.row().begin(), loaded.row().end(),
                                     [&](const WeightRow& row) { return row.state() == *state; });
    if (count > 0) text += (text.empty() ? "" : ", ") + count_text(count) + " " + weight_state_text(*state);
  }
  return text.empty() ? "nothing" : text;
}

json row_list(const WeightsLoaded& loaded) {
  json rows = json::array();
  for (const WeightRow::State state : kWeightStates) {
    for (const WeightRow& row : loaded.row()) {
      if (row.state() != state) continue;
      rows.push_back({{"state", weight_state_text(state)},
                      {"parameter", row.parameter()},
                      {"tensor", row.tensor()},
                      {"shape", row.shape()},
                      {"source_shape", row.source_shape()},
                      {"differs", state != WeightRow::LOADED}});
    }
  }
  return rows;
}

}  // namespace

json weights_section(const RecordView& view) {
  json sources = json::array();
  for (const WeightsLoaded& loaded : view.record.started.weights()) {
    sources.push_back({{"source", loaded.source()},
                       {"layer", loaded.layer()},
                       {"counts", counts_text(loaded)},
                       {"place", loaded.place()},
                       {"sha256", loaded.sha256()},
                       {"rows", row_list(loaded)}});
  }
  if (sources.empty()) return {};
  return {{"sources", sources}};
}

}  // namespace thaw::reports
