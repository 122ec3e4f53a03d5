#pragma once

#include <cstdint>
#include <string>

namespace thaw::reports {

// What MLflow's file store keeps of an experiment and of a run in their meta.yaml.

/// As MLflow numbers them.
enum class MlflowStatus { kRunning = 1, kFinished = 3, kFailed = 4, kKilled = 5 };

struct MlflowRun {
  std::string id;          ///< 32 hexadecimal digits
  std::string experiment;  ///< its ID
  std::string name;
  std::string folder;  ///< absolute path
  std::int64_t begun_unix_ms = 0;
  std::int64_t end_unix_ms = 0;
  MlflowStatus status = MlflowStatus::kRunning;
};

/// The ID of the experiment named `name` in the store at the absolute path `store`; if it has none, the one that it
/// will get: 18 digits, made from the name.
std::string experiment_in(const std::string& store, const std::string& name);

/// The ID of a run in an experiment: thaw's, with digits made from the experiment's, as MLflow looks for a run in all
/// experiments, and one run may be exported to several.
std::string run_id_in(const std::string& experiment, const std::string& thaw_id);

std::string experiment_yaml(const std::string& id, const std::string& name, const std::string& folder,
                            std::int64_t unix_ms);
std::string run_yaml(const MlflowRun& run);

/// "file:///runs/a%20b" of an absolute path.
std::string file_uri(const std::string& path);

/// `text` between double quotes, as YAML reads it back; what YAML does not allow (control characters) becomes U+FFFD.
std::string yaml_text(const std::string& text);

}  // namespace thaw::reports
