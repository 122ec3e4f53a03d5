#include "schemas/targets.h"

#include <google/protobuf/descriptor.h>

#include "schemas/rule_words.h"

namespace thaw {
namespace {

std::string chosen_kind(const google::protobuf::Message& message, const std::string& otherwise) {
  const auto* kind = message.GetDescriptor()->FindOneofByName("kind");
  const auto* chosen = message.GetReflection()->GetOneofFieldDescriptor(message, kind);
  return chosen == nullptr ? otherwise : chosen->name();
}

}  // namespace

Target target_of_loss(const Loss& loss) {
  if (loss.target() != AUTO) return loss.target();
  if (loss.has_categorical_cross_entropy() || loss.has_sparse_categorical_cross_entropy()) return CLASS;
  return loss.has_binary_cross_entropy() ? CLASS_SET : BOX;
}

Target target_of_metric(const Metric& metric, const Train& train) {
  if (metric.target() != AUTO) return metric.target();
  for (const Loss& loss : train.loss()) {
    if (loss.output() == metric.output()) return target_of_loss(loss);
  }
  return metric.has_accuracy() ? CLASS : BOX;
}

std::string kind_of(const Loss& loss) { return chosen_kind(loss, "loss"); }
std::string kind_of(const Metric& metric) { return chosen_kind(metric, "metric"); }

std::vector<std::string> names_of_metric(const Metric& metric) {
  const std::string prefix = metric.output() + "/";
  if (!metric.has_intersection_over_union()) return {prefix + kind_of(metric)};
  const double threshold = metric.intersection_over_union().threshold();
  return {prefix + "iou", prefix + "iou_at_" + number_words(threshold)};
}

std::vector<std::string> monitor_names(const Experiment& config) {
  std::vector<std::string> names = {"loss"};
  for (const Loss& loss : config.train().loss()) names.push_back(loss.output() + "/loss");
  for (const Metric& metric : config.metric()) {
    for (const std::string& name : names_of_metric(metric)) names.push_back(name);
  }
  return names;
}

}  // namespace thaw
