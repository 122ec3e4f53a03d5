#include "runner/train/model_files.h"

#include <filesystem>
#include <sstream>

#include "runner/store/durable_file.h"
#include "runner/store/sha256.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// Its bytes are read once, so that the hash is of what was understood.
void open_at(const std::string& path, const std::string& place, OpenedModels& opened) {
  if (!std::filesystem::is_regular_file(place)) throw InputError(place + ": is no file");
  std::string bytes = read_file(place);
  opened.facts.push_back({path, place, sha256_hex(bytes)});
  std::istringstream stream(std::move(bytes));
  opened.files[path] = std::make_shared<const OnnxFile>(place, stream);
}

}  // namespace

OpenedModels open_model_files(const Model& model, const DataRoots& roots, Findings& findings) {
  OpenedModels opened;
  for (int i = 0; i < model.layer_size(); ++i) {
    if (!model.layer(i).has_onnx()) continue;
    const std::string& path = model.layer(i).onnx().path();
    if (opened.files.count(path) > 0) continue;
    try {
      open_at(path, roots.resolve(path), opened);
    } catch (const InputError& error) {
      findings.add("model.layer[" + std::to_string(i) + "].onnx.path", error.what());
    }
  }
  return opened;
}

OpenedModels open_model_files_at(const std::vector<ModelFileFact>& places) {
  OpenedModels opened;
  for (const ModelFileFact& fact : places) open_at(fact.path, fact.place, opened);
  return opened;
}

}  // namespace thaw
