#include "runner/train/pretraining.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "runner/store/run_folder.h"
#include "runner/train/preparation_cache.h"
#include "runner/train/run_facts.h"
#include "runner/train/trainer.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

/// Of the file that names another experiment: its base's folder where the base does.
std::string folder_of_field(const LoadedExperiment& loaded, const std::string& field) {
  const auto found = loaded.places.find(field);
  const bool is_in_a_file = found != loaded.places.end() && !found->second.file.starts_with("--set ");
  if (!is_in_a_file) return loaded.folder;
  const fs::path folder = fs::path(found->second.file).parent_path();
  return folder.empty() ? "." : folder.string();
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored);
}

class Pretraining {
 public:
  Pretraining(const Weights& weights, const std::string& field, const PretrainingRequest& request)
      : path_(weights.experiment()), field_(field + ".experiment"), request_(request) {}

  std::unique_ptr<WeightSource> open() {
    const std::string place = find();
    if (place.empty() || is_waited_for(place)) return nullptr;
    if (PreparationCache* cache = request_.places.cache) {
      if (const auto known = cache->experiments.find(place); known != cache->experiments.end()) {
        return weights_of(known->second);
      }
    }
    try {
      LoadedExperiment loaded = load_experiment(place, {});
      if (loaded.config.has_sweep()) {
        request_.findings.add(field_, "cannot use " + path_ + ": it has a sweep, so that it is many runs",
                              "expected an experiment without one");
        return nullptr;
      }
      DataRoots roots{request_.places.data_folders};
      roots.folders.push_back(loaded.folder);
      PretrainingPlaces places = request_.places;
      places.above.push_back(request_.loaded.file);
      return weights_of(prepare(std::move(loaded), roots, places), place);
    } catch (const InputError& error) {
      request_.findings.add(field_, "cannot use " + path_ + ": it has mistakes of its own");
      for (const Diagnostic& found : error.findings()) request_.findings.add(found);
      return nullptr;
    }
  }

 private:
  std::string find() {
    DataRoots places{{folder_of_field(request_.loaded, field_)}};
    places.folders.insert(places.folders.end(), request_.roots.folders.begin(), request_.roots.folders.end());
    try {
      return path_.empty() ? throw InputError("cannot be \"\"")
                           : fs::path(places.resolve(path_)).lexically_normal().string();
    } catch (const InputError& error) {
      request_.findings.add(field_, error.what(), "expected the path of another experiment, relative to this file");
      return {};
    }
  }

  bool is_waited_for(const std::string& place) {
    std::vector<std::string> chain = request_.places.above;
    chain.push_back(request_.loaded.file);
    const auto first =
        std::find_if(chain.begin(), chain.end(), [&](const std::string& file) { return is_same_file(file, place); });
    if (first == chain.end()) return false;
    std::string text;
    for (auto file = first; file != chain.end(); ++file) text += *file + " -> ";
    request_.findings.add(field_, "the weights of " + path_ + " are needed to compute themselves: " + text + place);
    return true;
  }

  std::unique_ptr<WeightSource> weights_of(const PreparedExperiment& prepared, const std::string& place) {
    PreparationCache::Pretrained found{"", prepared.run_first, prepared.parameters};
    std::string reason = "needs what was named before it";
    if (prepared.run_first.empty()) {
      const Experiment& config = prepared.loaded.config;
      const auto& open_device = request_.places.open_device;
      const auto device = open_device ? open_device(config) : make_cpu_device(config.compute().threads());
      const std::string id = run_id(prepared, *device).substr(0, 12);
      const std::string folder = (fs::path(request_.places.runs_root) / config.name() / id).string();
      const RunStatus status = run_status(folder);
      if (status == RunStatus::kFinished) found.run_folder = folder;
      reason = status == RunStatus::kDiverged    ? "diverged when it was run"
               : status == RunStatus::kResumable ? "was not finished: it goes on where it was"
                                                 : "has not been run";
    }
    if (found.run_folder.empty()) found.run_first.push_back({place, "", reason});
    if (request_.places.cache != nullptr) request_.places.cache->experiments[place] = found;
    return weights_of(found);
  }

  std::unique_ptr<WeightSource> weights_of(const PreparationCache::Pretrained& found) {
    const std::string title = "experiment " + path_;
    if (!found.run_folder.empty()) return open_run_weights(title, found.run_folder);
    for (RunFirst first : found.run_first) {
      if (first.field.empty()) first.field = field_;
      request_.run_first.push_back(first);
    }
    return foreseen_weights(title, found.parameters);
  }

  const std::string& path_;
  const std::string field_;
  const PretrainingRequest& request_;
};

}  // namespace

std::unique_ptr<WeightSource> open_experiment_weights(const Weights& weights, const std::string& field,
                                                      const PretrainingRequest& request) {
  return Pretraining(weights, field, request).open();
}

}  // namespace thaw
