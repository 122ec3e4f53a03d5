#include "runner/train/trainer.h"

#include "runner/config/model_facts.h"
#include "runner/data/open_data.h"
#include "runner/store/sha256.h"
#include "runner/train/run_facts.h"
#include "runner/train/training_run.h"
#include "schemas/diagnostic.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

void check_set(const Experiment& config, const std::string& split, const SampleSource* set, Findings& findings) {
  if (set == nullptr) return;
  check_against_data(config, split,
                     {.height = set->height(),
                      .width = set->width(),
                      .channels = set->channels(),
                      .classes = set->classes(),
                      .max_objects = set->max_objects() / set->mixed_samples(),
                      .min_objects = set->min_objects() / set->mixed_samples()},
                     findings);
}

OpenedData open_sets(const Experiment& config, const DataRoots& roots, Findings& findings) {
  const Input& input = config.model().input();
  const OpenContext context{
      .roots = roots, .seed = config.seed(), .input = {input.height(), input.width(), input.channels()}};
  std::vector<SourceError> errors;
  OpenedData opened = open_data(config.data(), context, errors);
  for (const SourceError& error : errors) findings.add("data." + error.field, error.message);
  check_set(config, "train", opened.train.get(), findings);
  check_set(config, "validation", opened.validation.get(), findings);
  return opened;
}

/// What only the shapes tell of outputs whose units the file does not give.
void check_output_units(const Experiment& config, const BuiltGraph& built, int classes, Findings& findings) {
  const ModelFacts facts(config.model());
  for (const Loss& loss : config.train().loss()) {
    const int layer = facts.find(loss.output());
    const Target target = target_of_loss(loss);
    if (layer < 0 || facts.units(layer)) continue;
    const Shape& shape = built.graph->value(built.model.outputs.at(loss.output())).type.shape;
    const std::int64_t wanted = target == BOX ? 4 : classes;
    if (shape.size() == 2 && shape[1] == wanted) continue;
    findings.add(layer_path(layer),
                 "\"" + loss.output() + "\" gives " + to_text(Shape(shape.begin() + 1, shape.end())) +
                     " for a sample, " +
                     (target == BOX ? "but is compared with a box"
                                    : "but the train data has " + std::to_string(classes) + " classes"),
                 "expected " + std::to_string(wanted) + " values");
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

}  // namespace

PreparedExperiment prepare(LoadedExperiment loaded, const DataRoots& roots) {
  PreparedExperiment prepared{std::move(loaded), nullptr, nullptr, {}, {}, {}};
  const Experiment& config = prepared.loaded.config;
  Findings findings = prepared.loaded.findings();
  check_experiment(config, findings);
  OpenedData data = open_sets(config, roots, findings);
  prepared.train = std::move(data.train);
  prepared.validation = std::move(data.validation);
  prepared.warnings = std::move(data.warnings);
  prepared.models = open_model_files(config.model(), roots, findings);
  // Shapes are worth finding even where a data file is missing, but not in a network that is wired wrongly.
  if (findings.empty()) {
    const BuiltGraph built = build_training(config, prepared.models.files, findings);
    if (findings.empty()) check_output_units(config, built, prepared.train->classes(), findings);
    prepared.model_sha256 = weights_sha256(prepared.models, built.model);
  }
  findings.throw_if_any();
  return prepared;
}

RunOutcome run_experiment(PreparedExperiment prepared, std::shared_ptr<Device> device, const RunOptions& options) {
  const std::string id = run_id(prepared, *device).substr(0, 12);
  {
    const RunFolder folder = RunFolder::open(options.runs_root, prepared.loaded.config.name(), id);
    const RunStatus status = folder.status();
    if (status == RunStatus::kFinished) {
      return {
          RunEnd::kDone, folder.path(),
          std::string("already done") +
              (options.wants_profile ? "; nothing is left to train, so nothing was timed: --profile needs a run that "
                                       "is not done, as in: --runs DIR elsewhere"
                                     : "")};
    }
    if (status == RunStatus::kDiverged) {
      const auto diverged = load_run(folder.path()).diverged;
      return {RunEnd::kDiverged, folder.path(),
              "diverged before, and would again: " + (diverged ? diverged->advice() : std::string())};
    }
  }
  return TrainingRun(std::move(prepared), std::move(device), options, id).run();
}

}  // namespace thaw
