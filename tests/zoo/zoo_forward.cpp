// zoo_forward EXPERIMENT WEIGHTS.safetensors INPUT.npy OUTPUT.npy
//
// Prints the first layer's inner layers with their output shapes, then runs the one output of an experiment's network,
// as outside training, with weights from a file: for zoo_witness.py. The file has to have every parameter by its name
// and shape, and nothing else.
#include <fstream>
#include <iostream>
#include <map>

#include "ops/device.h"
#include "ops/program.h"
#include "runner/config/load.h"
#include "runner/infer/npy.h"
#include "runner/store/safetensors.h"
#include "runner/train/build.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

void load(const std::string& path, const ComposedModel& model, ParameterStore& store) {
  std::map<std::string, NamedTensor> found;
  const SafetensorsReader reader(path);
  for (const TensorEntry& entry : reader.tensors()) found[entry.name] = reader.read(entry);
  std::string mistakes;
  for (const ParameterInit& parameter : model.parameters) {
    if (parameter.role == ParameterRole::kConstant) {
      store.write(parameter.name, *parameter.values);
      continue;
    }
    const auto tensor = found.find(parameter.name);
    if (tensor == found.end()) {
      mistakes += "missing " + parameter.name + "\n";
    } else if (tensor->second.shape != parameter.shape) {
      mistakes += parameter.name + " is " + to_text(tensor->second.shape) + ", not " + to_text(parameter.shape) + "\n";
    } else {
      store.write(parameter.name, tensor->second.values);
    }
    if (tensor != found.end()) found.erase(tensor);
  }
  for (const auto& [name, tensor] : found) mistakes += "left over " + name + "\n";
  if (!mistakes.empty()) throw InputError(mistakes);
}

int run(const std::vector<std::string>& words) {
  const LoadedExperiment loaded = load_experiment(words.at(0), {});
  const onnx_io::Literal input = read_npy(words.at(2));
  const ModelFiles no_files;
  Findings findings = loaded.findings();
  const BuiltGraph built = build_inference(loaded.config, no_files, input.shape[0], findings);
  findings.throw_if_any();
  for (const LayerInfo& inner : built.model.layers.at(0).inner) {
    std::cout << inner.name << ' ' << to_text(inner.output_shape) << '\n';
  }
  auto device = make_cpu_device(0);
  auto store = std::make_shared<ParameterStore>(device);
  Program::Options options;
  options.is_training = false;
  Program program(built.graph, device, store, options);
  load(words.at(1), built.model, *store);
  const std::vector<float> pixels(input.values.begin(), input.values.end());
  program.set_input(built.model.input, pixels.data());
  program.run();
  const ValueId output = built.reads.begin()->second;
  const Shape& shape = built.graph->value(output).type.shape;
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  program.get(output, values.data());
  std::ofstream(words.at(3), std::ios::binary) << npy_bytes(shape, values);
  return 0;
}

}  // namespace
}  // namespace thaw

int main(int argc, char** argv) {
  try {
    return thaw::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
