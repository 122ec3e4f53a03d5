#pragma once

#include <map>
#include <string>
#include <vector>

#include "runner/data/sample.h"
#include "schemas/experiment.pb.h"
#include "schemas/run_record.pb.h"
#include "zoo/objective.h"

namespace thaw {

/// What one batch gave, on the host: row-major rows of each output and each loss term's value a sample.
struct BatchResult {
  std::map<std::string, std::vector<float>> outputs;  ///< by layer name
  std::map<std::string, int> lengths;                 ///< values a row
  std::vector<std::vector<float>> losses;             ///< by objective term

  const float* row(const std::string& output, int n) const {
    return outputs.at(output).data() + static_cast<std::ptrdiff_t>(n) * lengths.at(output);
  }
};

/// Overlap of two boxes: intersection over union of their areas; 0 where the union is empty.
double intersection_over_union(const Box& a, const Box& b);

/// A box output: xmin, ymin, xmax, ymax.
Box box_of(const float* row);

/// Index of the largest of `count` values; of equal ones the first.
int argmax(const float* row, int count);

/// 1 for each class that one of the objects shows, else 0.
std::vector<float> class_set(const Object* objects, int count, int classes);

/// The losses and metrics of an experiment, summed over samples exactly: each sample counts once, a short last batch
/// by the samples it has. Names: "loss", "OUTPUT/loss", "OUTPUT/accuracy", "OUTPUT/iou", "OUTPUT/iou_at_0.6", ...
class MetricSet {
 public:
  MetricSet(const Experiment& config, const std::vector<ObjectiveTerm>& terms);

  void reset();
  void add(const Batch& batch, const BatchResult& result, int max_objects);
  /// Means so far, in the order of infos().
  std::vector<double> values() const;
  double value(const std::string& name) const;
  const std::vector<MetricInfo>& infos() const { return infos_; }

  /// The running sums, to go on from a checkpoint.
  std::vector<double> state() const;
  void restore(const std::vector<double>& state);

 private:
  struct Row;
  enum class Kind { kTotalLoss, kOutputLoss, kAccuracy, kSetAccuracy, kSquaredError, kAbsoluteError, kIou, kIouShare };
  struct Entry {
    Kind kind;
    std::string output;
    Target target;
    double threshold;
  };

  void append(Entry entry, const std::string& name, const std::string& title, bool more_is_better, bool is_share);
  void append(const Metric& metric, const Train& train);
  double measure(const Entry& entry, const Row& row) const;

  std::vector<ObjectiveTerm> terms_;
  std::vector<Entry> entries_;
  std::vector<MetricInfo> infos_;
  std::vector<double> sums_;
  double samples_ = 0;
};

}  // namespace thaw
