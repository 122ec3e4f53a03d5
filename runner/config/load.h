#pragma once

#include <string>
#include <vector>

#include "schemas/experiment.pb.h"
#include "schemas/findings.h"

namespace thaw {

/// An experiment file with its bases merged, overrides applied and every field rule checked.
struct LoadedExperiment {
  Experiment config;          ///< merged; defaults not filled in (accessors give them)
  std::string resolved_text;  ///< pbtxt of `config` with no base and defaults written out: rerunnable as is
  SourceMap places;           ///< where each field was set
  std::string file;           ///< as given
  std::string folder;         ///< the file's own folder: the last data root

  /// A collector that knows this file's places.
  Findings findings() const { return Findings(places, file); }
};

/// Reads `file`, merges its bases, applies `overrides` ("train.epochs=2"), validates all fields generically.
/// Throws InputError with every finding.
LoadedExperiment load_experiment(const std::string& file, const std::vector<std::string>& overrides);

/// Findings that need no data and no graph: unknown or duplicate names, wiring (itself, unknown, later layers),
/// outputs without a loss, losses and metrics against output activations and targets, min > max, and the like.
void check_experiment(const Experiment& config, Findings& findings);

/// What an opened data set says about itself, for checks across files.
struct DataFacts {
  int height = 0, width = 0, channels = 0, classes = 0, max_objects = 1, min_objects = 1;
};

/// The data of "train" or "validation".
struct SplitFacts {
  std::string name;
  DataFacts facts;
};

/// Findings across data and model: input size, class counts, number of objects. `split` is "train" or "validation".
void check_against_data(const Experiment& config, const std::string& split, const DataFacts& facts, Findings& findings);

}  // namespace thaw
