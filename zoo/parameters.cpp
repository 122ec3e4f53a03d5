#include "zoo/parameters.h"

namespace thaw {

ValueId ParameterFactory::add(ParameterInit init, DType dtype) {
  init.name = layer_ + "/" + init.name;
  const std::int64_t count = element_count(init.shape);
  if (init.role == ParameterRole::kLearned) trainable_count_ += count;
  if (init.role == ParameterRole::kStatistic) statistic_count_ += count;
  const bool is_trainable = init.role == ParameterRole::kLearned;
  context_.model.parameters.push_back(init);
  return context_.builder.parameter(init.name, init.shape, is_trainable, dtype);
}

ValueId ParameterFactory::parameter(const std::string& name, Shape shape, Initializer initializer, Fans fans) {
  return add({name, std::move(shape), initializer, fans.in, fans.out}, DType::kFloat32);
}

ValueId ParameterFactory::statistic(const std::string& name, Shape shape, Initializer initializer) {
  return add({.name = name, .shape = std::move(shape), .initializer = initializer, .role = ParameterRole::kStatistic},
             DType::kFloat32);
}

ValueId ParameterFactory::parameter(const std::string& name, TensorType type, Values values) {
  return add({.name = name, .shape = std::move(type.shape), .values = std::move(values)}, type.dtype);
}

ValueId ParameterFactory::statistic(const std::string& name, TensorType type, Values values) {
  return add(
      {.name = name, .shape = std::move(type.shape), .values = std::move(values), .role = ParameterRole::kStatistic},
      type.dtype);
}

ValueId ParameterFactory::constant(const std::string& name, TensorType type, Values values) {
  return add(
      {.name = name, .shape = std::move(type.shape), .values = std::move(values), .role = ParameterRole::kConstant},
      type.dtype);
}

}  // namespace thaw
