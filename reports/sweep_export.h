#pragma once

#include <string>

#include "reports/sweep_answer.h"
#include "reports/sweep_view.h"

namespace thaw::reports {

// The files beside a sweep's page, of a sweep that was read and answered already.

/// One row for each member: members.csv (RFC 4180). Text that a spreadsheet would take for a formula is preceded by '.
std::string sweep_csv(const SweepView& view);

/// members.json: render_sweep_json in pages.h.
std::string sweep_json(const SweepView& view, const SweepAnswer& answer);

/// The recommended combination's experiment with the reasons in its first lines: recommended.pbtxt. Empty: none yet.
std::string sweep_recommended(const SweepView& view, const SweepAnswer& answer);

}  // namespace thaw::reports
