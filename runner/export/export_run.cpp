#include "runner/export/export_run.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "graph/onnx/write.h"
#include "runner/config/load.h"
#include "runner/store/durable_file.h"
#include "runner/store/run_weights.h"
#include "runner/store/sha256.h"
#include "runner/train/build.h"
#include "runner/train/model_files.h"
#include "runner/train/run_facts.h"
#include "runner/train/session.h"
#include "runner/train/tensor_sha256.h"
#include "schemas/diagnostic.h"
#include "schemas/record.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

// No extent of a network is a multiple of it by chance: what is can only be the batch.
constexpr std::int64_t kBatch = 1009;

/// Weights with where they come from.
struct ExportedWeights {
  std::map<std::string, NamedTensor> tensors;
  std::string origin;  ///< "best, epoch 3"
};

std::string hash_of(const std::string& path) {
  return fs::is_regular_file(path) ? sha256_hex(read_file(path)) : std::string();
}

/// Where a model file lies now: the very file that the run read.
std::string find_again(const ModelFile& wanted, const ExportOptions& options) {
  std::vector<std::string> places;
  for (const std::string& folder : options.data_folders) places.push_back((fs::path(folder) / wanted.path()).string());
  places.push_back(wanted.place());
  std::string looked;
  for (const std::string& place : places) {
    const std::string hash = hash_of(place);
    if (hash == wanted.sha256()) return place;
    looked += "\n  " + place + (hash.empty() ? ": no such file" : ": another file (SHA-256 " + hash + ")");
  }
  throw InputError(options.run + ": its network was built from " + wanted.path() + " (SHA-256 " + wanted.sha256() +
                   "), which is not there any more; give its folder with --data:" + looked);
}

ModelFiles open_models(const Started& started, const ExportOptions& options) {
  std::vector<ModelFileFact> places;
  for (const ModelFile& file : started.model_file()) places.push_back({file.path(), find_again(file, options), {}});
  return open_model_files_at(places).files;
}

ExportedWeights weights_of(const EffectiveRecord& record, const ExportOptions& options) {
  auto found = read_run_weights(options.run, options.wants_last ? WhichWeights::kLast : WhichWeights::kBest);
  if (!found) {
    const bool has_last = !options.wants_last && read_run_weights(options.run, WhichWeights::kLast).has_value();
    throw InputError(options.run + ": has no " + (options.wants_last ? "checkpoint" : "best weights") +
                     " yet: no epoch was finished" +
                     (has_last ? "; --weights last takes those of its newest checkpoint"
                               : "; run it first: " + record.started.command()));
  }
  ExportedWeights weights{{}, found->origin};
  for (NamedTensor& tensor : found->tensors) weights.tensors[tensor.name] = std::move(tensor);
  return weights;
}

/// The batch stays open unless a model that is part of the network fixes it.
std::int64_t batch_of(const Experiment& config, const ModelFiles& files) {
  for (const auto& [path, file] : files) {
    for (const OnnxInput& input : file->inputs()) {
      if (!input.extents.empty() && input.extents[0] > 0) return config.train().batch_size();
    }
  }
  return kBatch;
}

std::string metadata_classes(const Started& started) {
  nlohmann::json names = nlohmann::json::array();
  for (const std::string& name : started.class_name()) names.push_back(name);
  return names.dump();
}

std::string shape_text(const Shape& shape, bool is_open) {
  std::string text = is_open ? "N" : std::to_string(shape.at(0));
  for (std::size_t i = 1; i < shape.size(); ++i) text += "x" + std::to_string(shape[i]);
  return text;
}

}  // namespace

std::string export_run(const ExportOptions& options) {
  const EffectiveRecord record = load_run(options.run);
  const LoadedExperiment loaded = load_experiment(options.run + "/experiment.pbtxt", {});
  const ExportedWeights weights = weights_of(record, options);
  const ModelFiles files = open_models(record.started, options);
  const std::int64_t batch = batch_of(loaded.config, files);
  Findings findings = loaded.findings();
  const BuiltGraph built = build_inference(loaded.config, files, batch, findings);
  findings.throw_if_any();

  std::vector<NamedTensor> used;
  for (const ParameterInit& parameter : built.model.parameters) {
    const auto found = weights.tensors.find(parameter.name);
    if (found == weights.tensors.end() || found->second.shape != parameter.shape) {
      throw InputError(options.run + ": its weights lack " + parameter.name + " of " + to_text(parameter.shape));
    }
    used.push_back(found->second);
  }
  std::sort(used.begin(), used.end(), [](const NamedTensor& a, const NamedTensor& b) { return a.name < b.name; });
  const std::string sha256 = tensors_sha256(used);

  const bool is_open = batch == kBatch;
  OnnxExport model;
  model.name = record.started.name();
  model.batch = is_open ? batch : 0;
  model.weights = [&](const std::string& name) { return weights.tensors.at(name).values; };
  model.metadata = {{"experiment", record.started.name()},
                    {"run_id", record.started.id()},
                    {"class_names", metadata_classes(record.started)},
                    {"weights", weights.origin},
                    {"weights_sha256", sha256},
                    {"thaw_version", kVersion}};
  const auto shape_of = [&](ValueId value) { return shape_text(built.graph->value(value).type.shape, is_open); };
  std::string text = "model: " + options.output + "\n  weights: " + weights.origin + ", SHA-256 " + sha256 +
                     "\n  input:  " + loaded.config.model().input().name() + " float32 " + shape_of(built.model.input) +
                     "\n";
  for (const auto& [name, value] : built.reads) {
    model.outputs.emplace_back(name, value);
    text += "  output: " + name + " float32 " + shape_of(value) + "\n";
  }
  write_file_durably(options.output, onnx_bytes(*built.graph, model));
  return text;
}

}  // namespace thaw
