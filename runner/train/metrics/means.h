#pragma once

#include <functional>

#include "runner/train/metrics/measure.h"

namespace thaw {

/// Metrics that are means over samples.

/// The sum of some terms of the objective, each times its weight (or 1), as the losses count the samples.
MeasurePointer measure_loss(const std::vector<ObjectiveTerm>& terms, const std::string& output);

/// Share of right classes; of a multi-label output, of right yes/no answers.
MeasurePointer measure_accuracy(const ClassOutput& output);

/// Share of samples whose class is among the k likeliest. Of equal probabilities the lower class comes first.
MeasurePointer measure_top_k(const ClassOutput& output, int k);

/// Mean over values of the squared difference, or of the difference without its sign.
MeasurePointer measure_error(const std::string& output, Target target, bool is_squared);

/// Mean overlap with the true box.
MeasurePointer measure_iou(const std::string& output);
/// Share of boxes at or above `threshold`.
MeasurePointer measure_iou_share(const std::string& output, double threshold);

}  // namespace thaw
