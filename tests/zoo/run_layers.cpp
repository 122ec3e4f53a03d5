#include "tests/zoo/run_layers.h"

#include <algorithm>

#include "ops/catalogue.h"
#include "ops/device.h"
#include "ops/program.h"
#include "runner/train/build.h"
#include "runner/train/initialize.h"
#include "tests/train/experiment_text.h"

namespace thaw {

LayerOutput run_layers(const std::string& model, const std::vector<float>& pixels,
                       const std::map<std::string, float>& weights) {
  const ModelFiles no_files;
  Findings findings;
  const BuiltGraph built = build_inference(experiment_of("model { " + model + " }"), no_files, 1, findings);
  findings.throw_if_any();
  const auto device = make_cpu_device(2);
  auto store = std::make_shared<ParameterStore>(device);
  Program::Options options;
  options.is_training = false;
  Program program(built.graph, device, store, options);
  for (const ParameterInit& parameter : built.model.parameters) {
    std::vector<float> values = initial_values(parameter, 1);
    if (const auto given = weights.find(parameter.name); given != weights.end()) {
      std::fill(values.begin(), values.end(), given->second);
    }
    store->write(parameter.name, values);
  }
  program.set_input(built.model.input, pixels.data());
  program.run();
  const ValueId output = built.reads.begin()->second;
  LayerOutput result{built.graph->value(output).type.shape, {}};
  result.values.resize(static_cast<std::size_t>(element_count(result.shape)));
  program.get(output, result.values.data());
  return result;
}

ComposedModel composed(const std::string& model, bool is_training) {
  const ModelFiles no_files;
  Findings findings;
  Graph graph;
  Builder builder(graph, operators());
  ComposedModel result =
      compose(experiment_of("model { " + model + " }").model(), {2, is_training, 1, no_files}, builder, findings);
  findings.throw_if_any();
  return result;
}

std::string findings_of_model(const std::string& model) {
  try {
    composed(model);
  } catch (const InputError& error) {
    return error.what();
  }
  return "fine";
}

}  // namespace thaw
