#pragma once

#include <string>
#include <vector>

#include "schemas/experiment.pb.h"

namespace thaw {

/// What is done with weights while training.
struct Treatment {
  bool is_trainable = true;
  double learning_rate_multiplier = 1;
  double weight_decay_multiplier = 1;
  BatchNormMode batch_norm = BATCH_STATISTICS;
  bool is_reinitialized = false;  ///< they start from initializer and seed, whatever a file holds

  bool operator==(const Treatment&) const = default;
};

/// Whether a rule's pattern speaks of `name`, which is a layer's ("backbone", "backbone/conv1_bn") or a parameter's in
/// full ("backbone/conv1_bn/gamma"): it matches the name, or a layer that the name lies in.
bool speaks_of(const std::string& pattern, const std::string& name);

/// What rules say at one stage of training. Stage 0 goes by the rules alone; in stage k those of the first k stages
/// join. A later rule wins where two speak of the same; what none speaks of is trained.
class Treatments {
 public:
  Treatments() = default;
  explicit Treatments(TransferRules all_rules, int stage = 0) : rules_(std::move(all_rules)), stage_(stage) {}

  /// Of what goes by all these names: a rule that speaks of one speaks of it.
  Treatment of(const std::vector<std::string>& names) const { return of(names, stage_); }
  Treatment of(const std::vector<std::string>& names, int stage) const;
  /// How often the rules change while training.
  int stages() const { return rules_.stage_size(); }
  int stage() const { return stage_; }

 private:
  TransferRules rules_;
  int stage_ = 0;
};

}  // namespace thaw
