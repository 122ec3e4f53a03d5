#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace thaw {

/// Shows how far training is, on stderr: a line that rewrites itself on a terminal, a line an epoch elsewhere.
class Progress {
 public:
  /// `label`: what its lines begin with, where several train.
  Progress(int epochs, std::int64_t steps_per_epoch, std::string label = {});
  /// For what comes before training.
  Progress() : Progress(0, 0) {}
  /// Leaves no half line behind.
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// A step of `epoch` (from 1) is done. Cheap: draws ten times a second at most.
  void step(int epoch, std::int64_t step_in_epoch, double loss, double samples_per_second);
  /// `done` of `total` samples have gone through what comes before training. Cheap too.
  /// Shows nothing before `patience` has passed: what is over soon needs no bar.
  void samples(const std::string& what, std::int64_t done, std::int64_t total, std::chrono::milliseconds patience = {});
  /// The epoch is done; `summary` holds its numbers.
  void epoch(int epoch, const std::string& summary);
  /// A line of its own.
  void note(const std::string& text);

 private:
  void clear();
  /// Whether it is time to draw again: ten times a second, on a terminal.
  bool wants_drawing(std::chrono::steady_clock::time_point now);

  int epochs_;
  std::int64_t steps_per_epoch_;
  std::string label_;
  bool is_terminal_;
  bool has_bar_ = false;
  std::chrono::steady_clock::time_point last_drawn_{};
  // For the estimate of what is left: where this process began (a resumed run begins in the middle).
  std::chrono::steady_clock::time_point started_{};
  double first_done_ = 0;  ///< epochs
  std::int64_t done_steps_ = 0;
  std::string what_;  ///< that samples go through
  std::chrono::steady_clock::time_point samples_started_{};
};

}  // namespace thaw
