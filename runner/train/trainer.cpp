#include "runner/train/trainer.h"

#include <chrono>

#include "runner/config/checks.h"
#include "runner/config/model_facts.h"
#include "runner/config/resolve.h"
#include "runner/data/open_data.h"
#include "runner/data/pictures/open_pictures.h"
#include "runner/progress.h"
#include "runner/store/sha256.h"
#include "runner/train/class_weights.h"
#include "runner/train/preparation_cache.h"
#include "runner/train/run_facts.h"
#include "runner/train/strategy.h"
#include "runner/train/training_group.h"
#include "runner/train/weights/load.h"
#include "schemas/diagnostic.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

DataFacts facts_of(const SampleSource& source) {
  return {.height = source.height(),
          .width = source.width(),
          .channels = source.channels(),
          .classes = source.classes(),
          .max_objects = source.max_objects() / source.mixed_samples(),
          .min_objects = source.min_objects() / source.mixed_samples()};
}

void check_set(const Experiment& config, const std::string& split, const SampleSource* set, Findings& findings) {
  if (set != nullptr) check_against_data(config, split, facts_of(*set), findings);
}

/// What findings about the validation set speak of: what `validation_split` sets aside is a part of the train data.
std::string validation_name(const Experiment& config) {
  return config.data().has_validation_split() ? "train" : "validation";
}

/// All that the sets depend on; roots are the same for all who share a cache, and places of files too.
std::string data_key(const Experiment& config) {
  const Input& input = config.model().input();
  Data data = config.data();
  data.clear_loader_threads();
  data.clear_prefetch_batches();
  return data.SerializeAsString() + "/" + to_text(Shape{input.height(), input.width(), input.channels()}) + "/" +
         std::to_string(config.seed());
}

OpenedData open_sets(const Experiment& config, const DataRoots& roots, Findings& findings, PreparationCache* cache) {
  // Pictures are all decoded, which may take minutes: not for an experiment that is refused whatever they show.
  const bool has_pictures = has_picture_files(config.data().train()) || has_picture_files(config.data().validation());
  if (has_pictures && !findings.empty()) return {};
  const std::string key = cache == nullptr ? "" : data_key(config);
  OpenedData opened;
  if (const OpenedData* known = cache == nullptr ? nullptr : cache->data.find(key)) {
    opened = *known;
  } else {
    const Input& input = config.model().input();
    Progress progress;
    const OpenContext context{.roots = roots,
                              .seed = config.seed(),
                              .input = {input.height(), input.width(), input.channels()},
                              .tell_progress = [&progress](std::int64_t done, std::int64_t total) {
                                progress.samples("reading pictures", done, total, std::chrono::seconds(1));
                              }};
    std::vector<SourceError> errors;
    opened = open_data(config.data(), context, errors);
    for (const SourceError& error : errors) findings.add("data." + error.field, error.message);
    if (cache != nullptr && errors.empty()) cache->data.keep(key, opened);
  }
  check_set(config, "train", opened.train.get(), findings);
  check_set(config, validation_name(config), opened.validation.get(), findings);
  return opened;
}

OpenedModels open_models(const Experiment& config, const DataRoots& roots, Findings& findings,
                         PreparationCache* cache) {
  if (cache == nullptr) return open_model_files(config.model(), roots, findings);
  const std::string key = config.model().SerializeAsString();
  if (const OpenedModels* known = cache->models.find(key)) return *known;
  Findings own = findings;
  const std::size_t before = own.sorted().size();
  OpenedModels opened = open_model_files(config.model(), roots, own);
  if (own.sorted().size() == before) cache->models.keep(key, opened);
  findings = std::move(own);
  return opened;
}

/// The weights that the experiment starts from; what has to be run for them first goes to `prepared`.
PretrainedWeights open_weights(PreparedExperiment& prepared, const ComposedModel& model, const DataRoots& roots,
                               const PretrainingPlaces& places, Findings& findings) {
  const PretrainingRequest request{prepared.loaded, roots, places, findings, prepared.run_first};
  const auto open_experiment = [&](const Weights& weights, const std::string& field) {
    return open_experiment_weights(weights, field, request);
  };
  LastFew<LoadedWeights>* cache = places.cache != nullptr ? &places.cache->weights : nullptr;
  return load_weights({prepared.loaded, model, roots, findings, open_experiment, cache});
}

