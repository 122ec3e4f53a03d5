#pragma once

#include <string>
#include <vector>

#include "runner/data/open.h"
#include "schemas/findings.h"
#include "zoo/compose.h"

namespace thaw {

/// A file that a layer was read from.
struct ModelFileFact {
  std::string path;  ///< as the experiment names it
  std::string place;
  std::string sha256;  ///< of its bytes
};

/// The files that an experiment's layers are read from.
struct OpenedModels {
  ModelFiles files;
  std::vector<ModelFileFact> facts;  ///< in the layers' order, each path once
};

/// Reads the files of all onnx layers: looked for where data is. What is missing or no model is a finding at its layer.
OpenedModels open_model_files(const Model& model, const DataRoots& roots, Findings& findings);

/// The same from known places, by the path that the experiment gives. Throws InputError.
OpenedModels open_model_files_at(const std::vector<ModelFileFact>& places);

}  // namespace thaw
