#include "runner/store/file_handle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// Calls again as long as a signal got in between.
template <typename Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

FileHandle::FileHandle(std::string path, int flags, mode_t mode) : path_(std::move(path)) {
  descriptor_ = uninterrupted([&] { return ::open(path_.c_str(), flags | O_CLOEXEC, mode); });
  if (descriptor_ < 0) throw IoError(path_, "open", errno);
}

FileHandle::FileHandle(FileHandle&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this == &other) return *this;
  close_quietly();
  path_ = std::move(other.path_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

FileHandle::~FileHandle() { close_quietly(); }

std::int64_t FileHandle::size_bytes() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) throw IoError(path_, "fstat", errno);
  return status.st_size;
}

void FileHandle::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
    if (written < 0) throw IoError(path_, "write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool FileHandle::set_direct(bool is_on) {
  const int flags = ::fcntl(descriptor_, F_GETFL);
  return flags >= 0 && ::fcntl(descriptor_, F_SETFL, is_on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

void FileHandle::write_past_cache(std::string_view bytes) {
  // Direct writes begin and end at whole blocks, in memory too: pieces go through an aligned buffer.
  constexpr std::size_t kBlockBytes = 4096, kPieceBytes = std::size_t{8} << 20;
  const off_t offset = ::lseek(descriptor_, 0, SEEK_CUR);
  if (offset < 0) throw IoError(path_, "lseek", errno);
  const std::size_t head = (kBlockBytes - static_cast<std::size_t>(offset) % kBlockBytes) % kBlockBytes;
  if (bytes.size() < head + kPieceBytes) return write(bytes);
  write(bytes.substr(0, head));
  bytes.remove_prefix(head);
  const std::unique_ptr<void, decltype(&std::free)> piece(std::aligned_alloc(kBlockBytes, kPieceBytes), &std::free);
  bool is_direct = piece != nullptr && set_direct(true);
  while (is_direct && bytes.size() >= kBlockBytes) {
    const std::size_t size = std::min(kPieceBytes, bytes.size() / kBlockBytes * kBlockBytes);
    std::memcpy(piece.get(), bytes.data(), size);
    const ssize_t written = uninterrupted([&] { return ::write(descriptor_, piece.get(), size); });
    if (written < 0 && errno != EINVAL) throw IoError(path_, "write", errno);
    // Some file systems say only here that they cannot; less than all means that something is in the way.
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    is_direct = written == static_cast<ssize_t>(size);
  }
  set_direct(false);
  write(bytes);
}

void FileHandle::read_at(std::int64_t offset, std::span<char> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = uninterrupted([&] { return ::pread(descriptor_, bytes.data(), bytes.size(), offset); });
    if (count < 0) throw IoError(path_, "read", errno);
    if (count == 0) throw InputError(path_ + ": ends at byte " + std::to_string(offset) + ", more was expected");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += count;
  }
}

void FileHandle::truncate(std::int64_t size_bytes) {
  if (uninterrupted([&] { return ::ftruncate(descriptor_, size_bytes); }) != 0) {
    throw IoError(path_, "ftruncate", errno);
  }
}

void FileHandle::sync() {
  if (uninterrupted([&] { return ::fsync(descriptor_); }) != 0) throw IoError(path_, "fsync", errno);
}

void FileHandle::close() {
  // Never repeated: on Linux the descriptor is gone whatever close says.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) throw IoError(path_, "close", errno);
}

void FileHandle::close_quietly() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace thaw
