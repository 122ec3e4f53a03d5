#pragma once

#include "runner/data/sample.h"
#include "runner/train/metrics/ranking.h"
#include "schemas/experiment.pb.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// One number for each metric, or none where it was not measured.
using MeasuredValues = std::vector<std::optional<double>>;

/// The batches that metrics are taken over.
enum class MetricScope {
  kTrain,       ///< while the weights change: what must see all samples at once is left out
  kValidation,  ///< with the same weights
};

/// The outputs of an objective that are compared with classes, in its order.
std::vector<ClassOutput> class_outputs(const std::vector<ObjectiveTerm>& terms);

/// The losses and metrics of an experiment, summed over samples exactly: each sample counts once (in the losses by the
/// weight that it was trained with), a short last batch by the samples it has. A mixed sample counts by the class with
/// the larger share. Names: "loss", "OUTPUT/loss", "OUTPUT/accuracy", "OUTPUT/iou", "OUTPUT/f1_macro", ...
class MetricSet {
 public:
  MetricSet(const Experiment& config, const std::vector<ObjectiveTerm>& terms,
            MetricScope scope = MetricScope::kValidation);

  void reset();
  void add(const Batch& batch, const BatchResult& result, int max_objects);
  /// The numbers so far, in the order of infos().
  MeasuredValues values() const;
  /// Throws InternalError for a name that is unknown or was not measured.
  double value(const std::string& name) const;
  const std::vector<MetricInfo>& infos() const { return infos_; }

  /// The running sums, to go on from a checkpoint. Of kTrain alone: a validation is not interrupted.
  std::vector<double> state() const;
  void restore(const std::vector<double>& state);

 private:
  struct Label;
  void append(MeasurePointer measure, const Label& label);
  void append(const Metric& metric, Target target, int units);
  void append_of_classes(const Metric& metric, const ClassOutput& output);
  std::shared_ptr<const ScoreTable> scores_of(const ClassOutput& output);

  MetricScope scope_;
  std::vector<MetricInfo> infos_;
  std::vector<MeasurePointer> measures_;  ///< null: not measured here
  std::map<std::string, std::shared_ptr<ScoreTable>> scores_;
};

}  // namespace thaw
