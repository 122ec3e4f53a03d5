#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/record.h"
#include "schemas/sweep_record.pb.h"

namespace thaw {

/// The events of one journal, in the order they were written.
/// Throws InputError as parse_record does, of which it is the twin.
std::vector<SweepEvent> parse_journal(std::string_view bytes, const std::string& name);

/// The events of all journals of a sweep's folder, by time; those of one process keep their order. A journal that has
/// no whole event yet is no mistake. Throws InputError for a folder without journals or a damaged one, IoError.
std::vector<SweepEvent> read_journals(const std::string& sweep_folder);

/// A process's journal as far as it can be read.
struct Journal {
  std::string path;
  std::vector<SweepEvent> events;  ///< up to the first damage
  std::string damage;              ///< what is wrong with the file; empty: nothing, or only its torn end
};

/// The events of all of them, by time; those of one process keep their order.
std::vector<SweepEvent> merged_events(std::vector<Journal> journals);

/// True if the folder holds journals: a sweep's, not a run's.
bool is_sweep_folder(const std::string& folder);

/// All journals of the folder, sorted by their paths. What cannot be read is told, not thrown: for reports, which must
/// show a sweep whatever happened to it. Throws InputError for a folder without journals, IoError if it cannot be
/// listed.
std::vector<Journal> open_journals(const std::string& sweep_folder);

/// What a sweep compares a run by, with the weights that are its best after so many epochs (0: after all it has): the
/// metric's value in the epoch that they are from, on the validation set if there is one, else in training. The same
/// weights are judged in the end. NaN if there is none.
double compared_value(const EffectiveRecord& record, const std::string& metric, int epochs = 0);

}  // namespace thaw
