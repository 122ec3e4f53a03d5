#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

// In the order of the table: what a reader should know of first.
constexpr std::array kOrder = {WeightRow::MISSING, WeightRow::SHAPE_MISMATCH, WeightRow::UNEXPECTED, WeightRow::ADAPTED,
                               WeightRow::LOADED};

const char* state_text(WeightRow::State state) {
  switch (state) {
    case WeightRow::LOADED:
      return "loaded";
    case WeightRow::ADAPTED:
      return "adapted";
    case WeightRow::MISSING:
      return "missing";
    case WeightRow::UNEXPECTED:
      return "left over";
    case WeightRow::SHAPE_MISMATCH:
      return "another shape";
  }
  return "";
}

std::string counts_text(const WeightsLoaded& loaded) {
  std::string text;
  for (auto state = kOrder.rbegin(); state != kOrder.rend(); ++state) {
    const auto count = std::count_if(loaded.row().begin(), loaded.row().end(),
                                     [&](const WeightRow& row) { return row.state() == *state; });
    if (count > 0) text += (text.empty() ? "" : ", ") + count_text(count) + " " + state_text(*state);
  }
  return text.empty() ? "nothing" : text;
}

json row_list(const WeightsLoaded& loaded) {
  json rows = json::array();
  for (const WeightRow::State state : kOrder) {
    for (const WeightRow& row : loaded.row()) {
      if (row.state() != state) continue;
      rows.push_back({{"state", state_text(state)},
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
