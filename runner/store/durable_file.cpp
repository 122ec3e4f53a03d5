#include "runner/store/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "runner/store/host_name.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::string temporary_path(const std::string& path) { return path + std::string(kTemporarySuffix); }

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

DurableFile::DurableFile(std::string path) : DurableFile(path, temporary_path(path)) {}

DurableFile::DurableFile(std::string path, std::string temporary_path)
    : path_(std::move(path)), file_(std::move(temporary_path), O_WRONLY | O_CREAT | O_TRUNC) {}

DurableFile::~DurableFile() {
  if (has_temporary_) ::unlink(file_.path().c_str());
}

void DurableFile::commit() {
  sync();
  put_in_place();
  sync_parent_folder(path_);
}

void DurableFile::sync() {
  file_.sync();
  file_.close();
}

void DurableFile::put_in_place() {
  if (std::rename(file_.path().c_str(), path_.c_str()) != 0) throw IoError(file_.path(), "rename", errno);
  has_temporary_ = false;
}

void DurableFiles::write(const std::string& path, std::string_view bytes) {
  files_.push_back(std::make_unique<DurableFile>(path));
  files_.back()->write(bytes);
  folders_.insert(folder_of(path));
}

bool DurableFiles::link(const std::string& from, const std::string& path) {
  if (::link(from.c_str(), path.c_str()) != 0) return false;
  folders_.insert(folder_of(path));
  return true;
}

void DurableFiles::commit() {
  for (const auto& file : files_) file->sync();
  for (const auto& file : files_) file->put_in_place();
  files_.clear();
  for (const std::string& folder : folders_) sync_folder(folder);
  folders_.clear();
}

void write_file_durably(const std::string& path, std::string_view bytes) {
  DurableFile file(path);
  file.write(bytes);
  file.commit();
}

void write_shared_file_durably(const std::string& path, std::string_view bytes) {
  DurableFile file(path, temporary_path(path + "." + host_name() + "-" + std::to_string(::getpid())));
  file.write(bytes);
  file.commit();
}

bool link_file_durably(const std::string& from, const std::string& path) {
  DurableFiles files;
  const bool is_linked = files.link(from, path);
  files.commit();
  return is_linked;
}

std::string read_file(const std::string& path) {
  const FileHandle file(path, O_RDONLY);
  std::string bytes(static_cast<std::size_t>(file.size_bytes()), '\0');
  file.read_at(0, bytes);
  return bytes;
}

void make_folders(const std::string& path) {
  if (is_folder(path)) return;
  const std::string parent = folder_of(path);
  if (parent != path) make_folders(parent);
  if (::mkdir(path.c_str(), 0777) == 0) {
    sync_folder(parent);
  } else if (const int cause = errno; !is_folder(path)) {  // another process may have been faster
    throw IoError(path, "mkdir", cause);
  }
}

void sync_folder(const std::string& folder) {
  FileHandle handle(folder, O_RDONLY | O_DIRECTORY);
  handle.sync();
}

void sync_parent_folder(const std::string& path) { sync_folder(folder_of(path)); }

void remove_stale_temporaries(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> stale;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == kTemporarySuffix) stale.push_back(entry->path().string());
  }
  if (error) throw IoError(folder, "list", error.value());
  for (const std::string& path : stale) remove_file(path);
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw IoError(path, "unlink", errno);
}

}  // namespace thaw
