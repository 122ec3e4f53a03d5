#pragma once

#include <vector>

#include "runner/data/sample.h"
#include "schemas/experiment.pb.h"
#include "schemas/findings.h"

namespace thaw {

/// How much a sample of each class counts in the losses of training, as the experiment says and the training data shows
/// it. Empty: all the same. Findings: another number of weights than classes, weights that leave nothing, a class that
/// the data never shows where its weight would be without bound.
std::vector<double> class_weights_of(const Experiment& config, const SampleSource& train, Findings& findings);

/// What each row of a batch counts in the losses: 0 for rows that only fill it up. A sample of several labels counts by
/// the mean of its labels' weights, each by its share; one without any as 1.
std::vector<float> loss_weights(const Batch& batch, const std::vector<double>& class_weights, int max_objects);

}  // namespace thaw
