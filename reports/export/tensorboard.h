#pragma once

#include "reports/export/export_subject.h"

namespace thaw::reports {

/// Writes TensorBoard event files, one for each of a run's folders, whose names stay the same however often it is
/// exported:
///
///   NAME/ID/                 hyperparameters, and the metrics of the best epoch: "best/classification/accuracy"
///   NAME/ID/train/           metrics by epoch, and the learning rate
///   NAME/ID/validation/      the same metrics, so that both curves stand in one chart
///
/// A member of a sweep lies in NAME/LABEL-ID instead, with the axes that differ as its hyperparameters; repeats are one
/// group, which TensorBoard's table averages. What columns that has stands in NAME/sweep-ID. A run by itself has all
/// fields of its experiment as hyperparameters: TensorBoard shows those that differ among what it finds in a folder.
void write_tensorboard(const ExportSubject& subject, const FileSink& write);

}  // namespace thaw::reports
