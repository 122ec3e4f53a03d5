#include "runner/sweep/attempt_end.h"

#include <signal.h>

#include "runner/sweep/coordinator.h"

namespace thaw {
namespace {

using Status = MemberRecord::Status;

AttemptEnded::End end_of(const EndedAttempt& attempt) {
  const MemberRecord& record = attempt.member.record;
  const ChildEnd& process = attempt.process;
  const bool was_asked_to_stop = process.exit_code == static_cast<int>(SweepEnd::kStopped) || process.signal == SIGTERM;
  if (record.status() == Status::kFinished) return AttemptEnded::DONE;
  if (record.status() == Status::kDiverged) return AttemptEnded::DIVERGED;
  if (attempt.until_epoch > 0 && record.epochs() >= attempt.until_epoch) return AttemptEnded::PAUSED;
  if (process.exit_code == kTakenExitCode) return AttemptEnded::TAKEN;
  if (attempt.is_stopping || was_asked_to_stop || !attempt.was_begun) return AttemptEnded::STOPPED;
  return process.signal != 0 ? AttemptEnded::KILLED : AttemptEnded::FAILED;
}

}  // namespace

AttemptEnded describe_end(const EndedAttempt& attempt) {
  const ChildEnd& process = attempt.process;
  AttemptEnded ended;
  ended.set_member(attempt.member.info.id());
  ended.set_attempt(attempt.member.attempts);
  ended.set_end(end_of(attempt));
  ended.set_seconds(attempt.seconds);
  switch (ended.end()) {
    case AttemptEnded::DIVERGED:
      ended.set_reason(attempt.member.record.advice());
      break;
    case AttemptEnded::STOPPED:
      if (!attempt.was_begun) ended.set_reason("its process ended before its turn came");
      break;
    case AttemptEnded::KILLED:
      ended.set_reason("killed by " + signal_name(process.signal) +
                       (process.signal == SIGKILL ? " (out of memory?)" : ""));
      break;
    case AttemptEnded::FAILED:
      ended.set_exit_code(process.exit_code);
      ended.set_reason(attempt.words.empty() ? "its process said nothing" : attempt.words);
      break;
    default:
      break;
  }
  return ended;
}

std::string after_epochs(int epochs) {
  return "after " + std::to_string(epochs) + (epochs == 1 ? " epoch" : " epochs");
}

SweepFinished count_ends(const Scheduler& scheduler) {
  SweepFinished finished;
  for (int i = 0; i < scheduler.size(); ++i) {
    const auto& member = scheduler.member(i);
    if (member.state == Scheduler::State::kFailed) {
      finished.set_failed(finished.failed() + 1);
    } else if (member.state == Scheduler::State::kResting) {
      finished.set_halted(finished.halted() + 1);
    } else if (member.record.status() == Status::kDiverged) {
      finished.set_diverged(finished.diverged() + 1);
    } else {
      finished.set_done(finished.done() + 1);
    }
  }
  return finished;
}

std::string end_text(const AttemptEnded& ended, const Scheduler::Member& member) {
  switch (ended.end()) {
    case AttemptEnded::DONE:
      return "done";
    case AttemptEnded::DIVERGED:
      return "diverged: " + ended.reason();
    case AttemptEnded::PAUSED:
      return after_epochs(member.record.epochs());
    case AttemptEnded::FAILED:
    case AttemptEnded::KILLED:
      return (member.state == Scheduler::State::kFailed ? "failed: " : "failed, and is tried again: ") + ended.reason();
    default:
      return "";
  }
}

}  // namespace thaw
