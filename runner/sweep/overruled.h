#pragma once

#include "runner/sweep/member_findings.h"

namespace thaw {

/// Finds settings of the command line that axes overrule: to `findings` those that reach no member, to `warnings` those
/// that only some members have. What a file says may be overruled in silence: it is what members are changed from.
void find_overruled(const SweepMembers& sweep, MemberFindings& findings, MemberFindings& warnings);

}  // namespace thaw
