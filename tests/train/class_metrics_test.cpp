// Metrics of classes against scikit-learn's numbers (sklearn_metrics.json, written by sklearn_metrics.py), and what it
// has no number for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "runner/train/evaluate_classes.h"
#include "runner/train/metrics.h"
#include "schemas/diagnostic.h"
#include "tests/train/experiment_text.h"

namespace thaw {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kEveryMetric = R"(
  metric { output: "label" accuracy {} }
  metric { output: "label" precision {} } metric { output: "label" precision { average: MICRO } }
  metric { output: "label" recall {} } metric { output: "label" recall { average: MICRO } }
  metric { output: "label" f1_score {} } metric { output: "label" f1_score { average: MICRO } }
  metric { output: "label" roc_auc {} } metric { output: "label" pr_auc {} }
  metric { output: "label" expected_calibration_error {} }
)";

/// Answers of one output about samples whose classes are known.
struct Answers {
  ClassKind kind = ClassKind::kMultiClass;
  std::vector<std::vector<int>> labels;
  std::vector<std::vector<float>> scores;

  int units() const { return static_cast<int>(scores[0].size()); }
  int max_objects() const { return std::max(units(), 2); }
  ObjectiveTerm term() const {
    const Target target = kind == ClassKind::kMultiLabel ? CLASS_SET : CLASS;
    return {"label", "loss", target, 1, 0, 0, units()};
  }
  Batch batch() const {
    Batch batch;
    batch.count = batch.capacity = static_cast<int>(labels.size());
    batch.objects.resize(labels.size() * static_cast<std::size_t>(max_objects()));
    for (std::size_t n = 0; n < labels.size(); ++n) {
      batch.object_counts.push_back(static_cast<int>(labels[n].size()));
      for (std::size_t k = 0; k < labels[n].size(); ++k) {
        batch.objects[n * static_cast<std::size_t>(max_objects()) + k].label = labels[n][k];
      }
    }
    return batch;
  }
  BatchResult result() const {
    BatchResult result;
    result.lengths["label"] = units();
    result.losses.assign(1, std::vector<float>(labels.size(), 0.0F));
    for (const auto& row : scores) {
      result.outputs["label"].insert(result.outputs["label"].end(), row.begin(), row.end());
    }
    return result;
  }
  Answers part(std::size_t first, std::size_t last) const {
    Answers part{kind, {}, {}};
    for (std::size_t n = first; n < last; ++n) {
      part.labels.push_back(labels[n]);
      part.scores.push_back(scores[n]);
    }
    return part;
  }
};

void add(MetricSet& metrics, const Answers& answers) {
  if (!answers.labels.empty()) metrics.add(answers.batch(), answers.result(), answers.max_objects());
}

Answers answers_of(const json& one) {
  Answers answers;
  answers.kind = one["kind"] == "binary"        ? ClassKind::kBinary
                 : one["kind"] == "multi-class" ? ClassKind::kMultiClass
                                                : ClassKind::kMultiLabel;
  answers.labels = one["labels"].get<std::vector<std::vector<int>>>();
  answers.scores = one["scores"].get<std::vector<std::vector<float>>>();
  return answers;
}

const json& cases() {
  static const json all =
      json::parse(std::ifstream(std::string(THAW_SOURCE_DIR) + "/tests/train/sklearn_metrics.json"))["cases"];
  return all;
}

Experiment every_metric(const Answers& answers) {
  const std::string top =
      answers.kind == ClassKind::kMultiClass ? "metric { output: 'label' top_k_accuracy { k: 2 } }" : "";
  return experiment_of(kEveryMetric + top + "metric { output: 'label' expected_calibration_error { bins: 4 } }");
}

/// By the names of the file: "ece_15" for the one with so many bins.
std::map<std::string, std::optional<double>> measured(const MetricSet& metrics) {
  std::map<std::string, std::optional<double>> values;
  bool is_first_calibration = true;
  for (std::size_t i = 0; i < metrics.infos().size(); ++i) {
    std::string name = metrics.infos()[i].name();
    name = name.substr(name.rfind('/') + 1);
    if (name == "loss") continue;
    if (name == "expected_calibration_error") {
      name = is_first_calibration ? "ece_15" : "ece_4";
      is_first_calibration = false;
    }
    values[name] = metrics.values()[i];
  }
  return values;
}

class AgainstScikitLearn : public ::testing::TestWithParam<std::size_t> {};

