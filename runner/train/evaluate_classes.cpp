#include "runner/train/evaluate_classes.h"

#include <algorithm>
#include <limits>

namespace thaw {
namespace {

constexpr int kCalibrationBins = 15;
constexpr std::size_t kCurvePoints = 100;
constexpr std::size_t kMostCurves = 12;  // of the classes that are told worst

void write_curve(const std::vector<RatePoint>& points, google::protobuf::RepeatedPtrField<CurvePoint>* curve) {
  for (const RatePoint& point : points) {
    CurvePoint* added = curve->Add();
    added->set_x(static_cast<float>(point.x));
    added->set_y(static_cast<float>(point.y));
  }
}

/// The classes whose curves are kept: of two classes behind one unit the second; of many those with the least area.
std::vector<int> classes_with_curves(const ClassOutput& output, const OutputEvaluation& evaluation) {
  if (output.kind == ClassKind::kBinary) return {1};
  const auto area = [&](int c) {
    const ClassScore& score = evaluation.class_score(c);
    return score.has_roc_auc() ? score.roc_auc() : std::numeric_limits<double>::infinity();
  };
  std::vector<int> classes;
  for (int c = 0; c < output.classes(); ++c) {
    if (evaluation.class_score(c).has_pr_auc()) classes.push_back(c);
  }
  std::stable_sort(classes.begin(), classes.end(), [&](int a, int b) { return area(a) < area(b); });
  if (classes.size() > kMostCurves) classes.resize(kMostCurves);
  return classes;
}

}  // namespace

ClassEvaluation::ClassEvaluation(const ClassOutput& output)
    : output_(output), counts_(output), scores_(output), calibration_(output, kCalibrationBins) {
  const auto classes = static_cast<std::size_t>(output.classes());
  if (output.kind != ClassKind::kMultiLabel) confusion_.assign(classes * classes, 0);
}

void ClassEvaluation::add(const MeasuredSample& sample) {
  counts_.add(sample);
  scores_.add(sample);
  calibration_.add(sample);
  if (confusion_.empty()) return;
  const int predicted = output_.predicted(sample.row(output_.name));
  ++confusion_.at(static_cast<std::size_t>(sample.truth.label()) * static_cast<std::size_t>(output_.classes()) +
                  static_cast<std::size_t>(predicted));
}

void ClassEvaluation::describe(const MeasuredSample& measured, Sample& sample) const {
  const float* row = measured.row(output_.name);
  if (output_.kind == ClassKind::kMultiLabel) {
    for (const int label : labels_of(measured.truth, output_.units)) sample.add_object()->set_label(label);
    for (int c = 0; c < output_.units; ++c) {
      if (row[c] > 0.5F) sample.add_predicted_label(c);
    }
    return;
  }
  const int predicted = output_.predicted(row);
  sample.set_true_class(measured.truth.label());
  sample.set_predicted_class(predicted);
  sample.set_confidence(output_.probability(row, predicted));
}

void ClassEvaluation::write(OutputEvaluation& evaluation) const {
  evaluation.set_output(output_.name);
  evaluation.set_kind(name_of(output_.kind));
  evaluation.set_classes(output_.classes());
  for (const std::int64_t count : confusion_) evaluation.add_confusion(count);
  write_scores(evaluation);
  write_calibration(evaluation);
}

void ClassEvaluation::write_scores(OutputEvaluation& evaluation) const {
  for (int c = 0; c < output_.classes(); ++c) {
    const AnswerCounts& counts = counts_.counts()[static_cast<std::size_t>(c)];
    ClassScore* score = evaluation.add_class_score();
    score->set_label(c);
    score->set_samples(counts.samples());
    score->set_true_positives(counts.true_positives);
    score->set_false_positives(counts.false_positives);
    score->set_false_negatives(counts.false_negatives);
    const Ranking ranking(scores_.answers(c));
    if (const auto area = ranking.roc_auc()) score->set_roc_auc(*area);
    if (const auto area = ranking.average_precision()) score->set_pr_auc(*area);
  }
  for (const int c : classes_with_curves(output_, evaluation)) {
    ClassScore* score = evaluation.mutable_class_score(c);
    const Ranking ranking(scores_.answers(c));
    write_curve(ranking.roc_curve(kCurvePoints), score->mutable_roc());
    write_curve(ranking.precision_recall_curve(kCurvePoints), score->mutable_pr());
  }
}

void ClassEvaluation::write_calibration(OutputEvaluation& evaluation) const {
  for (const ProbabilityBin& bin : calibration_.bins()) {
    CalibrationBin* added = evaluation.add_calibration();
    added->set_samples(static_cast<std::int64_t>(bin.samples));
    if (bin.samples == 0) continue;
    added->set_mean_probability(bin.probability / bin.samples);
    added->set_share_right(bin.right / bin.samples);
  }
  if (const auto error = expected_calibration_error(calibration_.bins())) {
    evaluation.set_expected_calibration_error(*error);
  }
}

}  // namespace thaw
