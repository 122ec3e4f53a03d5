#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runner/sweep/halving.h"
#include "runner/sweep/history.h"
#include "runner/sweep/member_record.h"

namespace thaw {

/// What one process is given to do: members by number, one after the other; those of one group next to each other train
/// side by side.
struct Task {
  std::vector<int> members;
  int until_epoch = 0;  ///< 0: to the end
  /// Of members side by side: what they take together, foreseen, and whether more of their group had no room.
  std::int64_t bytes = 0;
  bool is_cut_by_memory = false;
};

struct SchedulerSettings {
  int retries = 2;
  int jobs = 1;
  std::int64_t memory_bytes = 0;  ///< for all processes together; 0: not known
};

/// Which members of a sweep are to be trained, how far and in what order. Knows what is over by the members' records
/// and the journals; starts nothing itself.
class Scheduler {
 public:
  enum class State {
    kWaiting,    ///< something is left to train
    kRunning,    ///< by a process of this coordinator
    kElsewhere,  ///< by another coordinator's, or by hand
    kResting,    ///< waits for its rung's decision, or stays behind
    kEnded,      ///< done or diverged
    kFailed,     ///< given up
  };

  struct Member {
    MemberInfo info;
    MemberRecord record;
    State state = State::kWaiting;
    int attempts = 0;                ///< over all journals
    int failures = 0;                ///< that count
    bool was_ended_here = false;     ///< by a process of this coordinator, its report written if it can be
    bool was_killed_at_end = false;  ///< the last of them, with its record complete
    bool is_alone = false;           ///< is not trained beside others any more: that failed
    std::string reason = {};         ///< of the last failure
  };

  Scheduler(const SweepStarted& sweep, const std::string& runs_root, SchedulerSettings settings);

  int size() const { return static_cast<int>(members_.size()); }
  Member& member(int index) { return members_[static_cast<std::size_t>(index)]; }
  const Member& member(int index) const { return members_[static_cast<std::size_t>(index)]; }
  /// -1: none has the id.
  int find(const std::string& id) const;

  /// Takes over what journals say of attempts.
  void learn(const SweepHistory& history);
  /// What the members' runs of other sweeps have is used: finds those that are finished under another name.
  void adopt_runs_of_others(int index);
  /// Reads the member's record again, and sees what is left to do; running ones stay running.
  void update(int index);
  /// Draws all conclusions from the members' values; the rungs that are decided now.
  std::vector<RungDecided> decide();

  /// The next task for one of `idle_jobs` processes without work. `is_free` looks whether a waiting member may be
  /// taken; it may change its state.
  std::optional<Task> next(int idle_jobs, const std::function<bool(int member)>& is_free);

  /// Whether every member has its end: done, diverged, failed for good, or left behind at a rung.
  bool is_finished() const;
  /// How many epochs the member is to be trained for, as far as is known yet; 0: all.
  int target_epochs(int index) const;
  bool is_left_behind(int index) const;
  const std::optional<Halving>& halving() const { return halving_; }
  int rung_epochs(int rung) const { return sweep_.rung_epochs(rung); }

 private:
  /// Whether its run stands under this sweep's name.
  bool is_ours(const Member& member) const;
  bool lacks_report(const Member& member) const;
  bool wants_work(const Member& member, int index) const;
  std::optional<double> value_at(int point, int rung) const;
  /// As long as a process needs for a member, with what was seen so far; 0: not known.
  double typical_seconds(int index) const;
  std::size_t group_share(const std::vector<int>& waiting, int first, int idle_jobs) const;
  std::int64_t bytes_with(const Task& task, int index) const;
  bool has_room(std::int64_t bytes) const;

  SweepStarted sweep_;
  std::string runs_root_;
  SchedulerSettings settings_;
  std::vector<Member> members_;
  std::optional<Halving> halving_;
};

}  // namespace thaw
