#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "schemas/sweep_record.pb.h"

namespace thaw {

/// What all journals of a sweep say of the past.
struct SweepHistory {
  struct Attempts {
    int begun = 0;  ///< in all
    /// That failed or were killed since the sweep last came to an end (people who start it anew after that want it
    /// tried anew), and had the process to themselves: who of several is to blame is not known.
    int failures = 0;
    bool failed_in_company = false;
    std::string reason = {};  ///< of the last failure
  };
  std::map<std::string, Attempts> attempts;  ///< by member
  std::set<int> decided_rungs;
  bool is_finished = false;  ///< a process found nothing left to do
};

/// Of events by time. What came to an end after `since_unix_ms` is another process's view of this very attempt, and
/// forgives nothing.
SweepHistory sweep_history(const std::vector<SweepEvent>& events, std::int64_t since_unix_ms);

}  // namespace thaw
