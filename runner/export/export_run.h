#pragma once

#include <string>

#include "runner/data/open.h"

namespace thaw {

/// What `thaw export` is asked for.
struct ExportOptions {
  std::string run;          ///< run folder
  std::string output;       ///< the model file to write
  bool wants_last = false;  ///< the newest checkpoint's weights instead of the best epoch's
  std::vector<std::string>
      data_folders;  ///< where model files are looked for before the place where the run found them
};

/// Writes a run's network as an ONNX model (opset 17): what evaluation computes, without losses, for any number of
/// samples. Its metadata name experiment, run, classes and weights. Returns what to tell the user.
/// Throws InputError if the folder holds no run, the run no weights yet, or a model file that it used is gone.
std::string export_run(const ExportOptions& options);

}  // namespace thaw
