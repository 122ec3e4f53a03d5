#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runner/store/file_handle.h"
#include "runner/store/sha256.h"

namespace thaw {

/// A data file read from front to back: inflated if its content is gzip, whatever its name; hashed as it is stored.
class DataFile {
 public:
  /// `name` is what messages call it. Throws InputError if it is no regular file, IoError if it cannot be opened.
  DataFile(const std::string& path, std::string name);
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;
  ~DataFile();

  const std::string& name() const { return name_; }
  bool is_gzip() const { return is_gzip_; }
  std::int64_t stored_bytes() const { return stored_bytes_; }
  /// More than this cannot come out of it: a bound to test a header against before memory is taken.
  std::int64_t most_bytes() const;

  /// Fills `bytes` and returns how many there were: fewer only at the end.
  /// Throws InputError for damaged gzip data, IoError if reading fails.
  std::size_t read(std::span<std::uint8_t> bytes);
  /// SHA-256 of the stored bytes. Once, and only after read() came to the end.
  std::string sha256() { return sha256_.hex(); }

 private:
  bool refill();
  std::size_t copy(std::span<std::uint8_t> bytes);
  std::size_t inflate_into(std::span<std::uint8_t> bytes);

  std::string name_;
  FileHandle file_;
  std::int64_t stored_bytes_;
  std::int64_t offset_ = 0;
  std::vector<char> chunk_;
  Sha256 sha256_;
  // Its next_in and avail_in are what is left of the chunk, for plain files too.
  z_stream stream_{};
  bool is_gzip_ = false;
  // gzip files may be joined: between two of them, or after the last.
  bool is_between_members_ = true;
};

}  // namespace thaw
