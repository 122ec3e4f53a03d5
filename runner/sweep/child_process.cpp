#include "runner/sweep/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));  // posix_spawn only reads it
  all.push_back(nullptr);
  return all;
}

/// This process's environment with the variables of `changes` instead of its own.
std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  std::vector<std::string> all = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('=') + 1);
    const bool is_changed = std::any_of(changes.begin(), changes.end(),
                                        [&](const std::string& change) { return change.starts_with(name); });
    if (!is_changed) all.push_back(text);
  }
  return all;
}

constexpr int kBlindPatience_ms = 10;

/// pidfd_open(2).
std::optional<FileHandle> process_handle(pid_t pid) {
  const auto descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) return std::nullopt;
  return FileHandle::adopt("process " + std::to_string(pid), descriptor);
}

struct SpawnSettings {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;

  SpawnSettings() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&files);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

}  // namespace

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

Children::~Children() {
  terminate();
  for (const Child& child : children_) {
    while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

pid_t Children::start(const Command& command) {
  SpawnSettings settings;
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGTERM);
  posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&settings.attributes, 0);
  posix_spawnattr_setsigdefault(&settings.attributes, &defaults);
  const std::string& log = command.error_path;
  // Opened here first: posix_spawn could not say which of its files was at fault.
  const int opened = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (opened < 0) throw IoError(log, "open", errno);
  posix_spawn_file_actions_addopen(&settings.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&settings.files, opened, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&settings.files, opened, STDERR_FILENO);
  const std::vector<std::string> environment = environment_with(command.environment);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, command.words[0].c_str(), &settings.files, &settings.attributes,
                                  pointers(command.words).data(), pointers(environment).data());
  ::close(opened);
  if (error != 0) throw IoError(command.words[0], "start", error);
  children_.push_back({pid, process_handle(pid)});
  return pid;
}

std::optional<ChildEnd> Children::reap() {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    const pid_t pid = children_[i].pid;
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) != pid) continue;
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i));
    return ChildEnd{pid, WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  }
  return std::nullopt;
}

std::optional<ChildEnd> Children::wait(std::chrono::milliseconds patience) {
  if (auto ended = reap()) return ended;
  std::vector<pollfd> handles;
  auto patience_ms = static_cast<int>(patience.count());
  for (const Child& child : children_) {
    if (child.handle) {
      handles.push_back({child.handle->descriptor(), POLLIN, 0});
    } else {
      patience_ms = std::min(patience_ms, kBlindPatience_ms);
    }
  }
  ::poll(handles.data(), handles.size(), patience_ms);
  return reap();
}

void Children::terminate() const noexcept {
  for (const Child& child : children_) ::kill(child.pid, SIGTERM);
}

}  // namespace thaw
