#pragma once

#include "runner/infer/infer.h"

namespace thaw {

/// What a model takes for one run.
using OnnxBatch = std::vector<onnx_io::Literal>;

/// Cuts tensors, one for every input of the model and then again, into batches. Throws InputError if they do not come
/// out even or differ in shape from batch to batch.
std::vector<OnnxBatch> calibration_batches(const OnnxFile& model, std::vector<onnx_io::Literal> tensors);

/// Runs the model in fp32 on the batches and returns how to quantize it.
std::shared_ptr<const Calibration> calibrate(const OnnxFile& model, const std::vector<OnnxBatch>& batches,
                                             const std::shared_ptr<Device>& device);

/// How far an output in another precision is from the same in fp32.
struct OutputLoss {
  std::string name;
  double largest = 0;  ///< difference, of the largest magnitude in fp32
  double rms = 0;      ///< root of the mean squared difference, of the root of the mean square in fp32
  /// Where the output looks like scores of classes along axis 1 (two or four axes, at least two classes):
  std::int64_t decisions = 0;  ///< pictures, or pixels; 0 if it does not
  std::int64_t changed = 0;    ///< those whose largest score is another class's
};

/// Runs the model both ways on the batches.
std::vector<OutputLoss> measure_losses(const OnnxFile& model, const std::vector<OnnxBatch>& batches,
                                       const InferPrecision& precision, const std::shared_ptr<Device>& device);

/// A line for each output.
std::string losses_text(const std::vector<OutputLoss>& losses);

}  // namespace thaw
