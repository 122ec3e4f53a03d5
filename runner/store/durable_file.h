#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runner/store/file_handle.h"

namespace thaw {

/// A file that appears whole or not at all: written beside its place as "PATH.tmp", then
/// fsync, rename, fsync of the folder. Without commit() the temporary file is removed and the old file stays.
///
/// Throws IoError "PATH.tmp: write: No space left on device" and the like.
class DurableFile {
 public:
  explicit DurableFile(std::string path);
  /// Written at `temporary_path` first, in the same folder.
  DurableFile(std::string path, std::string temporary_path);
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;
  ~DurableFile();

  void write(std::string_view bytes) { file_.write(bytes); }
  void write_past_cache(std::string_view bytes) { file_.write_past_cache(bytes); }
  /// Puts the file in its place; once this returns it survives a power cut.
  void commit();

 private:
  friend class DurableFiles;
  void sync();
  void put_in_place();

  std::string path_;
  FileHandle file_;
  bool has_temporary_ = true;
};

/// Several files, each of which appears whole or not at all; in what order is not said. Far cheaper than one
/// DurableFile after the other: no file waits for the disk before all are written, and each folder is synced once.
class DurableFiles {
 public:
  void write(const std::string& path, std::string_view bytes);
  /// Makes `path` another name of the durable file `from`. False if it cannot be one: something is there, or on another
  /// file system, or on one without such names. Only for files that are never changed in place.
  bool link(const std::string& from, const std::string& path);
  /// Once this returns all of them survive a power cut. Throws IoError; without it none is there but links.
  void commit();

 private:
  std::vector<std::unique_ptr<DurableFile>> files_;
  std::set<std::string> folders_;  ///< of all of them
};

/// Suffix of files that are being written; what carries it after a crash is garbage.
inline constexpr std::string_view kTemporarySuffix = ".tmp";

/// Replaces the file at `path` by `bytes`, whole or not at all. Throws IoError.
void write_file_durably(const std::string& path, std::string_view bytes);

/// The same for a file that several processes may write at once, on whatever machine: the last one stands.
void write_shared_file_durably(const std::string& path, std::string_view bytes);

/// DurableFiles::link of a single file. Throws IoError.
bool link_file_durably(const std::string& from, const std::string& path);

/// The whole file. Throws IoError.
std::string read_file(const std::string& path);

/// Creates the folder and those above it, durably; those that exist are left alone. Throws IoError.
void make_folders(const std::string& path);

/// Makes what was created, renamed or removed in `folder` survive a power cut. Throws IoError.
void sync_folder(const std::string& folder);
/// The same for the folder that holds `path`.
void sync_parent_folder(const std::string& path);

/// Removes what a killed writer left in `folder` (not below it). Call only where no other process writes.
/// Throws IoError.
void remove_stale_temporaries(const std::string& folder);

/// Removes the file; one that does not exist is no error. Throws IoError.
void remove_file(const std::string& path);

}  // namespace thaw
