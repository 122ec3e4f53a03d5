#pragma once

#include <string>
#include <vector>

#include "runner/train/trainer.h"
#include "schemas/record.h"

namespace thaw {

/// The experiment of tests/runner/tiny.pbtxt, with settings as --set takes them.
inline PreparedExperiment prepare_tiny(const std::vector<std::string>& overrides) {
  return prepare(load_experiment(THAW_SOURCE_DIR "/tests/runner/tiny.pbtxt", overrides), {});
}

/// What a run left, without what is different each time: times, memory, moments, and what came from the cache.
struct LeftBehind {
  std::vector<std::string> events;           ///< all but Resumed, Stopped and TrunkReady: as text
  std::map<std::string, std::string> files;  ///< the others of its folder, by name, but the lock
};
LeftBehind left_behind(const std::string& folder);

}  // namespace thaw