TEST_P(AgainstScikitLearn, EveryMetricAgrees) {
  const json& one = cases()[GetParam()];
  const Answers answers = answers_of(one);
  MetricSet metrics(every_metric(answers), {answers.term()});
  const std::size_t cut = answers.labels.size() / 3;
  add(metrics, answers.part(0, cut));
  add(metrics, answers.part(cut, answers.labels.size()));
  const auto found = measured(metrics);
  EXPECT_EQ(found.size(), one["expected"].size());
  for (const auto& [name, expected] : one["expected"].items()) {
    ASSERT_TRUE(found.count(name)) << name;
    ASSERT_EQ(found.at(name).has_value(), !expected.is_null()) << name;
    if (!expected.is_null()) {
      EXPECT_NEAR(*found.at(name), expected.get<double>(), 1e-12) << name;
    }
  }
}

TEST_P(AgainstScikitLearn, SoDoTheScoresOfEachClass) {
  const json& one = cases()[GetParam()];
  const Answers answers = answers_of(one);
  ClassEvaluation evaluation({"label", answers.kind, answers.units()});
  const Batch batch = answers.batch();
  const BatchResult result = answers.result();
  for (int n = 0; n < batch.count; ++n) evaluation.add({result, truth_of(batch, n, answers.max_objects()), n});
  OutputEvaluation written;
  evaluation.write(written);
  const int first = answers.kind == ClassKind::kBinary ? 1 : 0;  // the file has the second of two classes
  ASSERT_EQ(written.class_score_size(), first + static_cast<int>(one["class_roc_auc"].size()));
  for (std::size_t c = 0; c < one["class_roc_auc"].size(); ++c) {
    const thaw::ClassScore& score = written.class_score(first + static_cast<int>(c));
    const json &roc = one["class_roc_auc"][c], &pr = one["class_pr_auc"][c];
    ASSERT_EQ(score.has_roc_auc(), !roc.is_null());
    ASSERT_EQ(score.has_pr_auc(), !pr.is_null());
    if (!roc.is_null()) {
      EXPECT_NEAR(score.roc_auc(), roc.get<double>(), 1e-12);
    }
    if (!pr.is_null()) {
      EXPECT_NEAR(score.pr_auc(), pr.get<double>(), 1e-12);
    }
  }
  EXPECT_NEAR(written.expected_calibration_error(), one["expected"]["ece_15"].get<double>(), 1e-12);
  EXPECT_EQ(written.calibration_size(), 15);
  EXPECT_EQ(written.kind(), one["kind"].get<std::string>());
}

