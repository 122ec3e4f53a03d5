#pragma once

#include <string>
#include <vector>

#include "tests/reports/recorded_sweep.h"

namespace thaw::test {

// Sweeps that are hard on a page, beside those of recorded_sweep.h.

/// Combinations of three numbers and a choice, drawn at random, one seed each.
RecordedSweep random_sweep(int members);

/// A choice for each hostile string, each with two seeds that are done and one that failed with a hostile reason;
/// hostile names, descriptions, configs and commands.
RecordedSweep sweep_of_hostile_strings();

/// What the processes of the members that failed said last: a hostile string each.
void write_hostile_logs(const std::string& sweep_folder, const RecordedSweep& sweep);

struct NamedPage {
  std::string name, page;
};
/// The page of each sweep that must look right. Writes the sweeps under `runs_root`.
std::vector<NamedPage> sweep_pages(const std::string& runs_root);

}  // namespace thaw::test
