#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "runner/sweep/scheduler.h"

namespace thaw {

/// Shows how far a sweep is, on stderr: a table that rewrites itself on a terminal, a line for each member's end
/// elsewhere. The answer in short goes to stdout.
class LiveTable {
 public:
  LiveTable(const SweepStarted& sweep, const Scheduler& scheduler);
  /// Leaves no half table behind.
  ~LiveTable() { clear(); }
  LiveTable(const LiveTable&) = delete;
  LiveTable& operator=(const LiveTable&) = delete;

  bool is_terminal() const { return is_terminal_; }
  /// Cheap: draws five times a second at most, on a terminal. `running`: members of this process's workers.
  void draw(const std::vector<int>& running);
  /// What a member's attempt came to; `how` empty: nothing to tell.
  void member_ended(int index, const std::string& how, double seconds);
  /// How many members need no training, whichever sweep they were trained for, if any does not.
  void note_what_is_there();
  /// Once: that memory keeps members from training beside others of their group.
  void note_memory(const Task& task);
  /// A line of its own.
  void note(const std::string& text);
  void clear();
  /// Combinations by rank, counts, and who failed for good.
  void print_answer(const std::string& sweep_folder) const;

  /// The table's lines, in a window of so many rows.
  std::vector<std::string> lines(const std::vector<int>& running, int rows) const;
  /// What print_answer prints.
  std::string answer(const std::string& sweep_folder) const;

 private:
  std::string settings_text(int index) const;
  std::string value_text(double value) const;
  std::string counts_text() const;
  /// Combinations that have a value, the best one first, those left behind at a rung after the others: "fine-tune",
  /// "91.2 %", "mean of 5".
  std::vector<std::vector<std::string>> ranking(std::size_t most) const;
  double done_work() const;
  double total_work() const;
  /// "0:41 left"; empty as long as it is not known.
  std::string time_left() const;

  const SweepStarted& sweep_;
  const Scheduler& scheduler_;
  bool is_terminal_;
  int drawn_lines_ = 0;
  bool has_told_of_memory_ = false;
  std::chrono::steady_clock::time_point last_drawn_{};
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  mutable double first_work_ = -1;  ///< done when it was first asked for
};

}  // namespace thaw
