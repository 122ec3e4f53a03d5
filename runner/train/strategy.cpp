#include "runner/train/strategy.h"

#include <cmath>

#include "runner/train/name_patterns.h"
#include "runner/train/network_depth.h"
#include "runner/train/stage_plan.h"

namespace thaw {
namespace {

using Names = std::set<std::string>;

/// To 12 digits: 0.1 * 0.3 * 0.3 is to be read as 0.009.
double rounded(double value) {
  if (value == 0) return 0;
  const double unit = std::pow(10.0, 11 - std::floor(std::log10(std::abs(value))));
  return std::round(value * unit) / unit;
}

class Expansion {
 public:
  Expansion(const Experiment& config, const StrategyFacts& facts, Findings& findings)
      : transfer_(config.transfer()),
        epochs_(config.train().epochs()),
        facts_(facts),
        names_(facts.built.model),
        findings_(findings) {
    const ParameterNames& names = names_;
    const Names all = names.matched_by("*");
    for (const std::string& name : facts.pretrained) {
      if (all.count(name) > 0) pretrained_.insert(name);
    }
  }

  TransferRules run() {
    switch (transfer_.strategy_case()) {
      case Transfer::kFeatureExtraction:
        rules_.set_strategy("feature_extraction");
        if (has_pretrained("feature_extraction")) freeze();
        break;
      case Transfer::kFineTune:
        rules_.set_strategy("fine_tune");
        if (has_pretrained("fine_tune")) fine_tune(transfer_.fine_tune());
        break;
      case Transfer::kWarmStart:
        rules_.set_strategy("warm_start");
        if (has_pretrained("warm_start")) warm_start();
        break;
      case Transfer::kFromScratch:
        rules_.set_strategy("from_scratch");
        for (const std::string& pattern : names_.patterns_of(pretrained_)) add_rule(pattern)->set_reinitialize(true);
        break;
      case Transfer::kGradualUnfreezing:
        rules_.set_strategy("gradual_unfreezing");
        if (has_pretrained("gradual_unfreezing")) unfreeze_gradually(transfer_.gradual_unfreezing());
        break;
      case Transfer::kRules:
        rules_ = transfer_.rules();
        check_patterns();
        break;
      case Transfer::STRATEGY_NOT_SET:
        break;
    }
    return rules_;
  }

 private:
  bool has_pretrained(const std::string& strategy) {
    if (!pretrained_.empty()) return true;
    findings_.add("transfer." + strategy, "needs pretrained weights, but no layer has any",
                  "expected an onnx layer, a zoo layer with weights, or model.weights; from_scratch needs none");
    return false;
  }

  TransferRule* add_rule(const std::string& pattern) {
    TransferRule* rule = rules_.add_rule();
    rule->set_match(pattern);
    return rule;
  }

  void freeze() {
    for (const std::string& pattern : names_.patterns_of(pretrained_)) {
      TransferRule* rule = add_rule(pattern);
      rule->set_trainable(false);
      rule->set_batch_norm(STORED_STATISTICS);
    }
  }

  void fine_tune(const FineTune& how) {
    for (const std::string& pattern : names_.patterns_of(pretrained_)) {
      TransferRule* rule = add_rule(pattern);
      rule->set_trainable(true);
      rule->set_learning_rate_multiplier(how.learning_rate_multiplier());
      rule->set_batch_norm(how.batch_norm());
    }
    if (how.stage_decay() == 1) return;
    const auto stages = stages_of_depth(facts_.built, pretrained_);
    for (std::size_t i = 1; i < stages.size(); ++i) {
      const double multiplier =
          rounded(how.learning_rate_multiplier() * std::pow(how.stage_decay(), static_cast<double>(i)));
      for (const std::string& pattern : names_.patterns_of(stages[i])) {
        add_rule(pattern)->set_learning_rate_multiplier(multiplier);
      }
    }
  }

  void warm_start() {
    for (const std::string& pattern : names_.patterns_of(pretrained_)) {
      TransferRule* rule = add_rule(pattern);
      rule->set_trainable(true);
      rule->set_batch_norm(BATCH_STATISTICS);
    }
  }

