#pragma once

namespace thaw::reports {

// The only place that needs Boost.Math.

/// Of Student's t distribution: the value that a share `probability` lies below. degrees >= 1.
double student_quantile(double probability, int degrees);

/// The share of Student's t distribution that is at least as far from 0 as `t`, on both sides.
double student_two_sided(double t, int degrees);

/// The share of the standard normal distribution below `z`.
double normal_probability(double z);

}  // namespace thaw::reports
