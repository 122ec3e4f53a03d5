#include "runner/sweep/claims.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "runner/store/durable_file.h"
#include "runner/store/host_name.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::string claim_path(const std::string& runs_root, const std::string& id) { return runs_root + "/.claims/" + id; }

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;  // l_start and l_len 0: all of it; l_pid 0, as the calls want it
}

int lock_call(const FileHandle& file, int command, struct flock& lock) {
  int result = ::fcntl(file.descriptor(), command, &lock);
  while (result != 0 && errno == EINTR) result = ::fcntl(file.descriptor(), command, &lock);
  return result;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

std::string process_name(long pid) { return host_name() + " pid " + std::to_string(pid); }

std::optional<Claim> Claim::take(const std::string& runs_root, const std::string& id) {
  make_folders(runs_root + "/.claims");
  FileHandle file(claim_path(runs_root, id), O_RDWR | O_CREAT);
  struct flock lock = whole_file();
  if (lock_call(file, F_OFD_SETLK, lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) return std::nullopt;
    throw IoError(file.path(), "lock", errno);
  }
  file.truncate(0);
  file.write(process_name(::getpid()) + "\n");
  return Claim(std::move(file));
}

std::string claim_writer(const std::string& runs_root, const std::string& id) {
  const std::string path = claim_path(runs_root, id);
  if (!exists(path)) return {};
  std::string text = read_file(path);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

bool is_claimed(const std::string& runs_root, const std::string& id) {
  const std::string path = claim_path(runs_root, id);
  if (!exists(path)) return false;
  const FileHandle file(path, O_RDWR);
  struct flock lock = whole_file();
  if (lock_call(file, F_OFD_GETLK, lock) != 0) throw IoError(path, "lock", errno);
  return lock.l_type != F_UNLCK;
}

}  // namespace thaw
