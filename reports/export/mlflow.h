#pragma once

#include "reports/export/export_subject.h"

namespace thaw::reports {

/// Writes runs in the layout of MLflow's file store:
///
///   EXPERIMENT/meta.yaml
///   EXPERIMENT/RUN/meta.yaml
///                  params/train.optimizer.adam.learning_rate     every field of the experiment, and a member's axes
///                  metrics/validation/classification/accuracy    "time value epoch", a line for each epoch
///                  tags/...                                      where it comes from, hashes, repeats
///                  artifacts/                                    report.html, experiment.pbtxt
///
/// The experiment is the one that the store at `store` (an absolute path) has of this name, or a new one. A sweep is a
/// run, too, and its members' parent; the tag thaw.point is the same for repeats. Exporting again replaces the same
/// runs. What MLflow limits in length is cut, and ends with "...". Returns what to tell the user of that.
std::string write_mlflow(const ExportSubject& subject, const std::string& store, const FileSink& write);

}  // namespace thaw::reports
