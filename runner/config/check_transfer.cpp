#include "runner/config/checks.h"

namespace thaw {
namespace {

/// Stages of either kind: when they begin.
template <typename Stages>
void check_epochs(const Stages& stages, const std::string& place, int epochs, Findings& findings) {
  int latest = 0, latest_stage = 0;
  for (int i = 0; i < stages.size(); ++i) {
    if (!stages[i].has_at_epoch()) continue;
    const int epoch = stages[i].at_epoch();
    const std::string field = place + ".stage[" + std::to_string(i) + "].at_epoch";
    if (epoch > epochs) {
      findings.add(field,
                   "cannot be " + std::to_string(epoch) + ": training ends after " + std::to_string(epochs) +
                       (epochs == 1 ? " epoch" : " epochs"),
                   "expected an epoch from 1 to " + std::to_string(epochs));
    } else if (epoch <= latest) {
      findings.add(field,
                   "cannot be " + std::to_string(epoch) + ": stage[" + std::to_string(latest_stage) +
                       "] before it begins at epoch " + std::to_string(latest),
                   "expected a later epoch; stages come one after the other");
    } else {
      latest = epoch;
      latest_stage = i;
    }
  }
}

void check_unfreezing(const GradualUnfreezing& unfreezing, int epochs, Findings& findings) {
  const std::string place = "transfer.gradual_unfreezing";
  check_epochs(unfreezing.stage(), place, epochs, findings);
  if (unfreezing.stage_size() > 0) {
    // A resolved file has the default in any case: only another number was meant to say something.
    const int unsaid = GradualUnfreezing::default_instance().every_epochs();
    if (unfreezing.every_epochs() != unsaid) {
      findings.add(place + ".every_epochs", "says nothing where stages are given: they say when they begin",
                   "expected either of the two");
    }
  } else if (unfreezing.every_epochs() >= epochs) {
    findings.add(place + (unfreezing.has_every_epochs() ? ".every_epochs" : ""),
                 "releases nothing: training ends after " + std::to_string(epochs) +
                     (epochs == 1 ? " epoch" : " epochs") + ", the first release would be before epoch " +
                     std::to_string(unfreezing.every_epochs() + 1),
                 "expected more train.epochs, or fewer every_epochs");
  }
}

void check_rules(const TransferRules& rules_given, int epochs, Findings& findings) {
  check_epochs(rules_given.stage(), "transfer.rules", epochs, findings);
  for (int i = 0; i < rules_given.stage_size(); ++i) {
    for (int k = 0; k < rules_given.stage(i).rule_size(); ++k) {
      if (!rules_given.stage(i).rule(k).has_reinitialize()) continue;
      findings.add("transfer.rules.stage[" + std::to_string(i) + "].rule[" + std::to_string(k) + "].reinitialize",
                   "cannot be said of a stage: weights start afresh before the first step, or not at all",
                   "expected it in a rule outside of stages");
    }
  }
}

}  // namespace

void check_transfer(const Experiment& config, Findings& findings) {
  const int epochs = config.train().epochs();
  if (config.transfer().has_gradual_unfreezing()) {
    check_unfreezing(config.transfer().gradual_unfreezing(), epochs, findings);
  } else if (config.transfer().has_rules()) {
    check_rules(config.transfer().rules(), epochs, findings);
  }
}

}  // namespace thaw
