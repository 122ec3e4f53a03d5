#pragma once

#include <string>
#include <vector>

namespace thaw {

// Everything here reads run folders only: record.binpb and the pictures under samples/. The record may be one that is
// still being written. All throw InputError if there is no record, or a damaged one, and IoError if it cannot be read.

/// The report of one run: a whole HTML page in one piece that loads nothing and runs no script.
std::string render_report(const std::string& run_folder);

/// Several runs side by side; runs whose configs differ only in their seed are one column, with mean and spread.
std::string render_comparison(const std::vector<std::string>& run_folders);

/// Status, metrics, timing and hashes for a terminal.
std::string render_show_text(const std::string& run_folder);

/// The same as one JSON object; what is not known is null.
std::string render_show_json(const std::string& run_folder);

// The same of a sweep's folder, which has its journals in journal/, and of its members' runs beside it. A sweep that is
// still under way renders, too. All throw InputError if no journal says what the sweep is.

/// The sweep's page: ranking, comparisons, cost, curves, members. Its only script sorts tables; it links to the runs'
/// reports, and to the sweep's other files if they are there, by paths from `page_folder`, where it will lie (empty:
/// the sweep's folder).
std::string render_sweep_report(const std::string& sweep_folder, const std::string& page_folder = {});

/// States, ranking, comparisons and failures for a terminal.
std::string render_sweep_text(const std::string& sweep_folder);

/// The members with settings, state, values and cost, the points with intervals, and the comparisons: members.json.
std::string render_sweep_json(const std::string& sweep_folder);

}  // namespace thaw
