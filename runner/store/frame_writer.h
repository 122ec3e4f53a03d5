#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runner/store/file_handle.h"

namespace thaw {

/// Appends frames (schemas/frames.h) to a file; each is on disk when append() returns. One writer at a time.
class FrameWriter {
 public:
  /// Opens or creates the file and cuts off the frame a killed writer did not finish.
  /// Throws InputError for a damaged file, IoError.
  explicit FrameWriter(const std::string& path);

  /// Writes and syncs one frame.
  /// Throws IoError; the frame is then taken back, so that the file never ends in half a frame.
  void append(std::string_view payload);

  /// Bytes of the unfinished frame that was cut off on opening.
  std::int64_t cut_bytes() const { return cut_bytes_; }

 private:
  void take_back() noexcept;

  FileHandle file_;
  std::int64_t good_bytes_ = 0;
  std::int64_t cut_bytes_ = 0;
  bool is_torn_ = false;
};

/// Wall clock, milliseconds since 1970.
std::int64_t now_unix_ms();

}  // namespace thaw
