#include "schemas/targets.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "schemas/rule_words.h"

namespace thaw {
namespace {

std::string chosen_kind(const google::protobuf::Message& message, const std::string& otherwise) {
  const auto* kind = message.GetDescriptor()->FindOneofByName("kind");
  const auto* chosen = message.GetReflection()->GetOneofFieldDescriptor(message, kind);
  return chosen == nullptr ? otherwise : chosen->name();
}

std::string averaging_name(Averaging averaging) { return averaging == MICRO ? "micro" : "macro"; }

}  // namespace

Target target_of_loss(const Loss& loss, std::optional<std::int64_t> units) {
  if (loss.target() != AUTO) return loss.target();
  if (loss.has_categorical_cross_entropy() || loss.has_sparse_categorical_cross_entropy()) return CLASS;
  if (!loss.has_binary_cross_entropy()) return BOX;
  if (!units) return AUTO;
  return *units == 1 ? CLASS : CLASS_SET;
}

Target target_of_metric(const Metric& metric, const Train& train, std::optional<std::int64_t> units) {
  if (metric.target() != AUTO) return metric.target();
  for (const Loss& loss : train.loss()) {
    if (loss.output() == metric.output()) return target_of_loss(loss, units);
  }
  const bool is_error = metric.has_mean_squared_error() || metric.has_mean_absolute_error();
  return is_error || metric.has_intersection_over_union() ? BOX : CLASS;
}

std::optional<ClassKind> class_kind_of(Target target, std::int64_t units) {
  if (target == CLASS_SET) return ClassKind::kMultiLabel;
  if (target != CLASS) return std::nullopt;
  return units == 1 ? ClassKind::kBinary : ClassKind::kMultiClass;
}

std::string name_of(ClassKind kind) {
  switch (kind) {
    case ClassKind::kBinary:
      return "binary";
    case ClassKind::kMultiClass:
      return "multi-class";
    case ClassKind::kMultiLabel:
      break;
  }
  return "multi-label";
}

bool mixes_samples(const Source& source) {
  return std::any_of(source.augmentation().begin(), source.augmentation().end(),
                     [](const Augmentation& augmentation) { return augmentation.has_mixup(); });
}

bool has_validation(const Data& data) { return data.has_validation() || data.has_validation_split(); }

bool is_for_validation_alone(const Metric& metric) { return metric.has_roc_auc() || metric.has_pr_auc(); }

std::string kind_of(const Loss& loss) { return chosen_kind(loss, "loss"); }
std::string kind_of(const Metric& metric) { return chosen_kind(metric, "metric"); }

std::vector<std::string> names_of_metric(const Metric& metric) {
  const std::string prefix = metric.output() + "/";
  switch (metric.kind_case()) {
    case Metric::kIntersectionOverUnion:
      return {prefix + "iou", prefix + "iou_at_" + number_words(metric.intersection_over_union().threshold())};
    case Metric::kTopKAccuracy:
      return {prefix + "top_" + std::to_string(metric.top_k_accuracy().k()) + "_accuracy"};
    case Metric::kPrecision:
      return {prefix + "precision_" + averaging_name(metric.precision().average())};
    case Metric::kRecall:
      return {prefix + "recall_" + averaging_name(metric.recall().average())};
    case Metric::kF1Score:
      return {prefix + "f1_" + averaging_name(metric.f1_score().average())};
    default:
      return {prefix + kind_of(metric)};
  }
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
