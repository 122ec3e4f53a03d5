#pragma once

#include <string>

#include "reports/sweep_answer.h"
#include "reports/sweep_view.h"

namespace thaw::reports {

/// The files beside a sweep's page, as pages.h tells of them, for a sweep that was read and answered already.
std::string sweep_csv(const SweepView& view);
std::string sweep_json(const SweepView& view, const SweepAnswer& answer);
std::string sweep_recommended(const SweepView& view, const SweepAnswer& answer);

}  // namespace thaw::reports
