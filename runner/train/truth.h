#pragma once

#include <cstdint>
#include <vector>

#include "graph/shape.h"
#include "runner/data/sample.h"
#include "zoo/objective.h"

namespace thaw {

/// The objects of one sample of a batch.
struct SampleTruth {
  const Object* objects = nullptr;
  int count = 0;

  /// The one with the largest share of the truth, of equal ones the first. There must be one.
  const Object& main_object() const;
  /// The class of the main object.
  int label() const { return main_object().label; }
};

SampleTruth truth_of(const Batch& batch, int n, int max_objects);

/// Overlap of two boxes: intersection over union of their areas; 0 where the union is empty.
double intersection_over_union(const Box& a, const Box& b);

/// A box output: xmin, ymin, xmax, ymax.
Box box_of(const float* row);

/// Index of the largest of `count` values; of equal ones the first.
int argmax(const float* row, int count);

/// The share of the truth that shows each class: 1 for each class of an object, less where samples are mixed. Objects
/// of one class from both mixed samples add up; several of one sample count once.
std::vector<float> class_set(const SampleTruth& truth, int classes);

/// The classes that count as shown: those with more than half of the truth. Ascending.
std::vector<int> labels_of(const SampleTruth& truth, int classes);

/// The truth of one loss term for a whole batch, as its graph input wants it. Rows past the batch's count stay zero.
std::vector<float> real_truth(const ObjectiveTerm& term, const TensorType& type, const Batch& batch, int max_objects);
std::vector<std::int32_t> label_truth(const Batch& batch, int max_objects);

}  // namespace thaw
