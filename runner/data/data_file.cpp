#include "runner/data/data_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::int64_t kChunkBytes = 256 * 1024;
// zlib's own figure for the most that deflate can shrink.
constexpr std::int64_t kMostInflation = 1032;

// Asked before opening: to open a pipe waits for its writer.
const std::string& require_regular(const std::string& path, const std::string& name) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) return path;
  throw InputError(name + ": is no regular file");
}

}  // namespace

DataFile::DataFile(const std::string& path, std::string name)
    : name_(std::move(name)),
      file_(require_regular(path, name_), O_RDONLY),
      stored_bytes_(file_.size_bytes()),
      chunk_(static_cast<std::size_t>(std::min(kChunkBytes, stored_bytes_))) {
  refill();
  is_gzip_ = stream_.avail_in >= 2 && stream_.next_in[0] == 0x1f && stream_.next_in[1] == 0x8b;
  constexpr int kGzipOnly = 16;
  if (is_gzip_ && inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw InternalError("zlib: inflateInit2");
}

DataFile::~DataFile() {
  if (is_gzip_) inflateEnd(&stream_);
}

std::int64_t DataFile::most_bytes() const {
  if (!is_gzip_) return stored_bytes_;
  const bool is_huge = stored_bytes_ > std::numeric_limits<std::int64_t>::max() / kMostInflation;
  return is_huge ? std::numeric_limits<std::int64_t>::max() : stored_bytes_ * kMostInflation;
}

std::size_t DataFile::read(std::span<std::uint8_t> bytes) { return is_gzip_ ? inflate_into(bytes) : copy(bytes); }

// The next chunk of the file as it is stored; false at its end.
bool DataFile::refill() {
  const auto size = static_cast<std::size_t>(std::min<std::int64_t>(chunk_.size(), stored_bytes_ - offset_));
  if (size == 0) return false;
  file_.read_at(offset_, {chunk_.data(), size});
  offset_ += static_cast<std::int64_t>(size);
  sha256_.add({chunk_.data(), size});
  stream_.next_in = reinterpret_cast<Bytef*>(chunk_.data());
  stream_.avail_in = static_cast<uInt>(size);
  return true;
}

std::size_t DataFile::copy(std::span<std::uint8_t> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size() && (stream_.avail_in > 0 || refill())) {
    const std::size_t size = std::min<std::size_t>(stream_.avail_in, bytes.size() - filled);
    std::memcpy(bytes.data() + filled, stream_.next_in, size);
    stream_.next_in += size;
    stream_.avail_in -= static_cast<uInt>(size);
    filled += size;
  }
  return filled;
}

std::size_t DataFile::inflate_into(std::span<std::uint8_t> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    if (stream_.avail_in == 0 && !refill()) {
      if (is_between_members_) break;
      throw InputError(name_ + ": damaged gzip data: ends too early");
    }
    if (is_between_members_) inflateReset(&stream_);
    // zlib counts in 32 bits.
    const auto room = static_cast<uInt>(std::min<std::size_t>(bytes.size() - filled, 1U << 30));
    stream_.next_out = bytes.data() + filled;
    stream_.avail_out = room;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    filled += room - stream_.avail_out;
    is_between_members_ = status == Z_STREAM_END;
    if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR) continue;
    throw InputError(name_ + ": damaged gzip data: " + (stream_.msg != nullptr ? stream_.msg : zError(status)));
  }
  return filled;
}

}  // namespace thaw
