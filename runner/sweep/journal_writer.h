#pragma once

#include <cstdint>
#include <string>

#include "runner/store/frame_writer.h"
#include "schemas/sweep_record.pb.h"

namespace thaw {

/// This process's journal of a sweep: a file of its own under SWEEPDIR/journal, so that no file ever has two writers.
class JournalWriter {
 public:
  /// Creates it. Throws IoError.
  explicit JournalWriter(const std::string& sweep_folder);

  /// Writes and syncs one event; the time is filled in. Throws IoError; the event is then taken back.
  void append(SweepEvent event);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  FrameWriter frames_;
};

/// Of the journals in the sweep's folder but that at `own_path`: more as soon as others write. What the folder does not
/// tell is 0.
std::uintmax_t bytes_of_other_journals(const std::string& sweep_folder, const std::string& own_path);

}  // namespace thaw
