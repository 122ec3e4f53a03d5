#include <algorithm>
#include <map>

#include "runner/config/checks.h"
#include "schemas/rule_words.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

std::string quoted(const std::string& text) { return '"' + text + '"'; }

// What each kind of loss and metric can be compared with. Class truth is one number a sample, the others one a unit.
std::vector<Target> targets_of_kind(const std::string& kind) {
  static const std::map<std::string, std::vector<Target>> targets = {
      {"categorical_cross_entropy", {CLASS}},
      {"sparse_categorical_cross_entropy", {CLASS}},
      {"binary_cross_entropy", {CLASS, CLASS_SET}},
      {"mean_squared_error", {BOX, CLASS_SET}},
      {"huber", {BOX, CLASS_SET}},
      {"mean_absolute_error", {BOX, CLASS_SET}},
      {"accuracy", {CLASS, CLASS_SET}},
      {"top_k_accuracy", {CLASS}},
      {"precision", {CLASS, CLASS_SET}},
      {"recall", {CLASS, CLASS_SET}},
      {"f1_score", {CLASS, CLASS_SET}},
      {"roc_auc", {CLASS, CLASS_SET}},
      {"pr_auc", {CLASS, CLASS_SET}},
      {"expected_calibration_error", {CLASS, CLASS_SET}},
      {"intersection_over_union", {BOX}},
  };
  const auto found = targets.find(kind);
  return found == targets.end() ? std::vector<Target>{} : found->second;
}

class OutputChecks {
 public:
  OutputChecks(const Experiment& config, const ModelFacts& facts, bool is_wired_well, Findings& findings)
      : config_(config), facts_(facts), is_wired_well_(is_wired_well), findings_(findings) {}

  void run() {
    for (int i = 0; i < config_.train().loss_size(); ++i) check_loss(i);
    for (int i = 0; i < config_.metric_size(); ++i) check_metric(i);
    for (const std::string& output : facts_.output_names()) {
      if (!is_wired_well_ || loss_of_.count(output) > 0) continue;
      findings_.add(layer_path(facts_.find(output)), "output " + quoted(output) + " has no loss",
                    "expected train.loss { output: " + quoted(output) + " ... }, or a layer that takes it");
    }
  }

 private:
  void check_loss(int i) {
    const Loss& loss = config_.train().loss(i);
    const std::string path = "train.loss[" + std::to_string(i) + "]";
    const auto [first, is_first] = loss_of_.insert({loss.output(), i});
    if (!is_first) {
      return findings_.add(
          path + ".output",
          quoted(loss.output()) + " has a loss already: train.loss[" + std::to_string(first->second) + "]",
          "expected one loss for each output");
    }
    const int layer = check_output_name(path + ".output", loss.output());
    if (layer < 0) loss_of_.insert({nearest_name(loss.output(), facts_.output_names()), i});  // probably meant that one
    const std::string kind = kind_of(loss);
    const std::optional<int> units = facts_.units(layer);
    const Target target = target_of_loss(loss, units);
    if (!check_target(path + ".target", kind, loss.output(), target) || layer < 0) return;
    if (loss.has_categorical_cross_entropy() || loss.has_sparse_categorical_cross_entropy()) {
      check_activation(layer, kind, SOFTMAX);
    }
    if (loss.has_binary_cross_entropy()) check_activation(layer, kind, SIGMOID);
    if (units) check_loss_units(loss, path, {facts_.units_path(layer), *units}, findings_);
    if (facts_.activation(layer) == SOFTMAX && units.value_or(0) == 1) {
      findings_.add(facts_.units_path(layer), "SOFTMAX over one unit is always 1",
                    "expected one unit for each class, or activation: SIGMOID");
    }
  }