  void unfreeze_gradually(const GradualUnfreezing& how) {
    freeze();
    if (how.stage_size() > 0) return unfreeze_as_told(how);
    const auto stages = stages_of_depth(facts_.built, pretrained_);
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const auto epoch = 1 + static_cast<std::int64_t>(i + 1) * how.every_epochs();
      if (epoch > epochs_) break;
      TransferStage* stage = rules_.add_stage();
      stage->set_at_epoch(static_cast<int>(epoch));
      release(stages[i], how, stage);
    }
  }

  void unfreeze_as_told(const GradualUnfreezing& how) {
    Names frozen = pretrained_;
    for (int i = 0; i < how.stage_size(); ++i) {
      const UnfreezingStage& told = how.stage(i);
      TransferStage* stage = rules_.add_stage();
      if (told.has_at_epoch()) {
        stage->set_at_epoch(told.at_epoch());
      } else {
        *stage->mutable_plateau() = told.plateau();
      }
      for (int k = 0; k < told.unfreeze_size(); ++k) {
        const std::string place =
            "transfer.gradual_unfreezing.stage[" + std::to_string(i) + "].unfreeze[" + std::to_string(k) + "]";
        Names released;
        const Names matched = names_.matched_by(told.unfreeze(k));
        for (const std::string& name : matched) {
          if (frozen.erase(name) > 0) released.insert(name);
        }
        if (!released.empty()) {
          release(released, how, stage);
        } else if (matched.empty()) {
          add_unmatched(place, told.unfreeze(k));
        } else {
          findings_.add(place, "\"" + told.unfreeze(k) + "\" matches nothing that is still frozen",
                        "expected pretrained layers that no stage before this one releases");
        }
      }
    }
  }

  void release(const Names& released, const GradualUnfreezing& how, TransferStage* stage) {
    for (const std::string& pattern : names_.patterns_of(released)) {
      TransferRule* rule = stage->add_rule();
      rule->set_match(pattern);
      rule->set_trainable(true);
      rule->set_learning_rate_multiplier(how.learning_rate_multiplier());
      rule->set_batch_norm(how.batch_norm());
    }
  }

  void check_patterns() {
    const auto check = [&](const std::string& place, const auto& list) {
      for (int i = 0; i < list.size(); ++i) {
        if (names_.matched_by(list[i].match()).empty()) {
          add_unmatched(place + ".rule[" + std::to_string(i) + "].match", list[i].match());
        }
      }
    };
    check("transfer.rules", rules_.rule());
    for (int i = 0; i < rules_.stage_size(); ++i) {
      check("transfer.rules.stage[" + std::to_string(i) + "]", rules_.stage(i).rule());
    }
  }

  void add_unmatched(const std::string& place, const std::string& pattern) {
    findings_.add(place, "\"" + pattern + "\" matches no weights",
                  "expected the name of a layer with weights, of one inside it, or of a parameter; * stands for any "
                  "characters",
                  pattern, names_.candidates());
  }

  const Transfer& transfer_;
  int epochs_;
  StrategyFacts facts_;
  ParameterNames names_;
  Names pretrained_;
  TransferRules rules_;
  Findings& findings_;
};

}  // namespace

void expand_strategy(Experiment& config, const StrategyFacts& facts, Findings& findings) {
  if (!config.has_transfer()) return;
  const bool was_fine = findings.empty();
  TransferRules expanded = Expansion(config, facts, findings).run();
  if (!was_fine || !findings.empty()) return;
  *config.mutable_transfer()->mutable_rules() = std::move(expanded);
  for (int stage = StagePlan(config).first().number; stage <= config.transfer().rules().stage_size(); ++stage) {
    if (!has_anything_to_learn(config, facts.built.model, stage, findings)) return;
  }
}

std::set<std::string> parameters_with_values(const ComposedModel& model) {
  std::set<std::string> names;
  for (const ParameterInit& parameter : model.parameters) {
    if (parameter.values && parameter.role != ParameterRole::kConstant) names.insert(parameter.name);
  }
  return names;
}

}  // namespace thaw
