// What tells experiments that may train side by side.
#include <map>
#include <set>

#include "runner/store/sha256.h"
#include "runner/train/build.h"
#include "runner/train/session.h"
#include "runner/train/side_by_side.h"
#include "runner/train/stage_plan.h"
#include "runner/train/trunk_program.h"

namespace thaw {
namespace {

/// Adds how a frozen weight starts, which is how it stays.
class FrozenStarts {
 public:
  FrozenStarts(const PreparedExperiment& prepared, const ComposedModel& model) : loaded_(prepared.weights.digests) {
    for (const ParameterInit& parameter : model.parameters) parameters_[parameter.name] = &parameter;
    for (const WeightsLoaded& table : prepared.weights.tables) {
      for (const WeightRow& row : table.row()) {
        const bool is_taken = row.state() == WeightRow::LOADED || row.state() == WeightRow::ADAPTED;
        if (is_taken) sources_[row.parameter()] = table.source() + "\n" + row.tensor();
      }
    }
  }

  bool is_ever_changed(const std::string& name) const { return parameters_.at(name)->is_ever_changed; }

  /// With its name, by which a run keeps it, and by which its numbers are drawn.
  void add(const std::string& name, Sha256& hash) const {
    hash.add_sized(name);
    const ParameterInit& parameter = *parameters_.at(name);
    const auto loaded = loaded_.find(name);
    const auto source = sources_.find(name);
    if (parameter.treatment.is_reinitialized) {
      add_drawn(parameter, hash);
    } else if (loaded != loaded_.end()) {
      hash.add_sized(loaded->second);
    } else if (source != sources_.end()) {  // of an experiment that has to be run first
      hash.add_sized("foreseen");
      hash.add_sized(source->second);
    } else if (parameter.values) {
      add_values(*parameter.values, hash);
    } else {
      add_drawn(parameter, hash);
    }
  }

 private:
  static void add_values(const std::vector<float>& values, Sha256& hash) {
    hash.add_sized(sha256_hex({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}));
  }

  /// Drawn from the experiment's seed.
  static void add_drawn(const ParameterInit& parameter, Sha256& hash) {
    hash.add_sized("drawn");
    for (const std::int64_t number : {std::int64_t{parameter.initializer}, parameter.fan_in, parameter.fan_out}) {
      hash.add_integer(number);
    }
  }

  const std::map<std::string, std::string>& loaded_;
  std::map<std::string, const ParameterInit*> parameters_;
  std::map<std::string, std::string> sources_;
};

void add_samples(const SampleSource* source, Sha256& hash) {
  hash.add_sized(source != nullptr ? source->fingerprint() : "");
  if (source == nullptr) return;
  hash.add_integer(source->size());
  hash.add_integer(source->variants());
}

/// What batches are made of, and what they meet in the trunk.
void add_settings(const PreparedExperiment& prepared, Sha256& hash) {
  const Experiment& config = prepared.loaded.config;
  hash.add_integer(static_cast<std::int64_t>(config.seed()));
  hash.add_integer(config.train().batch_size());
  hash.add_integer(config.data().train().shuffle() ? 1 : 0);
  add_samples(prepared.train.get(), hash);
  add_samples(prepared.validation.get(), hash);
  hash.add_integer(config.compute().threads());
  hash.add_integer(static_cast<std::int64_t>(precision_of(config)));
  hash.add_integer(static_cast<std::int64_t>(trunk_precision_of(config)));
  hash.add_integer(config.transfer().trunk().cache() ? 1 : 0);
}

}  // namespace

std::string group_key(const PreparedExperiment& prepared) {
  const Experiment& config = prepared.loaded.config;
  const StagePlan stages(config);
  const int stage = stages.first().number;
  if (stage < stages.count()) return {};  // each begins at a moment of its own, and may move the cut
  Findings findings;
  const BuiltGraph whole = build_whole(config, prepared.models.files, stage, findings);
  if (!findings.empty() || whole.cut.empty()) return {};
  const TrunkGraph trunk = build_trunk(config, prepared.models.files, whole.cut, config.train().batch_size());
  const FrozenStarts weights(prepared, whole.model);
  for (const ValueId parameter : trunk.graph->parameters()) {
    if (weights.is_ever_changed(trunk.graph->value(parameter).name)) return {};
  }
  Sha256 hash;
  hash.add_sized("thaw group 1");
  add_settings(prepared, hash);
  add_trunk(hash, trunk, [&](const std::string& name) { weights.add(name, hash); });
  return hash.hex();
}

}  // namespace thaw
