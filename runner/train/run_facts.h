#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/train/session.h"
#include "runner/train/trainer.h"
#include "schemas/record.h"

namespace thaw {

inline constexpr const char* kVersion = "0.1.0";

/// The number that decides which epoch is the best.
struct BestRule {
  std::string metric;
  bool is_max = false;
};
BestRule best_rule(const Experiment& config, const std::vector<MetricInfo>& metrics);

/// What a run is named by: everything its weights depend on, so not its name and description. 64 hex digits.
std::string run_id(const PreparedExperiment& prepared, const Device& device);

struct StartFacts {
  const PreparedExperiment& prepared;
  const Session& session;
  const Device& device;
  const RunOptions& options;
  const std::string& id;
  const std::vector<MetricInfo>& metrics;
  std::int64_t steps_per_epoch;
  const std::string& best_metric;
  bool best_is_max;
};
Started describe_start(const StartFacts& facts);

/// Sizes, FLOPs and memory of the bound programs.
Plan describe_plan(const Session& session);
std::vector<LayerRow> describe_layers(const ComposedModel& model);

/// The first tensor that is not finite, in words.
struct Divergence {
  std::string tensor, layer, kind;
};
Divergence describe_divergence(const Session& session, const std::optional<ValueId>& value);

/// SHA-256 over every epoch's metric names and exact values.
std::string metrics_sha256(const EffectiveRecord& record);

/// "adam", "sgd", "rmsprop".
std::string optimizer_name(const Experiment& config);
/// "1,234,567".
std::string grouped(std::int64_t value);
/// A number in few digits.
std::string short_text(double value);

}  // namespace thaw
