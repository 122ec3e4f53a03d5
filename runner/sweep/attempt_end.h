#pragma once

#include <string>

#include "runner/sweep/child_process.h"
#include "runner/sweep/scheduler.h"

namespace thaw {

/// A member whose process has ended. Its record has been read since.
struct EndedAttempt {
  const Scheduler::Member& member;
  const ChildEnd& process;
  int until_epoch = 0;       ///< that it was asked for; 0: all
  bool was_begun = true;     ///< its process came to it
  bool is_stopping = false;  ///< the sweep was told to stop
  const std::string& words;  ///< what its process said last
  double seconds = 0;
};

/// How it ended: what the member's record says goes before what its process said.
AttemptEnded describe_end(const EndedAttempt& attempt);

/// "after 1 epoch", "after 3 epochs".
std::string after_epochs(int epochs);

/// What people are told of it; empty: nothing that they need to know.
std::string end_text(const AttemptEnded& ended, const Scheduler::Member& member);

/// How all members of a sweep ended that has nothing left to do. Without its time.
SweepFinished count_ends(const Scheduler& scheduler);

}  // namespace thaw
