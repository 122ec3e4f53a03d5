#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace thaw {

/// An open file whose every operation is checked: each throws IoError "PATH: OPERATION: CAUSE".
class FileHandle {
 public:
  /// open(2) with close-on-exec. Throws IoError.
  FileHandle(std::string path, int flags, mode_t mode = 0666);
  /// Takes over a descriptor that is open already; `name` stands for it in messages.
  static FileHandle adopt(std::string name, int descriptor) { return {std::move(name), descriptor, Adopted()}; }
  FileHandle(FileHandle&& other) noexcept;
  FileHandle& operator=(FileHandle&& other) noexcept;
  /// Closes without a check; call close() where the file was written.
  ~FileHandle();

  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }
  std::int64_t size_bytes() const;

  /// Writes all of it, however many calls that takes.
  void write(std::string_view bytes);
  /// The same past the system's cache of files, where the file system can: what is large, written durably and not read
  /// soon would only take memory there, and time to get it.
  void write_past_cache(std::string_view bytes);
  /// Fills `bytes` from `offset`. Throws InputError where the file ends before that.
  void read_at(std::int64_t offset, std::span<char> bytes) const;
  void truncate(std::int64_t size_bytes);
  void sync();
  void close();

 private:
  struct Adopted {};
  FileHandle(std::string path, int descriptor, Adopted) : path_(std::move(path)), descriptor_(descriptor) {}

  void close_quietly() noexcept;
  bool set_direct(bool is_on);

  std::string path_;
  int descriptor_ = -1;
};

}  // namespace thaw
