#include "runner/store/frame_writer.h"

#include <fcntl.h>

#include <chrono>

#include "runner/store/durable_file.h"
#include "schemas/diagnostic.h"
#include "schemas/frames.h"

namespace thaw {

std::int64_t now_unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

FrameWriter::FrameWriter(const std::string& path) : file_(path, O_RDWR | O_CREAT | O_APPEND) {
  good_bytes_ = static_cast<std::int64_t>(split_frames(read_file(path), path).valid_bytes);
  cut_bytes_ = file_.size_bytes() - good_bytes_;
  if (cut_bytes_ > 0) file_.truncate(good_bytes_);
  if (cut_bytes_ + good_bytes_ > 0) file_.sync();  // what a killed writer wrote may not be on disk yet
  sync_parent_folder(path);
}

void FrameWriter::append(std::string_view payload) {
  if (is_torn_) throw InternalError("record: append after a failure that could not be taken back");
  const std::string frame = render_frame(payload);
  try {
    file_.write(frame);
    file_.sync();
  } catch (const IoError&) {
    take_back();
    throw;
  }
  good_bytes_ += static_cast<std::int64_t>(frame.size());
}

void FrameWriter::take_back() noexcept {
  try {
    file_.truncate(good_bytes_);
    file_.sync();
  } catch (const IoError&) {
    // The first failure is the one to report; readers and the next writer ignore a torn last event.
    is_torn_ = true;
  }
}

}  // namespace thaw
