#pragma once

#include <string>

#include "runner/store/frame_writer.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// Appends events to a run's record; each is on disk when append() returns.
///
/// Only one writer at a time: the run folder's lock sees to that.
class RecordWriter {
 public:
  /// Opens or creates the record and cuts off the event a killed writer did not finish.
  /// Throws InputError for a damaged record, IoError.
  explicit RecordWriter(const std::string& path) : frames_(path) {}

  /// Writes and syncs one event; the time is filled in where it is missing.
  /// Throws IoError; the event is then taken back, so that the record never ends in half an event.
  void append(Event event);

  /// Bytes of the unfinished event that was cut off on opening.
  std::int64_t cut_bytes() const { return frames_.cut_bytes(); }

 private:
  FrameWriter frames_;
};

}  // namespace thaw
