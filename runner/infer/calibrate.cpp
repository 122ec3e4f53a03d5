#include "runner/infer/calibrate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using onnx_io::Literal;

/// Sums over all batches of one output.
struct Difference {
  double largest = 0, largest_value = 0, squares = 0, value_squares = 0;
  std::int64_t decisions = 0, changed = 0;
};

bool looks_like_classes(const Shape& shape) { return (shape.size() == 2 || shape.size() == 4) && shape[1] >= 2; }

/// The class of the largest score at a place, `step` apart.
std::int64_t class_at(const float* scores, std::int64_t classes, std::int64_t step) {
  std::int64_t best = 0;
  for (std::int64_t c = 1; c < classes; ++c) {
    if (scores[c * step] > scores[best * step]) best = c;
  }
  return best;
}

void compare_classes(const InferredTensor& exact, const InferredTensor& found, Difference& difference) {
  if (!looks_like_classes(exact.shape)) return;
  const std::int64_t classes = exact.shape[1];
  const std::int64_t pixels = element_count(Shape(exact.shape.begin() + 2, exact.shape.end()));
  for (std::int64_t n = 0; n < exact.shape[0]; ++n) {
    for (std::int64_t p = 0; p < pixels; ++p, ++difference.decisions) {
      const std::int64_t at = n * classes * pixels + p;
      difference.changed +=
          class_at(exact.values.data() + at, classes, pixels) != class_at(found.values.data() + at, classes, pixels);
    }
  }
}

void compare(const InferredTensor& exact, const InferredTensor& found, Difference& difference) {
  for (std::size_t i = 0; i < exact.values.size(); ++i) {
    const double value = exact.values[i], off = found.values[i] - value;
    difference.largest = std::max(difference.largest, std::abs(off));
    difference.largest_value = std::max(difference.largest_value, std::abs(value));
    difference.squares += off * off;
    difference.value_squares += value * value;
  }
  compare_classes(exact, found, difference);
}

double ratio(double part, double whole) { return whole > 0 ? part / whole : part > 0 ? INFINITY : 0; }

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2g %%", 100 * share);
  return text;
}

}  // namespace

std::vector<OnnxBatch> calibration_batches(const OnnxFile& model, std::vector<Literal> tensors) {
  const std::size_t inputs = model.inputs().size();
  if (inputs == 0 || tensors.empty() || tensors.size() % inputs != 0) {
    throw InputError(model.path() + ": takes " + std::to_string(inputs) + " tensors; the " +
                     std::to_string(tensors.size()) + " to calibrate on are no whole number of batches");
  }
  std::vector<OnnxBatch> batches;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (i % inputs == 0) batches.emplace_back();
    const Literal& first = i < inputs ? tensors[i] : batches[0][i % inputs];
    if (tensors[i].shape != first.shape) {
      throw InputError(model.path() + ": the tensors to calibrate on must be of one shape; number " +
                       std::to_string(i + 1) + " is " + to_text(tensors[i].shape) + ", the first " +
                       to_text(first.shape));
    }
    batches.back().push_back(std::move(tensors[i]));
  }
  return batches;
}

std::shared_ptr<const Calibration> calibrate(const OnnxFile& model, const std::vector<OnnxBatch>& batches,
                                             const std::shared_ptr<Device>& device) {
  OnnxProgram program(model, batches.at(0), device);
  Calibrator calibrator(program.program());
  for (const OnnxBatch& batch : batches) program.run(batch, calibrator);
  return std::make_shared<const Calibration>(calibrator.calibration());
}

std::vector<OutputLoss> measure_losses(const OnnxFile& model, const std::vector<OnnxBatch>& batches,
                                       const InferPrecision& precision, const std::shared_ptr<Device>& device) {
  OnnxProgram fp32(model, batches.at(0), device), other(model, batches[0], device, precision);
  std::vector<Difference> differences;
  std::vector<OutputLoss> losses;
  for (const OnnxBatch& batch : batches) {
    const auto exact = fp32.run(batch), found = other.run(batch);
    differences.resize(exact.size());
    losses.resize(exact.size());
    for (std::size_t k = 0; k < exact.size(); ++k) {
      compare(exact[k], found[k], differences[k]);
      losses[k].name = exact[k].name;
    }
  }
  for (std::size_t k = 0; k < losses.size(); ++k) {
    const Difference& each = differences[k];
    losses[k].largest = ratio(each.largest, each.largest_value);
    losses[k].rms = std::sqrt(ratio(each.squares, each.value_squares));
    losses[k].decisions = each.decisions;
    losses[k].changed = each.changed;
  }
  return losses;
}

std::string losses_text(const std::vector<OutputLoss>& losses) {
  std::string text;
  for (const OutputLoss& loss : losses) {
    text += "int8 beside fp32, on the calibration tensors: " + printable(loss.name) + " is off by up to " +
            percent(loss.largest) + " of its largest value, " + percent(loss.rms) + " root mean square";
    if (loss.decisions > 0) {
      text += "; another class in " + std::to_string(loss.changed) + " of " + std::to_string(loss.decisions);
    }
    text += "\n";
  }
  return text;
}

}  // namespace thaw