TEST_P(AgainstScikitLearn, TrainingGoesOnFromItsStateWithoutTheAreas) {
  const json& one = cases()[GetParam()];
  const Answers answers = answers_of(one);
  const Experiment config = every_metric(answers);
  MetricSet whole(config, {answers.term()}, MetricScope::kTrain),
      resumed(config, {answers.term()}, MetricScope::kTrain);
  const std::size_t cut = answers.labels.size() / 2;
  add(whole, answers.part(0, cut));
  resumed.restore(whole.state());
  for (MetricSet* each : {&whole, &resumed}) add(*each, answers.part(cut, answers.labels.size()));
  EXPECT_EQ(whole.values(), resumed.values());
  const auto found = measured(whole);
  for (const auto& [name, expected] : one["expected"].items()) {
    const bool is_area = name == "roc_auc" || name == "pr_auc";
    EXPECT_EQ(found.at(name).has_value(), !is_area) << name;
    if (!is_area) {
      EXPECT_NEAR(*found.at(name), expected.get<double>(), 1e-12) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, AgainstScikitLearn, ::testing::Range(std::size_t{0}, cases().size()),
                         [](const auto& test) { return cases()[test.param]["name"].template get<std::string>(); });

TEST(ClassMetrics, SayWhatTheyAre) {
  const Answers answers{ClassKind::kMultiClass, {{0}}, {{1, 0, 0}}};
  MetricSet metrics(every_metric(answers), {answers.term()});
  std::vector<std::string> titles;
  for (const MetricInfo& info : metrics.infos()) titles.push_back(info.title() + (info.is_share() ? " %" : ""));
  EXPECT_THAT(titles, ElementsAre("Loss", "Loss of label", "Accuracy %", "Precision (macro) %", "Precision (micro) %",
                                  "Recall (macro) %", "Recall (micro) %", "F1 (macro) %", "F1 (micro) %", "ROC AUC",
                                  "Average precision", "Calibration error", "Top-2 accuracy %", "Calibration error"));
  EXPECT_EQ(metrics.infos()[2].kind(), "multi-class");
  EXPECT_FALSE(metrics.infos()[11].more_is_better());
  EXPECT_TRUE(metrics.infos()[9].more_is_better());
}

TEST(ClassMetrics, WithoutSamplesNothingIsSaid) {
  const Answers answers{ClassKind::kBinary, {{0}}, {{0.5F}}};
  MetricSet metrics(every_metric(answers), {answers.term()});
  try {
    metrics.value("label/roc_auc");
    FAIL();
  } catch (const InternalError& error) {
    EXPECT_STREQ(error.what(), "nothing was measured of label/roc_auc");
  }
}

// A mixed sample counts by the class with the larger share.
TEST(ClassMetrics, MixedSamplesCountByTheLargerShare) {
  Answers answers{ClassKind::kMultiClass, {{0, 2}, {0, 2}}, {{0.2F, 0.1F, 0.7F}, {0.2F, 0.1F, 0.7F}}};
  Batch batch = answers.batch();
  batch.objects[0].share = 0.3F, batch.objects[1].share = 0.7F;
  batch.objects[3].share = 0.6F, batch.objects[4].share = 0.4F;
  MetricSet metrics(every_metric(answers), {answers.term()});
  metrics.add(batch, answers.result(), answers.max_objects());
  EXPECT_DOUBLE_EQ(metrics.value("label/accuracy"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.value("label/recall_macro"), 0.5);  // class 0: not found; class 2: found
}

TEST(ClassMetrics, TheLossCountsSamplesAsTheyWereTrained) {
  const Answers answers{ClassKind::kMultiClass, {{0}, {1}}, {{1, 0}, {1, 0}}};
  MetricSet metrics(every_metric(answers), {answers.term()});
  BatchResult result = answers.result();
  result.losses[0] = {1, 4};
  result.loss_weights = {3, 1};
  metrics.add(answers.batch(), result, answers.max_objects());
  EXPECT_DOUBLE_EQ(metrics.value("loss"), (3 * 1 + 1 * 4) / 4.0);
  EXPECT_DOUBLE_EQ(metrics.value("label/accuracy"), 0.5);
}

std::vector<std::pair<double, double>> pairs(const std::vector<RatePoint>& curve) {
  std::vector<std::pair<double, double>> pairs;
  for (const RatePoint& point : curve) pairs.emplace_back(point.x, point.y);
  return pairs;
}

TEST(Ranking, CurvesOfAFewAnswers) {
  const Ranking ranking({{0.9F, true}, {0.8F, false}, {0.8F, true}, {0.1F, false}});
  EXPECT_THAT(pairs(ranking.roc_curve(100)),
              ElementsAre(std::pair(0.0, 0.0), std::pair(0.0, 0.5), std::pair(0.5, 1.0), std::pair(1.0, 1.0)));
  EXPECT_THAT(pairs(ranking.precision_recall_curve(100)),
              ElementsAre(std::pair(0.0, 1.0), std::pair(0.5, 1.0), std::pair(1.0, 2.0 / 3), std::pair(1.0, 0.5)));
  EXPECT_DOUBLE_EQ(*ranking.roc_auc(), 3.5 / 4);
}

TEST(Ranking, OfNothingOrOneKindHasNoArea) {
  EXPECT_EQ(Ranking({}).roc_auc(), std::nullopt);
  EXPECT_EQ(Ranking({}).average_precision(), std::nullopt);
  EXPECT_THAT(Ranking({}).roc_curve(100), IsEmpty());
  EXPECT_EQ(Ranking({{0.5F, true}}).roc_auc(), std::nullopt);
  EXPECT_EQ(Ranking({{0.5F, true}}).average_precision(), 1);
  EXPECT_EQ(Ranking({{0.5F, false}}).average_precision(), std::nullopt);
}

TEST(Ranking, WhatIsNoNumberRanksLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Ranking({{nan, true}, {-1e30F, false}, {nan, false}}).roc_auc(), 0.25);
}

TEST(Ranking, LongCurvesAreThinnedToWhatAChartShows) {
  std::vector<ScoredAnswer> answers;
  for (int i = 0; i < 5000; ++i) {
    const auto score = static_cast<float>(i) / 5000;
    answers.push_back({score, std::fmod(score * 7919, 1.0F) < score});
  }
  const Ranking ranking(std::move(answers));
  const auto whole = ranking.roc_curve(100000), thin = ranking.roc_curve(100);
  EXPECT_GT(whole.size(), 4000u);
  EXPECT_LE(thin.size(), 100u);
  EXPECT_GE(thin.size(), 50u);
  EXPECT_EQ(thin.front().x, 0);
  EXPECT_EQ(thin.back().y, 1);
  double area = 0;
  for (std::size_t i = 1; i < thin.size(); ++i) area += (thin[i].x - thin[i - 1].x) * (thin[i].y + thin[i - 1].y) / 2;
  EXPECT_NEAR(area, *ranking.roc_auc(), 2e-3);
  EXPECT_LE(ranking.precision_recall_curve(100).size(), 100u);
}

}  // namespace
}  // namespace thaw
