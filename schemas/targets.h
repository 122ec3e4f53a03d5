#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/experiment.pb.h"

namespace thaw {

/// What a loss compares its output of `units` values with, AUTO resolved: CLASS for (sparse) categorical cross-entropy;
/// for binary CLASS at one unit and CLASS_SET at more; BOX for the others. Of binary cross-entropy it stays AUTO as
/// long as nobody knows the units.
Target target_of_loss(const Loss& loss, std::optional<std::int64_t> units);

/// What a metric compares its output of `units` values with. AUTO: what the loss of that output does; without one BOX
/// for errors and overlaps, CLASS for all others.
Target target_of_metric(const Metric& metric, const Train& train, std::optional<std::int64_t> units);

/// What an output says of classes.
enum class ClassKind {
  kBinary,      ///< one unit: how probable the second of two classes is
  kMultiClass,  ///< one unit a class, and one class a sample
  kMultiLabel,  ///< one unit a class, each a yes or no
};
/// None: it is compared with something else.
std::optional<ClassKind> class_kind_of(Target target, std::int64_t units);
/// "binary", "multi-class", "multi-label": as records and people call it.
std::string name_of(ClassKind kind);

/// Whether training mixes samples, so that one may be of several classes.
bool mixes_samples(const Source& source);

/// Whether there are samples to judge by besides those of training.
bool has_validation(const Data& data);

/// Whether a metric can only be told once all samples are seen with the same weights: it is not measured on the batches
/// of training.
bool is_for_validation_alone(const Metric& metric);

/// "categorical_cross_entropy", "accuracy", ...: the alternative that was chosen; "loss" or "metric" if none was.
std::string kind_of(const Loss& loss);
std::string kind_of(const Metric& metric);

/// The names under which the record and the report know what a metric measures. Most measure one number,
/// "classification/accuracy", "classification/f1_macro"; intersection over union two: "box/iou" and the share
/// "box/iou_at_0.6".
std::vector<std::string> names_of_metric(const Metric& metric);

/// Every name that `train.best.metric` may have: "loss", each output's "<output>/loss", and those of all metrics.
std::vector<std::string> monitor_names(const Experiment& config);

}  // namespace thaw