  void check_metric(int i) {
    const Metric& metric = config_.metric(i);
    const std::string path = "metric[" + std::to_string(i) + "]";
    const std::string names = names_of_metric(metric).back();
    const auto [first, is_first] = metric_of_.insert({names, i});
    if (!is_first) {
      return findings_.add(path, "measures " + names + ", as metric[" + std::to_string(first->second) + "] does",
                           "expected each metric once");
    }
    const int layer = check_output_name(path + ".output", metric.output());
    const std::string kind = kind_of(metric);
    const std::optional<int> units = facts_.units(layer);
    const Target target = target_of_metric(metric, config_.train(), units);
    if (!check_target(metric.has_target() ? path + ".target" : path, kind, metric.output(), target)) return;
    const auto loss = loss_of_.find(metric.output());
    if (layer < 0 || loss == loss_of_.end()) return;
    const Target loss_target = target_of_loss(config_.train().loss(loss->second), units);
    if (units) check_metric_units(metric, path, {facts_.units_path(layer), *units}, findings_);
    if (metric.has_expected_calibration_error()) check_probabilities(layer, path, kind);
    if (target == loss_target || loss_target == AUTO) return;
    findings_.add(path + ".target",
                  "compares " + quoted(metric.output()) + " with " + Target_Name(target) + ", but its loss with " +
                      Target_Name(loss_target),
                  "expected target: " + Target_Name(loss_target));
  }

  // The layer's index; -1 after a finding.
  int check_output_name(const std::string& path, const std::string& name) {
    const std::vector<std::string> outputs = facts_.output_names();
    const int layer = facts_.find(name);
    if (layer < 0) {
      findings_.add(path, "unknown output " + quoted(name), "expected " + one_of_words(outputs), name, outputs);
      return -1;
    }
    if (facts_.readers(layer).empty() || !is_wired_well_) return layer;
    const std::string reader = facts_.names()[facts_.readers(layer)[0]];
    findings_.add(path, "layer " + quoted(name) + " is not an output: " + quoted(reader) + " takes it",
                  "expected " + one_of_words(outputs));
    return -1;
  }

  bool check_target(const std::string& path, const std::string& kind, const std::string& output, Target target) {
    const std::vector<Target> allowed = targets_of_kind(kind);
    if (target == AUTO) return true;  // only the shapes tell
    if (allowed.empty() || std::find(allowed.begin(), allowed.end(), target) != allowed.end()) return true;
    std::vector<std::string> names;
    names.reserve(allowed.size());
    for (const Target each : allowed) names.push_back(Target_Name(each));
    findings_.add(path, kind + " cannot compare " + quoted(output) + " with " + Target_Name(target),
                  "expected an output or a target that is " + one_of_words(names));
    return false;
  }

  void check_activation(int layer, const std::string& kind, Activation needed) {
    const std::optional<Activation> activation = facts_.activation(layer);
    if (!activation || *activation == needed) return;
    findings_.add(facts_.activation_path(layer),
                  quoted(facts_.names()[layer]) + " ends in " + Activation_Name(*activation) + ", but its " + kind +
                      " needs " + Activation_Name(needed),
                  "expected activation: " + Activation_Name(needed));
  }

  void check_probabilities(int layer, const std::string& path, const std::string& kind) {
    const std::optional<Activation> activation = facts_.activation(layer);
    if (!activation || *activation == SOFTMAX || *activation == SIGMOID) return;
    findings_.add(path,
                  kind + " needs probabilities, but " + quoted(facts_.names()[layer]) + " ends in " +
                      Activation_Name(*activation),
                  "expected an output that ends in SOFTMAX or SIGMOID");
  }

  const Experiment& config_;
  const ModelFacts& facts_;
  const bool is_wired_well_;
  Findings& findings_;
  std::map<std::string, int> loss_of_;    // output -> its loss
  std::map<std::string, int> metric_of_;  // names -> the metric that measures them
};

}  // namespace

void check_outputs(const Experiment& config, const ModelFacts& facts, bool is_wired_well, Findings& findings) {
  OutputChecks(config, facts, is_wired_well, findings).run();
}

}  // namespace thaw
