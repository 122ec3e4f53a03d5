#pragma once

#include <string>
#include <vector>

#include "reports/sweep_answer.h"

namespace thaw::reports {

// The sentences of a sweep's page. They claim no more than the numbers carry: "beats" is said only of what can be told
// apart.

/// Sets `words` of every comparison.
void add_pair_words(const SweepView& view, SweepAnswer& answer);

/// "Averaged over images 20 and 100, fine-tune beats frozen: ...", of a comparison of `overall`.
std::string averaged_words(const SweepView& view, const SweepAnswer& answer, const PairResult& pair);

/// Why the recommended point is.
std::string recommendation_words(const SweepView& view, const SweepAnswer& answer);

std::string head_words(const SweepView& view, const SweepAnswer& answer);
std::vector<std::string> caveats(const SweepView& view, const SweepAnswer& answer);

/// "97.9 %" with the interval: "97.9 % (95 % interval 97.2 to 98.4, 5 seeds)".
std::string estimate_text(const SweepView& view, const Estimate& estimate);

/// An interval of values: "97.2 to 98.4"; empty: it is not known.
std::string interval_text(const SweepView& view, const Interval& interval);

/// "20, 100 and 500".
std::string listed(const std::vector<std::string>& words);

/// "5 seeds", "one seed".
std::string seeds_text(int count);

}  // namespace thaw::reports
