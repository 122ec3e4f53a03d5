#include "runner/train/truth.h"

#include <algorithm>

#include "schemas/diagnostic.h"

namespace thaw {

const Object& SampleTruth::main_object() const {
  if (count < 1) throw InternalError("a sample without an object is compared with the class or box of one");
  return *std::max_element(objects, objects + count,
                           [](const Object& a, const Object& b) { return a.share < b.share; });
}

SampleTruth truth_of(const Batch& batch, int n, int max_objects) {
  return {batch.objects.data() + static_cast<std::ptrdiff_t>(n) * max_objects,
          batch.object_counts[static_cast<std::size_t>(n)]};
}

double intersection_over_union(const Box& a, const Box& b) {
  const auto area = [](double width, double height) { return std::max(width, 0.0) * std::max(height, 0.0); };
  const double inner = area(static_cast<double>(std::min(a.xmax, b.xmax)) - std::max(a.xmin, b.xmin),
                            static_cast<double>(std::min(a.ymax, b.ymax)) - std::max(a.ymin, b.ymin));
  const double outer = area(static_cast<double>(a.xmax) - a.xmin, static_cast<double>(a.ymax) - a.ymin) +
                       area(static_cast<double>(b.xmax) - b.xmin, static_cast<double>(b.ymax) - b.ymin) - inner;
  return outer > 0 ? inner / outer : 0;
}

Box box_of(const float* row) { return {row[0], row[1], row[2], row[3]}; }

int argmax(const float* row, int count) { return static_cast<int>(std::max_element(row, row + count) - row); }

// Two objects of one class and one share come from one sample, unless both halves of a mixture weigh exactly the same.
std::vector<float> class_set(const SampleTruth& truth, int classes) {
  std::vector<float> set(static_cast<std::size_t>(classes), 0.0F);
  for (int k = 0; k < truth.count; ++k) {
    const Object& object = truth.objects[k];
    const bool is_counted = std::any_of(truth.objects, truth.objects + k, [&](const Object& other) {
      return other.label == object.label && other.share == object.share;
    });
    float& share = set.at(static_cast<std::size_t>(object.label));
    if (!is_counted) share = std::min(share + object.share, 1.0F);
  }
  return set;
}

std::vector<int> labels_of(const SampleTruth& truth, int classes) {
  std::vector<int> labels;
  const std::vector<float> set = class_set(truth, classes);
  for (int c = 0; c < classes; ++c) {
    if (set[static_cast<std::size_t>(c)] > 0.5F) labels.push_back(c);
  }
  return labels;
}

namespace {

void write_truth(const ObjectiveTerm& term, const SampleTruth& truth, int length, float* row) {
  if (term.target == CLASS_SET) {
    const std::vector<float> set = class_set(truth, length);
    std::copy(set.begin(), set.end(), row);
  } else if (term.target == CLASS && length == 1) {
    for (int k = 0; k < truth.count; ++k) row[0] += truth.objects[k].label == 1 ? truth.objects[k].share : 0.0F;
  } else if (term.target == CLASS) {
    for (int k = 0; k < truth.count; ++k) row[truth.objects[k].label] += truth.objects[k].share;
  } else {
    const Box& box = truth.main_object().box;
    const float corners[] = {box.xmin, box.ymin, box.xmax, box.ymax};
    std::copy_n(corners, 4, row);
  }
}

}  // namespace

std::vector<float> real_truth(const ObjectiveTerm& term, const TensorType& type, const Batch& batch, int max_objects) {
  const auto length = static_cast<std::size_t>(type.shape[1]);
  std::vector<float> truth(static_cast<std::size_t>(element_count(type.shape)), 0.0F);
  for (int n = 0; n < batch.count; ++n) {
    write_truth(term, truth_of(batch, n, max_objects), static_cast<int>(length),
                truth.data() + static_cast<std::size_t>(n) * length);
  }
  return truth;
}

std::vector<std::int32_t> label_truth(const Batch& batch, int max_objects) {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(batch.capacity), 0);
  for (int n = 0; n < batch.count; ++n) labels[static_cast<std::size_t>(n)] = truth_of(batch, n, max_objects).label();
  return labels;
}

}  // namespace thaw
