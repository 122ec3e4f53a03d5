#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runner/store/file_handle.h"

namespace thaw {

/// How a child process ended.
struct ChildEnd {
  pid_t pid = 0;
  int exit_code = 0;  ///< if it ended by itself
  int signal = 0;     ///< otherwise what killed it
};

/// "SIGKILL".
std::string signal_name(int number);

/// Child processes that are waited for together.
class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  /// Ends those that are left with SIGTERM and waits for them.
  ~Children();

  struct Command {
    std::vector<std::string> words;        ///< the program's path first
    std::vector<std::string> environment;  ///< "NAME=VALUE" on top of this process's
    std::string error_path;                ///< takes its stdout and stderr
  };
  /// Starts it in a process group of its own, so that Ctrl-C at the terminal reaches this process alone.
  /// Throws IoError.
  pid_t start(const Command& command);

  /// Waits until a child ends, a signal arrives or `patience` is over; one that ended, if any.
  std::optional<ChildEnd> wait(std::chrono::milliseconds patience);

  /// Sends SIGTERM to all.
  void terminate() const noexcept;
  bool is_empty() const { return children_.empty(); }

 private:
  std::optional<ChildEnd> reap();

  struct Child {
    pid_t pid;
    std::optional<FileHandle> handle;  ///< readable once it has ended; none before Linux 5.3
  };
  std::vector<Child> children_;
};

}  // namespace thaw
