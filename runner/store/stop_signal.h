#pragma once

#include <csignal>
#include <string>

namespace thaw {

/// Turns the first SIGINT or SIGTERM into a flag that the training loop asks for; the second one ends the process
/// at once with 128 + its number. The handlers before it come back when it goes. One at a time.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();

  bool is_requested() const;
  /// "SIGINT", "SIGTERM"; empty before there was one.
  std::string name() const;

 private:
  struct sigaction previous_interrupt_ {};
  struct sigaction previous_terminate_ {};
};

}  // namespace thaw
