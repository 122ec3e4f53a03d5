#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "schemas/sweep_record.pb.h"

namespace thaw::reports {

/// What the journals say of one member.
struct MemberHistory {
  int attempts = 0;  ///< that another process had not taken
  int failures = 0;
  bool is_begun = false;   ///< its last attempt has not ended
  bool has_ended = false;  ///< its last attempt has, and so: `last`
  AttemptEnded last;
};

/// All journals of a sweep as one.
struct SweepHistory {
  SweepStarted started;                          ///< the newest, each member once
  std::map<std::string, MemberHistory> members;  ///< by id
  std::map<int, RungDecided> decisions;          ///< by rung; the first one, as all are the same
  std::int64_t begun_unix_ms = 0;                ///< when the first process began
  double wall_seconds = 0;                       ///< in which at least one process worked on it
  std::vector<std::string> unreadable;
};

/// Reads the journals of a sweep's folder. Damaged and foreign ones are named in `unreadable`.
/// Throws InputError if none says what the sweep is.
SweepHistory read_history(const std::string& folder);

}  // namespace thaw::reports
