#include "runner/train/trainer.h"

#include "runner/train/run_facts.h"
#include "runner/train/training_run.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::shared_ptr<const SampleSource> open_split(const Experiment& config, const std::string& split,
                                               const DataRoots& roots, Findings& findings) {
  const Source& source = split == "train" ? config.data().train() : config.data().validation();
  std::vector<SourceError> errors;
  auto opened = open_source(source, roots, config.seed(), split, errors);
  for (const SourceError& error : errors) {
    findings.add("data." + split + (error.field.empty() ? "" : "." + error.field), error.message);
  }
  if (!opened) return nullptr;
  check_against_data(config, split,
                     {.height = opened->height(),
                      .width = opened->width(),
                      .channels = opened->channels(),
                      .classes = opened->classes(),
                      .max_objects = opened->max_objects()},
                     findings);
  return opened;
}

}  // namespace

PreparedExperiment prepare(LoadedExperiment loaded, const DataRoots& roots) {
  PreparedExperiment prepared{std::move(loaded), nullptr, nullptr};
  const Experiment& config = prepared.loaded.config;
  Findings findings = prepared.loaded.findings();
  check_experiment(config, findings);
  prepared.train = open_split(config, "train", roots, findings);
  if (config.data().has_validation()) prepared.validation = open_split(config, "validation", roots, findings);
  // Shapes are worth finding even where a data file is missing, but not in a network that is wired wrongly.
  if (findings.empty()) {
    build_training(config, findings);
  }
  findings.throw_if_any();
  return prepared;
}

RunOutcome run_experiment(const PreparedExperiment& prepared, std::shared_ptr<Device> device,
                          const RunOptions& options) {
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
  return TrainingRun(prepared, std::move(device), options, id).run();
}

}  // namespace thaw
