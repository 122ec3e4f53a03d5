#pragma once

#include <string>
#include <vector>

#include "schemas/experiment.pb.h"

namespace thaw {

/// What a loss compares its output with, AUTO resolved: CLASS for (sparse) categorical cross-entropy, CLASS_SET for
/// binary, BOX for the others.
Target target_of_loss(const Loss& loss);

/// What a metric compares its output with. AUTO: what the loss of that output does; without one CLASS for accuracy, BOX
/// for the others.
Target target_of_metric(const Metric& metric, const Train& train);

/// "categorical_cross_entropy", "accuracy", ...: the alternative that was chosen; "loss" or "metric" if none was.
std::string kind_of(const Loss& loss);
std::string kind_of(const Metric& metric);

/// The names under which the record and the report know what a metric measures. Most measure one number,
/// "classification/accuracy"; intersection over union two: "box/iou" and the share "box/iou_at_0.6".
std::vector<std::string> names_of_metric(const Metric& metric);

/// Every name that `train.best.metric` may have: "loss", each output's "<output>/loss", and those of all metrics.
std::vector<std::string> monitor_names(const Experiment& config);

}  // namespace thaw
