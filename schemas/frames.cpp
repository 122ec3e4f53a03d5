#include "schemas/frames.h"

#include <zlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::uint64_t kHeaderBytes = 8;
constexpr std::size_t kLongestPayloadBytes = 1 << 30;  // protobuf itself refuses 2 GiB

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

void append_little_endian(std::uint32_t value, std::string& bytes) {
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i));
}

std::uint32_t checksum_of(std::string_view payload) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(payload.data()), payload.size()));
}

// The payload of the frame at `offset`, or nothing if no whole, checksummed frame stands there. A length of zero counts
// as damage: no event is empty, and a file system may leave zeros behind where a killed writer's data never arrived.
std::optional<std::string_view> whole_frame(std::string_view bytes, std::uint64_t offset) {
  if (bytes.size() - offset < kHeaderBytes) return {};
  const std::uint64_t length = little_endian(bytes.substr(offset, 4));
  if (length == 0 || length > bytes.size() - offset - kHeaderBytes) return {};
  const std::string_view payload = bytes.substr(offset + kHeaderBytes, length);
  if (checksum_of(payload) != little_endian(bytes.substr(offset + 4, 4))) return {};
  return payload;
}

// A length that was damaged looks like a torn frame that takes all the rest; only a whole frame further on tells them
// apart.
void refuse_if_frames_follow(std::string_view bytes, std::uint64_t damaged, const std::string& name) {
  for (std::uint64_t offset = damaged + 1; offset + kHeaderBytes < bytes.size(); ++offset) {
    if (whole_frame(bytes, offset)) {
      fail_frame(name, damaged,
                 "the frame's length or checksum is wrong, but whole frames follow at byte " + std::to_string(offset));
    }
  }
}

}  // namespace

void fail_frame(const std::string& name, std::uint64_t offset, const std::string& what) {
  throw InputError(name + ": damaged at byte " + std::to_string(offset) + ": " + what);
}

Frames leading_frames(std::string_view bytes) {
  Frames frames;
  while (frames.valid_bytes < bytes.size()) {
    const auto payload = whole_frame(bytes, frames.valid_bytes);
    if (!payload) break;
    frames.payloads.push_back(*payload);
    frames.offsets.push_back(frames.valid_bytes);
    frames.valid_bytes += kHeaderBytes + payload->size();
  }
  return frames;
}

Frames split_frames(std::string_view bytes, const std::string& name) {
  Frames frames = leading_frames(bytes);
  if (frames.valid_bytes < bytes.size()) refuse_if_frames_follow(bytes, frames.valid_bytes, name);
  return frames;
}

std::string render_frame(std::string_view payload) {
  if (payload.size() > kLongestPayloadBytes) {
    throw InternalError("record: an event of " + std::to_string(payload.size()) + " bytes");
  }
  std::string frame;
  append_little_endian(static_cast<std::uint32_t>(payload.size()), frame);
  append_little_endian(checksum_of(payload), frame);
  return frame.append(payload);
}

std::string read_framed_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw InputError(path + ": no such file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(bytes << file.rdbuf())) || file.bad()) {
    throw IoError(path, "cannot read", errno);
  }
  return std::move(bytes).str();
}

}  // namespace thaw
