#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "reports/record_view.h"
#include "schemas/sweep_record.pb.h"

namespace thaw::reports {

/// Takes one file of an export: its path below the folder that is exported to, and its bytes.
using FileSink = std::function<void(const std::string& path, const std::string& bytes)>;

/// A run that is exported, by itself or as a member of a sweep.
struct ExportedRun {
  std::string folder;
  RecordView view;
  // Of a member only:
  std::vector<std::pair<std::string, Setting>> settings;  ///< by axis
  std::string point;  ///< "strategy=fine-tune, images=100": the same for all repeats
  std::string label;  ///< the point with its seed: "strategy=fine-tune, images=100, seed=3"
};

/// What is exported: a run, or a sweep with those of its members that have begun.
struct ExportSubject {
  std::string folder;
  bool is_sweep = false;
  SweepStarted sweep;  ///< of a sweep only
  std::int64_t begun_unix_ms = 0;
  std::vector<ExportedRun> runs;        ///< a sweep's in the order of its members
  std::vector<std::string> left_out;    ///< members that have not begun or cannot be read: "LABEL: not begun"
  std::vector<std::string> unreadable;  ///< journals, each with its reason

  /// The experiment's name.
  const std::string& name() const { return is_sweep ? sweep.name() : runs[0].view.record.started.name(); }
};

/// Reads the run or the sweep in `folder`.
/// Throws InputError if it is neither, if a run's record is damaged, if no journal says what the sweep is, or if no
/// member of it has a record that is not damaged.
ExportSubject load_export_subject(const std::string& folder);

/// What it is, for a terminal: "digits, run 0123456789ab: done", "digits, sweep 0123456789ab: 7 of 8 members; not
/// begun: ...".
std::string describe(const ExportSubject& subject);

}  // namespace thaw::reports
