#include "zoo/objective.h"

#include "schemas/diagnostic.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

struct LossOp {
  std::string op;
  Attributes attributes;
};

LossOp op_of(const Loss& loss, bool are_mixed) {
  const std::string cross_entropy = are_mixed ? "DistributionCrossEntropyLoss" : "CrossEntropyLoss";
  switch (loss.kind_case()) {
    case Loss::kCategoricalCrossEntropy:
      return {cross_entropy, {{"label_smoothing", loss.categorical_cross_entropy().label_smoothing()}}};
    case Loss::kSparseCategoricalCrossEntropy:
      return {cross_entropy, {}};
    case Loss::kBinaryCrossEntropy:
      return {"BinaryCrossEntropyLoss", {{"label_smoothing", loss.binary_cross_entropy().label_smoothing()}}};
    case Loss::kMeanSquaredError:
      return {"MeanSquaredErrorLoss", {}};
    case Loss::kHuber:
      return {"HuberLoss", {{"delta", loss.huber().delta()}}};
    case Loss::KIND_NOT_SET:
      break;
  }
  throw InternalError("a loss without a kind passed the checks");
}

}  // namespace

Objective add_objective(const Train& train, const ComposedModel& model, const ObjectiveSamples& samples,
                        Builder& builder) {
  Objective objective;
  objective.sample_weights = builder.input("sample_weights", {DType::kFloat32, {samples.batch}});
  for (int i = 0; i < train.loss_size(); ++i) {
    const Loss& loss = train.loss(i);
    const LossOp op = op_of(loss, samples.are_mixed);
    builder.enter(loss.output());
    const ValueId prediction = model.outputs.at(loss.output());
    const TensorType type = builder.graph().value(prediction).type;
    const int units = type.shape.size() == 2 ? static_cast<int>(type.shape[1]) : 0;
    ObjectiveTerm term{loss.output(), kind_of(loss), target_of_loss(loss, units), loss.weight(), kNoValue,
                       kNoValue,      units};
    const bool is_label = op.op == "CrossEntropyLoss";
    const TensorType truth_type = is_label ? TensorType{DType::kInt32, {samples.batch}} : type;
    term.truth = builder.input("truth[" + std::to_string(i) + "]", truth_type);
    term.per_sample = builder.node(op.op, {prediction, term.truth}, op.attributes);
    const ValueId mean =
        builder.node("WeightedMean", {term.per_sample, objective.sample_weights}, {{"scale", term.weight}});
    objective.total = objective.total == kNoValue ? mean : builder.node("Add", {objective.total, mean});
    objective.terms.push_back(std::move(term));
  }
  return objective;
}

}  // namespace thaw
