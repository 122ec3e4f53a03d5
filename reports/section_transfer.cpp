#include <map>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr int kMostOpenRows = 24;  // a longer table is folded
constexpr int kMostNames = 8;      // of a stage's layers

std::string strategy_words(const std::string& strategy) {
  static const std::map<std::string, std::string> kWords{
      {"feature_extraction", "Feature extraction: what is pretrained is frozen, only the rest learns."},
      {"fine_tune", "Fine-tuning: all is trained, what is pretrained at a lower rate."},
      {"warm_start", "Warm start: all is trained at one rate, from the pretrained weights."},
      {"from_scratch", "From scratch: the same network with fresh weights; the pretrained ones are not used."},
      {"gradual_unfreezing",
       "Gradual unfreezing: what is pretrained is frozen at first and released in stages, from the head downwards."},
      {"rules", "Rules of its own say what is trained."}};
  const auto found = kWords.find(strategy);
  return found == kWords.end() ? strategy + ": rules of its own say what is trained." : found->second;
}

/// "1", "0.1"; of what is frozen, nothing.
std::string multiplier_text(const TransferRow& row, double multiplier) {
  return row.trainable() ? "\u00d7\u00a0" + plain_text(multiplier) : "";
}

json layer_row(const TransferRow& row) {
  return {{"name", row.layer()},
          {"parameters", count_text(row.parameters())},
          {"trains", row.trainable()},
          {"frozen", !row.trainable()},
          {"rate", multiplier_text(row, row.learning_rate_multiplier())},
          {"decay", multiplier_text(row, row.weight_decay_multiplier())},
          {"statistics", row.stored_statistics() ? "stored" : ""},
          {"start", row.reinitialized() ? "fresh" : ""}};
}

/// Layers that are treated alike, in one phrase: "trained at x 0.1: block2_conv, block2_norm".
json changes(const StageBegun& stage) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> names;
  for (const TransferRow& row : stage.transfer()) {
    std::string how = "frozen";
    if (row.trainable()) how = "trained at " + multiplier_text(row, row.learning_rate_multiplier());
    if (row.stored_statistics()) how += ", stored statistics";
    if (names[how].empty()) order.push_back(how);
    names[how].push_back(row.layer());
  }
  json list = json::array();
  for (const std::string& how : order) {
    const auto& layers = names.at(how);
    std::string text;
    for (std::size_t i = 0; i < layers.size() && i < kMostNames; ++i) text += (i ? ", " : "") + layers[i];
    if (layers.size() > kMostNames) {
      text += " and " + count_text(static_cast<std::int64_t>(layers.size()) - kMostNames) + " more";
    }
    list.push_back({{"how", how}, {"layers", text}});
  }
  return list;
}

json stage_rows(const EffectiveRecord& record) {
  json rows = json::array();
  for (const StageBegun& stage : record.stages) {
    rows.push_back({{"stage", count_text(stage.stage())},
                    {"epoch", count_text(stage.epoch())},
                    {"reason", stage.reason()},
                    {"trainable", count_text(stage.trainable_parameters())},
                    {"changes", changes(stage)}});
  }
  return rows;
}

json proof(const EffectiveRecord& record) {
  const Started& started = record.started;
  if (started.frozen_tensors() <= 0 || started.frozen_sha256().empty()) return {};
  const std::string tensors = counted_text(started.frozen_tensors(), "tensor");
  const bool is_proved = record.finished && !record.finished->frozen_sha256().empty();
  const bool is_same = is_proved && record.finished->frozen_sha256() == started.frozen_sha256();
  const std::string text =
      is_same ? tensors + " that no stage trains, running statistics included: the same bytes after training as before."
      : is_proved
          ? tensors + " were to stay as they were, but have changed. This is a defect of thaw."
          : tensors + " that no stage trains, running statistics included; they are compared once training is over.";
  return {{"text", text},
          {"before", started.frozen_sha256()},
          {"after", is_proved ? record.finished->frozen_sha256() : ""},
          {"is_same", is_same},
          {"is_changed", is_proved && !is_same}};
}

}  // namespace

json transfer_section(const RecordView& view) {
  const EffectiveRecord& record = view.record;
  const Started& started = record.started;
  if (started.strategy().empty() && started.transfer().empty()) return {};
  json rows = json::array();
  for (const TransferRow& row : started.transfer()) rows.push_back(layer_row(row));
  const json stages = stage_rows(record);
  return {{"strategy", strategy_words(started.strategy())},
          {"trainable", count_text(started.plan().trainable_parameters())},
          {"parameters", count_text(started.plan().parameters())},
          {"at_first", stages.empty() ? "" : " at first"},
          {"proof", proof(record)},
          {"has_stages", !stages.empty()},
          {"stages", stages},
          {"has_rows", !rows.empty()},
          {"row_count", count_text(static_cast<std::int64_t>(rows.size()))},
          {"is_open", rows.size() <= kMostOpenRows},
          {"rows", rows}};
}

}  // namespace thaw::reports
