#include "runner/sweep/history.h"

#include <algorithm>

namespace thaw {

SweepHistory sweep_history(const std::vector<SweepEvent>& events, std::int64_t since_unix_ms) {
  SweepHistory history;
  std::map<std::string, bool> is_in_company;
  for (const SweepEvent& event : events) {
    switch (event.kind_case()) {
      case SweepEvent::kAttemptBegun: {
        auto& attempts = history.attempts[event.attempt_begun().member()];
        is_in_company[event.attempt_begun().member()] = event.attempt_begun().beside_size() > 0;
        attempts.begun = std::max(attempts.begun, event.attempt_begun().attempt());
        break;
      }
      case SweepEvent::kAttemptEnded: {
        const AttemptEnded& ended = event.attempt_ended();
        if (ended.end() != AttemptEnded::FAILED && ended.end() != AttemptEnded::KILLED) break;
        auto& attempts = history.attempts[ended.member()];
        if (is_in_company[ended.member()]) {
          attempts.failed_in_company = true;
        } else {
          ++attempts.failures;
        }
        attempts.reason = ended.reason();
        break;
      }
      case SweepEvent::kRungDecided:
        history.decided_rungs.insert(event.rung_decided().rung());
        break;
      case SweepEvent::kFinished:
        history.is_finished = true;
        if (event.time_unix_ms() >= since_unix_ms) break;
        for (auto& [member, attempts] : history.attempts) attempts.failures = 0;
        break;
      default:
        break;
    }
  }
  return history;
}

}  // namespace thaw
