#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace thaw {

/// How far a member is, by its own record: read anew where that has grown, whoever writes it.
class MemberRecord {
 public:
  enum class Status { kNew, kResumable, kFinished, kDiverged };

  /// `metric`: what the sweep compares by.
  MemberRecord(std::string run_folder, std::string metric);

  /// Whether something changed. Throws InputError for a damaged record, IoError.
  bool refresh();

  Status status() const { return status_; }
  /// No step is left to train, or none that would help.
  bool has_ended() const { return status_ == Status::kFinished || status_ == Status::kDiverged; }
  int epochs() const { return static_cast<int>(values_.size()); }
  int total_epochs() const { return total_epochs_; }
  /// compared_value() after so many epochs, or after all that there are where it ended before; NaN before the first
  /// epoch, and of what diverged by then.
  double value(int epochs) const;
  /// That of all epochs so far, diverged or not: for people who watch.
  double latest_value() const;
  double wall_s() const { return wall_s_; }              ///< of a finished run
  const std::string& advice() const { return advice_; }  ///< of a diverged one: "tensor became NaN; what to try"
  const std::string& folder() const { return folder_; }
  /// Another place to look at: the run of another sweep.
  void set_folder(std::string folder);

 private:
  std::string folder_, metric_;
  std::int64_t seen_bytes_ = -1;
  Status status_ = Status::kNew;
  int total_epochs_ = 0;
  std::vector<double> values_;  ///< after each epoch
  double wall_s_ = 0;
  std::string advice_;
};

/// The folder of a finished run with that id, whatever experiment's name it stands under, that of `but` left out: "" if
/// there is none; a damaged record is none. Throws IoError.
std::string find_finished_run(const std::string& runs_root, const std::string& id, const std::string& but);

}  // namespace thaw
