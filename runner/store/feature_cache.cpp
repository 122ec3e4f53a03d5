#include "runner/store/feature_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "runner/store/durable_file.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = ".features";

std::string gigabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g GB", static_cast<double>(bytes) / 1e9);
  return text;
}

/// Whether the lock is ours now. A kill lets go of it, so a stale lock file means nothing.
bool try_lock(const FileHandle& lock) {
  if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK) throw IoError(lock.path(), "flock", errno);
  return false;
}

struct KeptFile {
  fs::path path;
  std::int64_t bytes = 0;
  fs::file_time_type last_used;
};

/// Oldest first. Files that vanish meanwhile are another process's doing.
std::vector<KeptFile> kept_files(const std::string& folder) {
  std::vector<KeptFile> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != kSuffix) continue;
    const auto bytes = entry.file_size(error);
    if (error) continue;
    const auto last_used = entry.last_write_time(error);
    if (!error) files.push_back({entry.path(), static_cast<std::int64_t>(bytes), last_used});
  }
  std::sort(files.begin(), files.end(), [](const KeptFile& a, const KeptFile& b) { return a.last_used < b.last_used; });
  return files;
}

/// What killed processes left half-written. Who writes holds the lock.
void remove_left_behind(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const fs::path features = fs::path(entry.path()).replace_extension();
    if (entry.path().extension() != kTemporarySuffix || features.extension() != kSuffix) continue;
    const FileHandle lock(fs::path(features).replace_extension(".lock").string(), O_RDWR | O_CREAT);
    if (try_lock(lock)) remove_file(entry.path().string());
  }
}

}  // namespace

std::shared_ptr<const FeatureFile> FeatureCache::find(const FeatureHeader& header) {
  const std::string path = path_of(header);
  std::string damage;
  std::optional<FeatureFile> file = FeatureFile::open(path, header, damage);
  if (!file) {
    if (damage.empty()) return nullptr;
    options_.note(path + " is damaged (" + damage + ") and is computed anew");
    remove_file(path);
    return nullptr;
  }
  // Its time says when it was last used. Not allowed to (another user's file): then it only looks older than it is.
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
  return std::make_shared<const FeatureFile>(std::move(*file));
}

std::string FeatureCache::make_room(std::int64_t bytes) {
  if (bytes > options_.limit_bytes) {
    return "they take " + gigabytes(bytes) + ", more than the " + gigabytes(options_.limit_bytes) +
           " that --cache-limit allows";
  }
  std::vector<KeptFile> files = kept_files(options_.folder);
  std::int64_t total = bytes;
  for (const KeptFile& file : files) total += file.bytes;
  for (const KeptFile& file : files) {
    if (total <= options_.limit_bytes) break;
    remove_file(file.path.string());  // who has it mapped keeps it until he ends
    total -= file.bytes;
  }
  std::error_code error;
  const fs::space_info space = fs::space(options_.folder, error);
  if (!error && space.available < static_cast<std::uintmax_t>(bytes)) {
    return "they take " + gigabytes(bytes) + ", but " + options_.folder + " has only " +
           gigabytes(static_cast<std::int64_t>(space.available)) + " left (--cache names another folder)";
  }
  return {};
}

FeatureCache::Result FeatureCache::get(const FeatureHeader& header,
                                       const std::function<bool(FeatureFileWriter&)>& compute) {
  make_folders(options_.folder);
  if (auto file = find(header)) return {file, false, {}};
  const FileHandle lock(options_.folder + "/" + header.key + ".lock", O_RDWR | O_CREAT);
  for (bool has_said = false; !try_lock(lock); has_said = true) {
    if (!has_said) options_.note("another process computes these features; waiting for it");
    if (options_.is_stopping()) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  remove_left_behind(options_.folder);
  if (auto file = find(header)) return {file, false, {}};
  if (std::string no_room = make_room(header.file_bytes()); !no_room.empty()) return {nullptr, false, no_room};
  FeatureFileWriter writer(path_of(header), header);
  if (!compute(writer)) return {};
  writer.commit();
  auto file = find(header);
  if (!file) throw InternalError(path_of(header) + ": what was just written cannot be read");
  return {file, true, {}};
}

}  // namespace thaw
