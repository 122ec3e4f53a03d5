#include "runner/train/class_weights.h"

#include <algorithm>
#include <numeric>

#include "runner/train/truth.h"

namespace thaw {
namespace {

const char* const kField = "train.class_weight";

/// samples / (classes * samples of the class).
std::vector<double> balanced(const SampleSource& train, Findings& findings) {
  const std::vector<std::int64_t> counts = train.class_counts();
  const std::vector<std::string> names = train.class_names();
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  std::vector<double> weights;
  std::string missing;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) missing += (missing.empty() ? "" : ", ") + (c < names.size() ? names[c] : std::to_string(c));
    const double share = static_cast<double>(counts.size()) * static_cast<double>(counts[c]);
    weights.push_back(counts[c] > 0 ? total / share : 0);
  }
  if (missing.empty()) return weights;
  findings.add(std::string(kField) + ".balanced",
               "cannot balance classes that the train data does not show: " + missing,
               "expected samples of every class, or weights { weight: ... } for each");
  return {};
}

std::vector<double> given(const ClassWeights& message, int classes, Findings& findings) {
  const std::string field = std::string(kField) + ".weights.weight";
  std::vector<double> weights(message.weight().begin(), message.weight().end());
  if (static_cast<int>(weights.size()) != classes) {
    findings.add(field,
                 "has " + std::to_string(weights.size()) + (weights.size() == 1 ? " number" : " numbers") +
                     ", but the train data has " + std::to_string(classes) + " classes",
                 "expected one number for each class, in their order");
    return {};
  }
  if (std::all_of(weights.begin(), weights.end(), [](double weight) { return weight == 0; })) {
    findings.add(field, "is 0 for every class: no sample would count", "expected a number above 0 for some class");
    return {};
  }
  return weights;
}

/// The mean over labels; several objects of one class in one sample are one label.
double sample_weight(const SampleTruth& truth, const std::vector<double>& class_weights) {
  const std::vector<float> set = class_set(truth, static_cast<int>(class_weights.size()));
  double sum = 0, shares = 0;
  for (std::size_t c = 0; c < set.size(); ++c) {
    sum += class_weights[c] * set[c];
    shares += set[c];
  }
  return shares > 0 ? sum / shares : 1;
}

}  // namespace

std::vector<double> class_weights_of(const Experiment& config, const SampleSource& train, Findings& findings) {
  const ClassWeight& message = config.train().class_weight();
  if (message.has_balanced()) return balanced(train, findings);
  if (message.has_weights()) return given(message.weights(), train.classes(), findings);
  return {};
}

std::vector<float> loss_weights(const Batch& batch, const std::vector<double>& class_weights, int max_objects) {
  std::vector<float> weights = batch.weights;
  if (class_weights.empty()) return weights;
  for (int n = 0; n < batch.count; ++n) {
    weights[static_cast<std::size_t>(n)] *=
        static_cast<float>(sample_weight(truth_of(batch, n, max_objects), class_weights));
  }
  return weights;
}

}  // namespace thaw
