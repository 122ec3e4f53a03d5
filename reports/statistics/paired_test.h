#pragma once

#include <vector>

namespace thaw::reports {

/// How likely differences of seeds are at least as far from 0 as these, if there is none: two-sided.
///
/// Student's paired t-test. Where all differences are equal and not 0 it has no spread to go by: then the sign test's
/// 2^(1 - n), which makes no claim about sizes. 1 if all are 0; NaN for fewer than two.
/// Source: Student 1908; Dixon and Mood 1946 (sign test).
double paired_p_value(const std::vector<double>& differences);

/// p-values made larger so that, of all comparisons together, one is wrongly called different in at most 5 % of cases
/// if those below 0.05 are. NaN stays NaN and does not count.
/// Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
std::vector<double> holm_corrected(const std::vector<double>& p_values);

}  // namespace thaw::reports
