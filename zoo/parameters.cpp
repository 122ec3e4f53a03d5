#include "zoo/parameters.h"

namespace thaw {

std::vector<std::string> ParameterInit::names() const {
  std::vector<std::string> names{name};
  names.insert(names.end(), aliases.begin(), aliases.end());
  return names;
}

ValueId ParameterFactory::add(ParameterInit init, DType dtype) {
  init.name = layer_ + "/" + init.name;
  if (init.layer.empty()) init.layer = layer_;
  const Treatments& treatments = context_.options.treatments;
  init.treatment = treatments.of(init.names());
  const std::int64_t count = element_count(init.shape);
  if (init.is_trained()) trainable_count_ += count;
  if (init.role != ParameterRole::kConstant) count_ += count;
  if (init.role == ParameterRole::kLearned) {
    for (int stage = 0; stage <= treatments.stages(); ++stage) {
      init.is_ever_changed = init.is_ever_changed || treatments.of(init.names(), stage).is_trainable;
    }
  }
  if (init.role == ParameterRole::kConstant) init.treatment.is_reinitialized = false;
  if (init.treatment.is_reinitialized) init.values.reset();
  context_.model.parameters.push_back(init);
  return context_.builder.parameter(init.name, init.shape, init.is_trained(), dtype);
}

ParameterInit ParameterFactory::from_file(const std::string& name, TensorType type, Origin origin) {
  ParameterInit init{name,           std::move(type.shape), origin.initializer,
                     origin.fans.in, origin.fans.out,       std::move(origin.values)};
  init.layer = std::move(origin.layer);
  init.aliases = std::move(origin.aliases);
  return init;
}

ValueId ParameterFactory::parameter(const std::string& name, Shape shape, Initializer initializer, Fans fans) {
  return add({name, std::move(shape), initializer, fans.in, fans.out}, DType::kFloat32);
}

ValueId ParameterFactory::statistic(const std::string& name, Shape shape, Initializer initializer) {
  return add({.name = name, .shape = std::move(shape), .initializer = initializer, .role = ParameterRole::kStatistic},
             DType::kFloat32);
}

ValueId ParameterFactory::parameter(const std::string& name, TensorType type, Origin origin) {
  const DType dtype = type.dtype;
  return add(from_file(name, std::move(type), std::move(origin)), dtype);
}

ValueId ParameterFactory::statistic(const std::string& name, TensorType type, Origin origin) {
  const DType dtype = type.dtype;
  ParameterInit init = from_file(name, std::move(type), std::move(origin));
  init.role = ParameterRole::kStatistic;
  return add(std::move(init), dtype);
}

ValueId ParameterFactory::constant(const std::string& name, TensorType type, Values values) {
  return add(
      {.name = name, .shape = std::move(type.shape), .values = std::move(values), .role = ParameterRole::kConstant},
      type.dtype);
}

}  // namespace thaw
