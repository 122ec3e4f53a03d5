#pragma once

#include <functional>
#include <string>

#include "runner/store/file_handle.h"

// runs/NAME/ID/experiment.pbtxt, record.binpb, checkpoints/, samples/, report.html and lock
namespace thaw {

/// How far a run got, after its record.
enum class RunStatus { kNew, kResumable, kFinished, kDiverged };

/// Reads the record of a run's folder, which need not be there. Throws InputError if it is damaged, IoError.
RunStatus run_status(const std::string& run_folder);

/// Whether a process works on the run at this moment. Throws IoError.
bool is_run_held(const std::string& run_folder);

/// The folder of one run, held by this process alone for as long as the object lives (a kill lets go of it too).
class RunFolder {
 public:
  /// Called with "pid 4711" as long as that process holds the folder: false gives up.
  using Wait = std::function<bool(const std::string& holder)>;

  /// Creates RUNS_ROOT/NAME/ID, locks it and clears away what a killed process left half-written.
  /// Throws IoError; InputError if another process runs this experiment, and `wait` is none or gave up.
  static RunFolder open(const std::string& runs_root, const std::string& name, const std::string& id,
                        const Wait& wait = {});

  /// Writes experiment.pbtxt once. Throws InputError if it is there with another text, IoError.
  void write_experiment(const std::string& resolved_text) const;

  /// Reads the record. Throws InputError if it is damaged, IoError.
  RunStatus status() const { return run_status(path_); }

  const std::string& path() const { return path_; }
  std::string experiment_path() const { return path_ + "/experiment.pbtxt"; }
  std::string record_path() const { return path_ + "/record.binpb"; }
  std::string report_path() const { return path_ + "/report.html"; }
  std::string checkpoints_path() const { return path_ + "/checkpoints"; }
  std::string best_checkpoint_path() const { return checkpoints_path() + "/best.safetensors"; }
  /// The weights that no step changes: with those of a checkpoint they are all.
  std::string frozen_path() const { return checkpoints_path() + "/frozen.safetensors"; }
  std::string samples_path() const { return path_ + "/samples"; }
  /// Inside the run folder, as the record names files: "samples/NAME".
  static std::string sample_name(const std::string& name) { return "samples/" + name; }

 private:
  RunFolder(std::string path, FileHandle lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  FileHandle lock_;
};

}  // namespace thaw