/// What only the shapes tell of outputs whose units the file does not give.
void check_output_units(const Experiment& config, const BuiltGraph& built, const PreparedExperiment& prepared,
                        Findings& findings) {
  ModelFacts facts(config.model());
  const int classes = prepared.train->classes();
  for (const Loss& loss : config.train().loss()) {
    const int layer = facts.find(loss.output());
    if (layer < 0 || facts.units(layer)) continue;
    const Shape& shape = built.graph->value(built.model.outputs.at(loss.output())).type.shape;
    const Target target = target_of_loss(loss, shape.size() == 2 ? shape[1] : classes);
    const bool is_binary = shape.size() == 2 && class_kind_of(target, shape[1]) == ClassKind::kBinary;
    const std::int64_t wanted = target == BOX ? 4 : classes;
    if (is_binary || (shape.size() == 2 && shape[1] == wanted)) {
      facts.learn_units(layer, static_cast<int>(shape[1]));
      continue;
    }
    findings.add(layer_path(layer),
                 "\"" + loss.output() + "\" gives " + to_text(Shape(shape.begin() + 1, shape.end())) +
                     " for a sample, " +
                     (target == BOX ? "but is compared with a box"
                                    : "but the train data has " + std::to_string(classes) + " classes"),
                 "expected " + std::to_string(wanted) + " values");
  }
  if (!findings.empty()) return;
  // Nothing was found before, so whatever these find now is about the units that were learned.
  check_outputs(config, facts, true, findings);
  check_targets_against_data(config, facts, {"train", facts_of(*prepared.train)}, findings);
  if (prepared.validation) {
    check_targets_against_data(config, facts, {validation_name(config), facts_of(*prepared.validation)}, findings);
  }
}

/// Weights may lie beside the file that names them: what counts is what came out.
std::string weights_sha256(const OpenedModels& models, const ComposedModel& model) {
  if (models.facts.empty()) return {};
  Sha256 hash;
  for (const ModelFileFact& fact : models.facts) hash.add_sized(fact.sha256);
  for (const ParameterInit& parameter : model.parameters) {
    if (!parameter.values) continue;
    hash.add_sized(parameter.name);
    hash.add({reinterpret_cast<const char*>(parameter.values->data()), parameter.values->size() * sizeof(float)});
  }
  return hash.hex();
}

/// From here on the experiment holds rules instead of the strategy's name, and so does the text that the run keeps.
void resolve_transfer(LoadedExperiment& loaded, const StrategyFacts& facts, Findings& findings) {
  if (!loaded.config.has_transfer()) return;
  expand_strategy(loaded.config, facts, findings);
  loaded.resolved_text = resolve(loaded.config);
}

}  // namespace

int exit_code(RunEnd end) {
  switch (end) {
    case RunEnd::kDone:
    case RunEnd::kPaused:
      return 0;
    case RunEnd::kDiverged:
      return 3;
    case RunEnd::kStopped:
      break;
  }
  return 75;
}

PreparedExperiment prepare(LoadedExperiment loaded, const DataRoots& roots, const PretrainingPlaces& places) {
  PreparedExperiment prepared;
  prepared.loaded = std::move(loaded);
  const Experiment& config = prepared.loaded.config;
  Findings findings = prepared.loaded.findings();
  check_experiment(config, findings);
  OpenedData data = open_sets(config, roots, findings, places.cache);
  prepared.train = std::move(data.train);
  prepared.validation = std::move(data.validation);
  prepared.warnings = std::move(data.warnings);
  if (prepared.train) prepared.class_weights = class_weights_of(config, *prepared.train, findings);
  prepared.models = open_models(config, roots, findings, places.cache);
  // Shapes are worth finding even where a data file is missing, but not in a network that is wired wrongly.
  if (findings.empty()) {
    Experiment plain = config;  // rules must not change what counts as taken from files
    plain.clear_transfer();
    const BuiltGraph built = build_training(plain, prepared.models.files, findings);
    if (findings.empty()) check_output_units(config, built, prepared, findings);
    prepared.model_sha256 = weights_sha256(prepared.models, built.model);
    if (findings.empty()) prepared.weights = open_weights(prepared, built.model, roots, places, findings);
    for (const ParameterInit& parameter : built.model.parameters) prepared.parameters[parameter.name] = parameter.shape;
    prepared.pretrained = pretrained_names(config.model(), built.model, prepared.weights);
    if (findings.empty()) resolve_transfer(prepared.loaded, {built, prepared.pretrained}, findings);
  }
  findings.throw_if_any();
  return prepared;
}

PreparedExperiment prepare_again(const PreparedExperiment& like, std::uint64_t seed, const DataRoots& roots,
                                 PreparationCache* cache) {
  PreparedExperiment prepared = like;
  prepared.loaded.config.set_seed(seed);
  prepared.loaded.resolved_text = resolve(prepared.loaded.config);
  const Experiment& config = prepared.loaded.config;
  Findings findings = prepared.loaded.findings();
  OpenedData data = open_sets(config, roots, findings, cache);
  prepared.train = std::move(data.train);
  prepared.validation = std::move(data.validation);
  prepared.warnings = std::move(data.warnings);
  if (prepared.train) prepared.class_weights = class_weights_of(config, *prepared.train, findings);
  findings.throw_if_any();
  return prepared;
}

RunOutcome run_experiment(PreparedExperiment prepared, std::shared_ptr<Device> device, const RunOptions& options) {
  std::vector<PreparedExperiment> alone;
  alone.push_back(std::move(prepared));
  return train_group(std::move(alone), std::move(device), options).front();
}

}  // namespace thaw
