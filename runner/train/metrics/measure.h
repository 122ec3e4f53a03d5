#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runner/train/batch_result.h"
#include "runner/train/truth.h"
#include "schemas/targets.h"

namespace thaw {

/// One sample with everything that was computed for it.
struct MeasuredSample {
  const BatchResult& result;
  SampleTruth truth;
  int n = 0;  ///< its row

  const float* row(const std::string& output) const { return result.row(output, n); }
};

/// One number about samples that are shown one after the other. All that it remembers is a row of sums.
class Measure {
 public:
  explicit Measure(std::size_t sums) : sums_(sums, 0.0) {}
  virtual ~Measure() = default;
  Measure(const Measure&) = delete;
  Measure& operator=(const Measure&) = delete;

  virtual void reset() { sums_.assign(sums_.size(), 0.0); }
  virtual void add(const MeasuredSample& sample) = 0;
  /// The number so far; none where nothing can be said: no sample of what it is about was seen.
  virtual std::optional<double> value() const = 0;

  std::vector<double>& sums() { return sums_; }
  const std::vector<double>& sums() const { return sums_; }

 private:
  std::vector<double> sums_;
};

using MeasurePointer = std::unique_ptr<Measure>;

/// An output that is compared with classes.
struct ClassOutput {
  std::string name;
  ClassKind kind = ClassKind::kMultiClass;
  int units = 1;

  int classes() const { return kind == ClassKind::kBinary ? 2 : units; }
  /// What it says of a sample, as one class. Not of multi-label ones.
  int predicted(const float* row) const {
    return kind == ClassKind::kBinary ? static_cast<int>(row[0] > 0.5F) : argmax(row, units);
  }
  /// How probable it calls a class.
  float probability(const float* row, int label) const {
    if (kind != ClassKind::kBinary) return row[label];
    return label == 1 ? row[0] : 1.0F - row[0];
  }
};

}  // namespace thaw
