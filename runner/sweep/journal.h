#pragma once

#include <string>

#include "runner/store/frame_writer.h"
#include "schemas/sweep_record.pb.h"

namespace thaw {

/// This process's journal of a sweep: a file of its own under SWEEPDIR/journal, so that no file ever has two writers.
class Journal {
 public:
  /// Creates it. Throws IoError.
  explicit Journal(const std::string& sweep_folder);

  /// Writes and syncs one event; the time is filled in. Throws IoError; the event is then taken back.
  void append(SweepEvent event);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  FrameWriter frames_;
};

}  // namespace thaw
