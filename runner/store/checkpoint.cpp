#include "runner/store/checkpoint.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

#include "runner/store/durable_file.h"
#include "runner/store/sha256.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr const char* kStepKey = "step";
constexpr const char* kHashKey = "content_sha256";
constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kSuffix = ".safetensors";

/// Over everything that comes back from a read, with sizes, so that no two contents share their bytes.
std::string content_sha256(const Metadata::Entries& metadata, const std::vector<TensorView>& sorted_tensors) {
  Sha256 sha;
  for (const auto& [key, text] : metadata) {
    sha.add_sized(key);
    sha.add_sized(text);
  }
  for (const TensorView& tensor : sorted_tensors) {
    sha.add_sized(tensor.name);
    sha.add_integer(static_cast<std::int64_t>(tensor.shape.size()));
    for (const std::int64_t dimension : tensor.shape) sha.add_integer(dimension);
    sha.add_sized({reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes()});
  }
  return sha.hex();
}

template <typename Tensors>
void sort_by_name(Tensors& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
}

/// The step in a checkpoint's file name; nothing for any other file.
std::optional<std::int64_t> step_of(const std::string& name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view digits(name.data() + kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  std::int64_t step = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), step);
  if (result.ec != std::errc() || result.ptr != digits.data() + digits.size()) return std::nullopt;
  return checkpoint_name(step) == name ? std::optional(step) : std::nullopt;
}

std::map<std::int64_t, std::string> list_steps(const std::string& folder) {
  std::map<std::int64_t, std::string> paths;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (const auto step = step_of(entry->path().filename().string())) paths[*step] = entry->path().string();
  }
  if (error) throw IoError(folder, "list", error.value());
  return paths;
}

}  // namespace

const NamedTensor& Checkpoint::tensor(const std::string& name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const auto& item) { return item.name == name; });
  if (found == tensors.end()) throw InputError(path + ": has no tensor \"" + name + "\"");
  return *found;
}

std::string checkpoint_name(std::int64_t step) {
  std::array<char, 48> name{};
  std::snprintf(name.data(), name.size(), "step-%09lld.safetensors", static_cast<long long>(step));
  return name.data();
}

void write_checkpoint(const std::string& path, const CheckpointView& checkpoint) {
  std::vector<TensorView> tensors = checkpoint.tensors;
  sort_by_name(tensors);
  Metadata metadata = checkpoint.metadata;
  metadata.set_integer(kStepKey, checkpoint.step);
  metadata.erase(kHashKey);
  metadata.set(kHashKey, content_sha256(metadata.entries(), tensors));
  write_safetensors(path, std::move(tensors), metadata.entries());
}

Checkpoint read_checkpoint(const std::string& path) {
  const SafetensorsReader reader(path);
  Checkpoint checkpoint{path, 0, Metadata(reader.metadata(), path), {}};
  for (const TensorEntry& entry : reader.tensors()) checkpoint.tensors.push_back(reader.read(entry));
  sort_by_name(checkpoint.tensors);

  checkpoint.step = checkpoint.metadata.integer(kStepKey);
  const std::string expected = checkpoint.metadata.text(kHashKey);
  checkpoint.metadata.erase(kHashKey);
  std::vector<TensorView> views;
  for (const NamedTensor& tensor : checkpoint.tensors) views.push_back(tensor.view());
  if (content_sha256(checkpoint.metadata.entries(), views) != expected) {
    throw InputError(path + ": damaged: its content does not match its SHA-256");
  }
  return checkpoint;
}

void save_checkpoint(const std::string& folder, const CheckpointView& checkpoint) {
  write_checkpoint(folder + "/" + checkpoint_name(checkpoint.step), checkpoint);

  std::map<std::int64_t, std::string> paths = list_steps(folder);
  auto written = paths.find(checkpoint.step);
  if (written != paths.begin()) paths.erase(std::prev(written));
  paths.erase(checkpoint.step);
  for (const auto& [step, path] : paths) remove_file(path);
}

LatestCheckpoint find_latest(const std::string& folder) {
  const std::map<std::int64_t, std::string> paths = list_steps(folder);
  LatestCheckpoint latest;
  for (auto entry = paths.rbegin(); entry != paths.rend(); ++entry) {
    try {
      Checkpoint checkpoint = read_checkpoint(entry->second);
      if (checkpoint.step != entry->first) {
        throw InputError(checkpoint.path + ": holds step " + std::to_string(checkpoint.step));
      }
      latest.checkpoint = std::move(checkpoint);
      break;
    } catch (const InputError& error) {
      latest.warnings.push_back(std::string(error.what()) + "; going back to the checkpoint before it");
    }
  }
  return latest;
}

}  // namespace thaw
