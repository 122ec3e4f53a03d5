#pragma once

#include <cstdint>
#include <string>

namespace thaw::test {

/// When its first run begins, milliseconds since 1970.
inline constexpr std::int64_t kSweepBegun = 1'700'000'000'000;

/// Writes a sweep into `runs_root` and returns its folder: two strategies by two sizes by two seeds on an axis that
/// does not vary, each with a run but for the last member, which has not begun; the first one of "frozen" diverged.
/// `choice` is the other strategy's name.
std::string write_example_sweep(const std::string& runs_root, const std::string& choice = "fine-tune");

}  // namespace thaw::test
