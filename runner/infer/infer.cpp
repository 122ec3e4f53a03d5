#include "runner/infer/infer.h"

#include <algorithm>
#include <filesystem>

#include "graph/onnx/tensor.h"
#include "graph/passes/pipeline.h"
#include "graph/passes/rewrite.h"
#include "ops/catalogue.h"
#include "ops/program.h"
#include "runner/infer/calibrate.h"
#include "runner/infer/npy.h"
#include "runner/store/durable_file.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using onnx_io::Literal;

std::string inputs_text(const std::vector<OnnxInput>& inputs) {
  std::string text;
  for (const OnnxInput& input : inputs) text += "\n  " + input.name + ": " + input.type + " " + input.shape;
  return text;
}

}  // namespace

OnnxOptions options_for(const OnnxFile& model, const std::vector<Literal>& tensors) {
  const std::vector<OnnxInput> inputs = model.inputs();
  if (inputs.size() != tensors.size()) {
    throw InputError(model.path() + ": takes " + std::to_string(inputs.size()) + " tensors, not " +
                     std::to_string(tensors.size()) + ":" + inputs_text(inputs));
  }
  OnnxOptions options;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].must_be_known) options.known[inputs[i].name] = tensors[i];
    options.input_shapes[inputs[i].name] = tensors[i].shape;
  }
  return options;
}

OnnxProgram::OnnxProgram(const OnnxFile& model, const std::vector<Literal>& tensors,
                         const std::shared_ptr<Device>& device, const InferPrecision& precision)
    : model_(model.translate(operators(), options_for(model, tensors))),
      store_(std::make_shared<ParameterStore>(device)) {
  Graph& graph = *model_.graph;
  // Fusions may replace an output by another value, at the same place among the graph's outputs.
  for (const OnnxPort& output : model_.outputs) {
    const auto& outputs = graph.outputs();
    places_.push_back(std::find(outputs.begin(), outputs.end(), output.value) - outputs.begin());
  }
  run_pipeline(graph, operators(),
               {{"fuse", [](Graph& fused) { fuse_for_inference(fused, operators()); }},
                {"remove_dead", [](Graph& pruned) { remove_dead(pruned, operators()); }}});
  if (precision.calibration && precision.calibration->graph != structure_of(graph)) {
    throw InputError(
        model.path() +
        ": the tensors to calibrate on give another graph than the given ones; take some of the same shape");
  }
  program_ = std::make_unique<Program>(model_.graph, device, store_,
                                       Program::Options{.is_training = false,
                                                        .precision = precision.precision,
                                                        .calibration = precision.calibration,
                                                        .arena = nullptr});
  for (const auto& [name, values] : model_.weights) {
    if (store_->has(name)) store_->write(name, values);
  }
  model_.weights.clear();
}

OnnxProgram::~OnnxProgram() = default;

void OnnxProgram::set_inputs(const std::vector<Literal>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const ValueId input = model_.inputs[i].value;
    if (input == kNoValue) continue;
    const std::vector<float> values(tensors[i].values.begin(), tensors[i].values.end());
    program_->set_input(input, values.data());
  }
}

void OnnxProgram::run(const std::vector<Literal>& tensors, Calibrator& calibrator) {
  set_inputs(tensors);
  calibrator.run();
}

std::vector<InferredTensor> OnnxProgram::run(const std::vector<Literal>& tensors) {
  set_inputs(tensors);
  program_->run();
  std::vector<InferredTensor> results;
  for (std::size_t k = 0; k < model_.outputs.size(); ++k) results.push_back(result(k));
  return results;
}

InferredTensor OnnxProgram::result(std::size_t k) const {
  const OnnxPort& output = model_.outputs[k];
  if (output.value == kNoValue) {
    return {output.name, output.literal.shape, {output.literal.values.begin(), output.literal.values.end()}};
  }
  const ValueId value = model_.graph->outputs().at(static_cast<std::size_t>(places_[k]));
  const TensorType& type = model_.graph->value(value).type;
  std::vector<float> values(static_cast<std::size_t>(element_count(type.shape)));
  if (type.dtype == DType::kInt32) {
    std::vector<std::int32_t> integers(values.size());
    program_->get(value, integers.data());
    values.assign(integers.begin(), integers.end());
  } else {
    program_->get(value, values.data());
  }
  return {output.name, type.shape, std::move(values)};
}

std::vector<InferredTensor> infer(const OnnxFile& model, const std::vector<Literal>& tensors,
                                  const std::shared_ptr<Device>& device) {
  return OnnxProgram(model, tensors, device).run(tensors);
}

Literal read_tensor(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension();
  if (extension == ".npy") return read_npy(path);
  if (extension == ".pb") return onnx_io::read_tensor_file(path);
  throw InputError(path + ": a tensor is read from a .npy file or from a .pb file (an ONNX TensorProto)");
}

namespace {

std::vector<Literal> read_tensors(const std::vector<std::string>& paths) {
  std::vector<Literal> tensors;
  for (const std::string& path : paths) tensors.push_back(read_tensor(path));
  return tensors;
}

/// Writes the outputs. Returns a line for each.
std::string write_outputs(const std::vector<InferredTensor>& outputs, const std::string& folder) {
  make_folders(folder);
  std::string text;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const std::string path = folder + "/output_" + std::to_string(k) + ".npy";
    write_file_durably(path, npy_bytes(outputs[k].shape, outputs[k].values));
    text += path + "  " + printable(outputs[k].name) + "  float32 " + to_text(outputs[k].shape) + "\n";
  }
  return text;
}

}  // namespace

std::string infer_files(const InferRequest& request, const std::shared_ptr<Device>& device) {
  const OnnxFile model = OnnxFile::open(request.model);
  const std::vector<Literal> tensors = read_tensors(request.tensors);
  if (device->support_of(request.precision) == Support::kNone) {
    throw InputError(request.model + ": this processor (" + device->isa() +
                     ") does not compute in bf16; use --precision fp32");
  }
  if (request.precision != Precision::kInt8) {
    return write_outputs(OnnxProgram(model, tensors, device, {request.precision, nullptr}).run(tensors),
                         request.folder);
  }
  const auto batches = calibration_batches(model, read_tensors(request.calibration));
  const auto calibration = calibrate(model, batches, device);
  const InferPrecision precision{Precision::kInt8, calibration};
  OnnxProgram program(model, tensors, device, precision);
  const std::string files = write_outputs(program.run(tensors), request.folder);
  return files + losses_text(measure_losses(model, batches, precision, device));
}

}  // namespace thaw
