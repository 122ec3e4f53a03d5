#include "runner/config/checks.h"
#include "runner/config/load.h"
#include "schemas/rule_words.h"
#include "schemas/targets.h"

namespace thaw {

void check_experiment(const Experiment& config, Findings& findings) {
  const ModelFacts facts(config.model());
  const bool is_wired_well = check_wiring(config.model(), facts, findings);
  check_outputs(config, facts, is_wired_well, findings);
  check_sources(config, findings);
  check_training(config, findings);
  check_transfer(config, findings);
}

void check_training(const Experiment& config, Findings& findings) {
  if (config.compute().precision() == INT8) {
    findings.add("compute.precision", "cannot be INT8: nothing can be learned in steps of 8 bits",
                 "expected FLOAT32 or BFLOAT16; transfer.trunk.precision takes INT8");
  }
  const Train& train = config.train();
  const double warmup = train.schedule().cosine().warmup_epochs();
  if (train.schedule().has_cosine() && warmup >= train.epochs()) {
    findings.add(
        "train.schedule.cosine.warmup_epochs",
        "cannot be " + number_words(warmup) + ": training ends after " + std::to_string(train.epochs()) + " epochs",
        "expected a number below " + std::to_string(train.epochs()));
  }
  if (!train.best().has_metric()) return;
  for (const Metric& metric : config.metric()) {
    const bool is_it = names_of_metric(metric).front() == train.best().metric();
    if (!is_it || !is_for_validation_alone(metric) || has_validation(config.data())) continue;
    return findings.add("train.best.metric",
                        "\"" + train.best().metric() + "\" is measured on validation samples alone, and there are none",
                        "expected data.validation, or a metric that is measured in training too");
  }
  const std::vector<std::string> names = monitor_names(config);
  for (const std::string& name : names) {
    if (name == train.best().metric()) return;
  }
  findings.add("train.best.metric", "unknown metric \"" + train.best().metric() + "\"",
               "expected " + one_of_words(names), train.best().metric(), names);
}

}  // namespace thaw
