#include "runner/store/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <sstream>
#include <utility>

#include "runner/store/durable_file.h"
#include "schemas/diagnostic.h"
#include "schemas/record.h"

namespace thaw {
namespace {

bool exists(const std::string& path) {
  std::error_code error;
  const bool found = std::filesystem::exists(path, error);
  if (error) throw IoError(path, "stat", error.value());
  return found;
}

/// "pid 4711" as its holder wrote it; a holder that has only just taken the lock may not have.
std::string holder(const FileHandle& lock) {
  std::string text(static_cast<std::size_t>(lock.size_bytes()), '\0');
  lock.read_at(0, text);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.empty() ? "pid unknown" : "pid " + text;
}

/// Held until the descriptor closes, so a kill releases it: a stale lock file means nothing.
FileHandle take_lock(const std::string& path, const RunFolder::Wait& wait) {
  FileHandle lock(path, O_RDWR | O_CREAT);
  while (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) throw IoError(path, "flock", errno);
    if (wait && wait(holder(lock))) continue;
    throw InputError(path + ": another thaw process is running this experiment (" + holder(lock) + ")");
  }
  lock.truncate(0);
  lock.write(std::to_string(::getpid()) + "\n");
  return lock;
}

}  // namespace

RunFolder RunFolder::open(const std::string& runs_root, const std::string& name, const std::string& id,
                          const Wait& wait) {
  const std::string path = (std::filesystem::path(runs_root) / name / id).string();
  make_folders(path);
  RunFolder folder(path, take_lock(path + "/lock", wait));
  make_folders(folder.checkpoints_path());
  make_folders(folder.samples_path());
  for (const std::string& used : {folder.path(), folder.checkpoints_path(), folder.samples_path()}) {
    remove_stale_temporaries(used);
  }
  return folder;
}

namespace {

// Without what is no part of an experiment's identity: a run goes on under other words, and with other loader threads.
std::string identity_of(const std::string& resolved_text) {
  std::string rest;
  std::istringstream lines(resolved_text);
  for (std::string line; std::getline(lines, line);) {
    const bool counts = !line.starts_with("description: ") && !line.starts_with("  loader_threads: ") &&
                        !line.starts_with("  prefetch_batches: ");
    if (counts) rest += line + "\n";
  }
  return rest;
}

}  // namespace

void RunFolder::write_experiment(const std::string& resolved_text) const {
  if (!exists(experiment_path())) return write_file_durably(experiment_path(), resolved_text);
  if (identity_of(read_file(experiment_path())) != identity_of(resolved_text)) {
    throw InputError(experiment_path() +
                     ": was changed since the run began; restore it, or remove the run's folder to start afresh");
  }
}

bool is_run_held(const std::string& run_folder) {
  const std::string path = run_folder + "/lock";
  if (!exists(path)) return false;
  const FileHandle lock(path, O_RDWR);
  // A shared one is had only where nobody has the other, and keeps nobody away for longer than this takes.
  if (::flock(lock.descriptor(), LOCK_SH | LOCK_NB) == 0) return false;
  if (errno != EWOULDBLOCK) throw IoError(path, "flock", errno);
  return true;
}

RunStatus run_status(const std::string& run_folder) {
  const std::string record = run_folder + "/record.binpb";
  if (!exists(record)) return RunStatus::kNew;
  RunStatus status = RunStatus::kNew;
  for (const Event& event : parse_record(read_file(record), record).events) {
    // A switch: g++ 12 at -O3 compiles the same choice as a row of ifs wrongly (an epoch's end after a divergence and a
    // resumption counted as diverged).
    switch (event.kind_case()) {
      case Event::kStarted:
      case Event::kResumed:
      case Event::kStopped:
        status = RunStatus::kResumable;
        break;
      case Event::kFinished:
        status = RunStatus::kFinished;
        break;
      case Event::kDiverged:
        status = RunStatus::kDiverged;
        break;
      default:
        break;
    }
  }
  return status;
}

}  // namespace thaw
