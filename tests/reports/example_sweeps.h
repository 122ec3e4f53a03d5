#pragma once

#include <map>
#include <string>
#include <vector>

#include "schemas/run_record.pb.h"
#include "schemas/sweep_record.pb.h"

namespace thaw::test {

/// A made-up sweep: what its folder and its members' runs hold.
struct ExampleSweep {
  std::string name;
  SweepStarted started;
  std::vector<std::vector<Event>> records;  ///< beside started.member(); empty: it was not begun
  std::vector<SweepEvent> events;           ///< of one journal, after its start
  std::map<std::string, std::string> logs;  ///< by member's id
};

/// Four strategies at four numbers of images, five seeds each; all done but, if wanted, some.
ExampleSweep strategies_sweep(bool is_whole = true);
/// Combinations of three numbers and a choice, drawn at random, one seed each.
ExampleSweep random_sweep(int members);
/// 27 combinations, 9 of which went on, 3 of them to the end.
ExampleSweep halving_sweep();
/// strategies_sweep with a hostile string for each choice, axis, description, class, reason, log line, ...
ExampleSweep hostile_sweep();

/// One for each page that must look right.
std::vector<ExampleSweep> example_sweeps();

/// Writes the sweep's folder and its members' runs under `root` and returns the former.
std::string write_sweep(const std::string& root, const ExampleSweep& sweep);

}  // namespace thaw::test
