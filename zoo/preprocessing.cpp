#include "zoo/preprocessing.h"

namespace thaw {
namespace preprocessings {

const Preprocessing kNone{"RGB, x"};
const Preprocessing kSymmetric{"RGB, 2 x - 1", false, {2}, {-1}};
const Preprocessing kCaffe{"BGR, 255 x - (103.939, 116.779, 123.68)", true, {255}, {-103.939, -116.779, -123.68}, true};
const Preprocessing kStandard{"RGB, (x - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)",
                              false,
                              {1 / 0.229, 1 / 0.224, 1 / 0.225},
                              {-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225},
                              true};
const Preprocessing kOwnLayers{kStandard.text, false, {}, {}, true};

}  // namespace preprocessings

namespace {

ValueId numbers(ParameterFactory& parameters, const char* name, const std::vector<double>& values) {
  if (values.size() == 1) return parameters.context().builder.node("Constant", {}, {{"value_float", values[0]}});
  return parameters.constant(name, {DType::kFloat32, {1, static_cast<std::int64_t>(values.size()), 1, 1}},
                             std::make_shared<const std::vector<float>>(values.begin(), values.end()));
}

}  // namespace

ValueId reversed_channels(const ComposeContext& context, ValueId input) {
  // From the last channel down to the first; the end lies before it.
  const std::int64_t last = context.shape(input)[1] - 1;
  return context.builder.node("Slice", {input},
                              {{"starts", Shape{last}}, {"ends", Shape{-1}}, {"axes", Shape{1}}, {"steps", Shape{-1}}});
}

ValueId add_preprocessing(ParameterFactory& parameters, const Preprocessing& preprocessing, ValueId input) {
  Builder& builder = parameters.context().builder;
  if (preprocessing.swaps_channels) input = reversed_channels(parameters.context(), input);
  input = builder.node("Mul", {input, numbers(parameters, "scale", preprocessing.scale)});
  return builder.node("Add", {input, numbers(parameters, "offset", preprocessing.offset)});
}

}  // namespace thaw
