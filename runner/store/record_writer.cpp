#include "runner/store/record_writer.h"

#include <fcntl.h>
#include <zlib.h>

#include <bit>
#include <chrono>

#include "runner/store/durable_file.h"
#include "schemas/diagnostic.h"
#include "schemas/record.h"

namespace thaw {
namespace {

std::int64_t now_unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

static_assert(std::endian::native == std::endian::little, "lengths are written as they lie in memory");
constexpr std::size_t kLongestEventBytes = 1 << 30;  // protobuf itself refuses 2 GiB

struct FramePrefix {
  std::uint32_t length = 0;
  std::uint32_t crc = 0;
};
static_assert(sizeof(FramePrefix) == 8);

/// The event as schemas/run_record.proto lays it out.
std::string render_frame(const Event& event) {
  const std::string payload = event.SerializeAsString();
  if (payload.size() > kLongestEventBytes) {
    throw InternalError("record: an event of " + std::to_string(payload.size()) + " bytes");
  }
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(payload.data()), payload.size());
  const FramePrefix prefix{static_cast<std::uint32_t>(payload.size()), static_cast<std::uint32_t>(crc)};
  return std::string(reinterpret_cast<const char*>(&prefix), sizeof prefix) + payload;
}

}  // namespace

RecordWriter::RecordWriter(const std::string& path) : file_(path, O_RDWR | O_CREAT | O_APPEND) {
  good_bytes_ = static_cast<std::int64_t>(parse_record(read_file(path), path).valid_bytes);
  cut_bytes_ = file_.size_bytes() - good_bytes_;
  if (cut_bytes_ > 0) file_.truncate(good_bytes_);
  file_.sync();
  sync_parent_folder(path);
}

void RecordWriter::append(Event event) {
  if (is_torn_) throw InternalError("record: append after a failure that could not be taken back");
  if (!event.has_time_unix_ms()) event.set_time_unix_ms(now_unix_ms());
  const std::string frame = render_frame(event);
  try {
    file_.write(frame);
    file_.sync();
  } catch (const IoError&) {
    take_back();
    throw;
  }
  good_bytes_ += static_cast<std::int64_t>(frame.size());
}

void RecordWriter::take_back() noexcept {
  try {
    file_.truncate(good_bytes_);
    file_.sync();
  } catch (const IoError&) {
    // The first failure is the one to report; readers and the next writer ignore a torn last event.
    is_torn_ = true;
  }
}

}  // namespace thaw
