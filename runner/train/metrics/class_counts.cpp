#include "runner/train/metrics/class_counts.h"

namespace thaw {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double rate_of(const AnswerCounts& counts, ClassRate rate) {
  switch (rate) {
    case ClassRate::kPrecision:
      return ratio(counts.true_positives, counts.calls());
    case ClassRate::kRecall:
      return ratio(counts.true_positives, counts.samples());
    case ClassRate::kF1:
      break;
  }
  return ratio(2 * counts.true_positives, counts.samples() + counts.calls());
}

/// Whether anything can be said of the class.
bool is_seen(const AnswerCounts& counts, ClassRate rate) {
  return counts.samples() > 0 || (rate != ClassRate::kRecall && counts.calls() > 0);
}

/// Calls add(class, is_true, is_called) for each class that is one of both.
template <typename Add>
void for_each_answer(const ClassOutput& output, const MeasuredSample& sample, const Add& add) {
  const float* row = sample.row(output.name);
  if (output.kind == ClassKind::kMultiLabel) {
    const std::vector<float> set = class_set(sample.truth, output.units);
    for (int c = 0; c < output.units; ++c) {
      const bool is_true = set[static_cast<std::size_t>(c)] > 0.5F, is_called = row[c] > 0.5F;
      if (is_true || is_called) add(static_cast<std::size_t>(c), is_true, is_called);
    }
    return;
  }
  const auto truth = static_cast<std::size_t>(sample.truth.label());
  const auto called = static_cast<std::size_t>(output.predicted(row));
  add(truth, true, truth == called);
  if (truth != called) add(called, false, true);
}

/// Its sums: true positives, false positives, false negatives, class by class.
class RateMeasure : public Measure {
 public:
  RateMeasure(const ClassOutput& output, ClassRate rate, Averaging averaging)
      : Measure(3 * static_cast<std::size_t>(output.classes())), output_(output), rate_(rate), averaging_(averaging) {}

  void add(const MeasuredSample& sample) override {
    for_each_answer(output_, sample, [this](std::size_t c, bool is_true, bool is_called) {
      ++sums()[3 * c + (is_true && is_called ? 0 : is_called ? 1 : 2)];
    });
  }

  std::optional<double> value() const override {
    std::vector<AnswerCounts> counts(sums().size() / 3);
    for (std::size_t c = 0; c < counts.size(); ++c) {
      counts[c] = {static_cast<std::int64_t>(sums()[3 * c]), static_cast<std::int64_t>(sums()[3 * c + 1]),
                   static_cast<std::int64_t>(sums()[3 * c + 2])};
    }
    return averaged_rate(counts, rate_, averaging_);
  }

 private:
  ClassOutput output_;
  ClassRate rate_;
  Averaging averaging_;
};

}  // namespace

void ClassCounts::add(const MeasuredSample& sample) {
  for_each_answer(output_, sample, [this](std::size_t c, bool is_true, bool is_called) {
    AnswerCounts& counts = counts_.at(c);
    ++(is_true && is_called ? counts.true_positives : is_called ? counts.false_positives : counts.false_negatives);
  });
}

std::optional<double> averaged_rate(const std::vector<AnswerCounts>& counts, ClassRate rate, Averaging averaging) {
  AnswerCounts all;
  double sum = 0;
  int seen = 0;
  for (const AnswerCounts& each : counts) {
    all.true_positives += each.true_positives;
    all.false_positives += each.false_positives;
    all.false_negatives += each.false_negatives;
    if (!is_seen(each, rate)) continue;
    sum += rate_of(each, rate);
    ++seen;
  }
  if (!is_seen(all, rate)) return std::nullopt;
  return averaging == MICRO ? rate_of(all, rate) : sum / seen;
}

MeasurePointer measure_rate(const ClassOutput& output, ClassRate rate, Averaging averaging) {
  return std::make_unique<RateMeasure>(output, rate, averaging);
}

}  // namespace thaw
