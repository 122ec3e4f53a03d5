#include "runner/transfer_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runner/train/run_facts.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// "trained", "trained at x 0.1, stored statistics", "frozen".
std::string treatment_text(const TransferRow& row) {
  std::string text = row.trainable() ? "trained" : "frozen";
  if (row.trainable() && row.learning_rate_multiplier() != 1) {
    text += " at " + short_text(row.learning_rate_multiplier()) + " of the learning rate";
  }
  if (row.trainable() && row.weight_decay_multiplier() != 1) {
    text += ", " + short_text(row.weight_decay_multiplier()) + " of the weight decay";
  }
  if (row.stored_statistics()) text += ", stored statistics";
  if (row.reinitialized()) text += ", from fresh values";
  return text;
}

/// Neighbours that are treated alike. A layer without batch normalization goes along with those that have one.
struct Group {
  std::string first, last;
  int layers = 0;
  std::int64_t parameters = 0;
  TransferRow treatment;
};

bool belongs_to(const Group& group, const TransferRow& row) {
  return group.treatment.trainable() == row.trainable() &&
         group.treatment.learning_rate_multiplier() == row.learning_rate_multiplier() &&
         group.treatment.weight_decay_multiplier() == row.weight_decay_multiplier() &&
         group.treatment.reinitialized() == row.reinitialized() &&
         group.first.substr(0, group.first.find('/')) == row.layer().substr(0, row.layer().find('/'));
}

std::vector<Group> grouped_rows(const std::vector<TransferRow>& rows) {
  std::vector<Group> groups;
  for (const TransferRow& row : rows) {
    if (groups.empty() || !belongs_to(groups.back(), row)) groups.push_back({row.layer(), row.layer(), 0, 0, row});
    Group& group = groups.back();
    group.last = row.layer();
    ++group.layers;
    group.parameters += row.parameters();
    if (row.stored_statistics()) group.treatment.set_stored_statistics(true);
  }
  return groups;
}

std::string when_text(const TransferStage& stage) {
  if (stage.has_at_epoch()) return "at epoch " + std::to_string(stage.at_epoch());
  const int patience = stage.plateau().patience();
  return "after " + std::to_string(patience) + (patience == 1 ? " epoch" : " epochs") + " without improvement";
}

std::string changes_text(const TransferRule& rule) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (rule.has_trainable()) add(rule.trainable() ? "trained" : "frozen");
  if (rule.has_learning_rate_multiplier()) {
    add("at " + short_text(rule.learning_rate_multiplier()) + " of the learning rate");
  }
  if (rule.has_weight_decay_multiplier()) add(short_text(rule.weight_decay_multiplier()) + " of the weight decay");
  if (rule.has_batch_norm()) add(rule.batch_norm() == STORED_STATISTICS ? "stored statistics" : "batch statistics");
  return text;
}

/// "a*, b and 3 more trained, at 0.1 of the learning rate; c frozen".
std::string rules_text(const TransferStage& stage) {
  constexpr int kMostNames = 6;  // of one change
  std::string text;
  for (int first = 0, end = 0; first < stage.rule_size(); first = end) {
    const std::string changes = changes_text(stage.rule(first));
    for (end = first; end < stage.rule_size() && changes_text(stage.rule(end)) == changes; ++end) {
      if (end - first < kMostNames) {
        text += (end > first ? ", " : first > 0 ? "; " : "") + printable(stage.rule(end).match());
      }
    }
    if (end - first > kMostNames) text += " and " + std::to_string(end - first - kMostNames) + " more";
    text += " " + changes;
  }
  return text;
}

}  // namespace

std::string transfer_text(const Experiment& config, const std::vector<TransferRow>& rows) {
  if (!config.transfer().has_rules()) return {};
  const TransferRules& told = config.transfer().rules();
  std::string text = "transfer: " + printable(told.strategy()) + "\n";
  for (const Group& group : grouped_rows(rows)) {
    text += "  " + printable(group.first);
    if (group.layers > 1) text += " to " + printable(group.last);
    text += " (" + grouped(group.parameters) + (group.parameters == 1 ? " parameter" : " parameters") +
            "): " + treatment_text(group.treatment) + "\n";
  }
  for (const TransferStage& stage : told.stage()) text += "  " + when_text(stage) + ": " + rules_text(stage) + "\n";
  return text;
}

nlohmann::ordered_json transfer_json(const Experiment& config, const std::vector<TransferRow>& rows) {
  if (!config.transfer().has_rules()) return {};
  nlohmann::ordered_json json;
  json["strategy"] = config.transfer().rules().strategy();
  json["stages"] = config.transfer().rules().stage_size();
  for (const TransferRow& row : rows) {
    json["layers"].push_back({{"name", row.layer()},
                              {"parameters", row.parameters()},
                              {"trainable", row.trainable()},
                              {"learning_rate_multiplier", row.learning_rate_multiplier()},
                              {"weight_decay_multiplier", row.weight_decay_multiplier()},
                              {"stored_statistics", row.stored_statistics()},
                              {"reinitialized", row.reinitialized()}});
  }
  return json;
}

}  // namespace thaw
