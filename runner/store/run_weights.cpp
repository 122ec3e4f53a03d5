#include "runner/store/run_weights.h"

#include <filesystem>
#include <map>
#include <utility>

#include "runner/store/checkpoint.h"

namespace thaw {
namespace {

bool is_file(const std::string& path) {
  std::error_code ignored;  // What may not be looked at is not there.
  return std::filesystem::is_regular_file(path, ignored);
}

}  // namespace

std::optional<RunWeights> read_run_weights(const std::string& run_folder, WhichWeights which) {
  const std::string folder = run_folder + "/checkpoints";
  const std::string best = folder + "/best.safetensors", frozen = folder + "/frozen.safetensors";
  std::optional<Checkpoint> found;
  RunWeights weights;
  if (which == WhichWeights::kLast) {
    std::error_code ignored;
    if (std::filesystem::is_directory(folder, ignored)) found = find_latest(folder).checkpoint;
    if (found) weights.origin = "last, step " + std::to_string(found->step);
  } else if (is_file(best)) {
    found = read_checkpoint(best);
    weights.origin = "best, epoch " + std::to_string(found->metadata.integer("epoch"));
  }
  if (!found) return std::nullopt;
  weights.step = found->step;
  std::map<std::string, NamedTensor> by_name;
  for (NamedTensor& tensor : found->tensors) by_name[tensor.name] = std::move(tensor);
  if (is_file(frozen)) {
    for (NamedTensor& tensor : read_checkpoint(frozen).tensors) by_name.try_emplace(tensor.name, std::move(tensor));
    weights.paths.push_back(frozen);
  }
  weights.paths.push_back(found->path);
  for (auto& [name, tensor] : by_name) weights.tensors.push_back(std::move(tensor));
  return weights;
}

}  // namespace thaw
