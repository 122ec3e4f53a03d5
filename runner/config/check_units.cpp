#include "runner/config/checks.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

void check_loss_units(const Loss& loss, const std::string& path, const OutputUnits& output, Findings& findings) {
  const Target target = target_of_loss(loss, output.units);
  const std::string name = quoted(loss.output());
  if (target == BOX && output.units != 4) {
    findings.add(output.path, name + " is compared with a box, but has " + std::to_string(output.units) + " units",
                 "expected units: 4 (xmin, ymin, xmax, ymax)");
  }
  if (loss.has_binary_cross_entropy() && target == CLASS && output.units > 1) {
    findings.add(path + ".target",
                 "compares the " + std::to_string(output.units) + " units of " + name +
                     " with one class, but each of them is a yes or no of its own",
                 "expected target: CLASS_SET, units: 1 for two classes, or activation: SOFTMAX with "
                 "categorical_cross_entropy");
  }
}

void check_metric_units(const Metric& metric, const std::string& path, const OutputUnits& output, Findings& findings) {
  if (!metric.has_top_k_accuracy()) return;
  const std::string name = quoted(metric.output());
  const int k = metric.top_k_accuracy().k();
  if (output.units == 1) {
    findings.add(path, "top_k_accuracy of " + name + ", which has one unit for two classes, says nothing new",
                 "expected accuracy");
  } else if (k >= output.units) {
    findings.add(path + (metric.top_k_accuracy().has_k() ? ".top_k_accuracy.k" : ""),
                 "the true class is always among the " + std::to_string(k) + " likeliest: " + name + " has " +
                     std::to_string(output.units) + " classes",
                 "expected k below " + std::to_string(output.units));
  }
}

// A validation set may happen to show fewer classes than there are; a training set that does is a mistake.
void check_classes(const Loss& loss, const OutputUnits& output, const ClassCount& data, Findings& findings) {
  const Target target = target_of_loss(loss, output.units);
  const bool is_binary = target == CLASS && output.units == 1;
  const std::int64_t wanted = is_binary ? 2 : output.units;
  if (data.classes == 0 || data.classes == wanted) return;
  if (data.split != "train" && data.classes < wanted) return;
  const std::string has = quoted(loss.output()) + " has " + counted(output.units, "unit", "units");
  const std::string but = ", but the " + data.split + " data has " + counted(data.classes, "class", "classes");
  const std::string field = output.path.ends_with(".classes") ? "classes: " : "units: ";  // of a zoo's classifier
  const std::string units = field + std::to_string(data.classes);
  if (is_binary && loss.has_binary_cross_entropy()) {
    findings.add(output.path, has + ", a yes or no between two classes" + but,
                 data.classes == 1
                     ? "expected data of two classes, or target: CLASS_SET for a yes or no about one"
                     : "expected " + units +
                           " with activation: SOFTMAX and categorical_cross_entropy; or, where a sample may "
                           "be of several classes, " +
                           units);
    return;
  }
  const bool may_be_binary = loss.has_binary_cross_entropy() && output.units == 1 && data.classes == 2;
  findings.add(output.path, has + but,
               "expected " + units + (may_be_binary ? ", or target: CLASS: a sample is one of two classes" : ""));
}

}  // namespace thaw
