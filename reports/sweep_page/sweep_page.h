#pragma once

#include <string>

#include "reports/sweep_answer.h"
#include "reports/sweep_view.h"

namespace thaw::reports {

/// The page that answers a sweep's question: HTML in one piece, readable without its script, which only sorts tables.
/// `page_folder`: where it will lie; empty: in the sweep's own folder.
std::string render_sweep_page(const SweepView& view, const SweepAnswer& answer, const std::string& page_folder = {});

}  // namespace thaw::reports
