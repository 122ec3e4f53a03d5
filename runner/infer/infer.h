#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/onnx/read.h"
#include "ops/calibration.h"
#include "ops/program.h"

namespace thaw {

/// An output of a model that was run.
struct InferredTensor {
  std::string name;
  Shape shape;
  std::vector<float> values;  ///< row-major
};

/// How a model is compiled for tensors, which go to its inputs in the file's order. Throws InputError if there are too
/// many or too few.
OnnxOptions options_for(const OnnxFile& model, const std::vector<onnx_io::Literal>& tensors);

/// In what a model computes.
struct InferPrecision {
  Precision precision = Precision::kFloat32;
  std::shared_ptr<const Calibration> calibration = nullptr;  ///< of the same model, for int8
};

/// A model compiled for tensors of certain shapes; runs as often as asked.
class OnnxProgram {
 public:
  /// Compiles for tensors like these, which go to the model's inputs in the file's order; what must be known while
  /// compiling is fixed to their values. Throws InputError if they do not fit or a node is not supported.
  OnnxProgram(const OnnxFile& model, const std::vector<onnx_io::Literal>& tensors,
              const std::shared_ptr<Device>& device, const InferPrecision& precision = {});
  ~OnnxProgram();

  /// Runs on other tensors of the same shapes.
  std::vector<InferredTensor> run(const std::vector<onnx_io::Literal>& tensors);
  /// Runs on them for a calibration of program().
  void run(const std::vector<onnx_io::Literal>& tensors, Calibrator& calibrator);
  Program& program() { return *program_; }
  const Program& program() const { return *program_; }

 private:
  void set_inputs(const std::vector<onnx_io::Literal>& tensors);
  InferredTensor result(std::size_t k) const;

  OnnxModel model_;
  std::vector<std::ptrdiff_t> places_;  ///< of each output among the graph's outputs
  std::shared_ptr<ParameterStore> store_;
  std::unique_ptr<Program> program_;
};

/// Compiles the model for these tensors and runs it once. Tensors go to the model's inputs in the file's order. Throws
/// InputError if they do not fit or a node is not supported.
std::vector<InferredTensor> infer(const OnnxFile& model, const std::vector<onnx_io::Literal>& tensors,
                                  const std::shared_ptr<Device>& device);

/// Reads a tensor from .npy or from a serialized TensorProto (.pb). Throws InputError naming the file.
onnx_io::Literal read_tensor(const std::string& path);

/// What `thaw infer` is asked for.
struct InferRequest {
  std::string model;
  std::vector<std::string> tensors;
  std::string folder;
  Precision precision = Precision::kFloat32;
  std::vector<std::string> calibration =
      {};  ///< tensors, batch after batch, each with one for every input of the model
};

/// Runs the model on the tensor files and writes FOLDER/output_K.npy (float32) for each of its outputs. Returns what to
/// tell the user: the files, and how much accuracy int8 loses. Throws InputError.
std::string infer_files(const InferRequest& request, const std::shared_ptr<Device>& device);

}  // namespace thaw
