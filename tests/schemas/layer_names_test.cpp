#include "schemas/layer_names.h"

#include <gtest/gtest.h>

#include "schemas/targets.h"
#include "schemas/textproto.h"

namespace thaw {
namespace {

using Names = std::vector<std::string>;

Names names_of(const std::string& text) {
  Model model;
  EXPECT_TRUE(parse_text(text, "f", model).findings.empty());
  return layer_names(model);
}

TEST(LayerNames, CountLikeKeras) {
  EXPECT_EQ(names_of("layer { conv2d {} } layer { dense {} } layer { conv2d {} } layer { conv2d {} }"),
            (Names{"conv2d", "dense", "conv2d_1", "conv2d_2"}));
}

TEST(LayerNames, KeepWhatIsWritten) {
  EXPECT_EQ(names_of("layer { name: \"a\" dense {} } layer { dense {} }"), (Names{"a", "dense"}));
}

TEST(LayerNames, PassOverNamesThatAreTaken) {
  EXPECT_EQ(names_of("layer { dense {} } layer { dense {} } layer { name: \"dense\" conv2d {} }"),
            (Names{"dense_1", "dense_2", "dense"}));
  EXPECT_EQ(names_of("input { name: \"flatten\" } layer { flatten {} }"), (Names{"flatten_1"}));
}

TEST(LayerNames, HaveOneForALayerWithoutAKind) {
  EXPECT_EQ(names_of("layer {} layer {}"), (Names{"layer", "layer_1"}));
}

Experiment experiment(const std::string& text) {
  Experiment config;
  EXPECT_TRUE(parse_text(text, "f", config).findings.empty());
  return config;
}

TEST(Targets, FollowFromTheLoss) {
  const Experiment config = experiment(
      "train { loss { output: 'a' categorical_cross_entropy {} } loss { output: 'b' binary_cross_entropy {} }"
      "        loss { output: 'c' huber {} } loss { output: 'd' target: CLASS_SET mean_squared_error {} } }"
      "metric { output: 'b' accuracy {} } metric { output: 'a' accuracy {} } metric { output: 'c' mean_absolute_error "
      "{} }"
      "metric { output: 'none' accuracy {} } metric { output: 'a' target: BOX mean_squared_error {} }");
  const Train& train = config.train();
  EXPECT_EQ(target_of_loss(train.loss(0), 3), CLASS);
  EXPECT_EQ(target_of_loss(train.loss(1), 3), CLASS_SET);
  EXPECT_EQ(target_of_loss(train.loss(1), 1), CLASS) << "one unit: yes or no of two classes";
  EXPECT_EQ(target_of_loss(train.loss(1), std::nullopt), AUTO) << "only the units tell";
  EXPECT_EQ(target_of_loss(train.loss(2), 4), BOX);
  EXPECT_EQ(target_of_loss(train.loss(3), std::nullopt), CLASS_SET);
  EXPECT_EQ(target_of_metric(config.metric(0), train, 3), CLASS_SET);
  EXPECT_EQ(target_of_metric(config.metric(0), train, 1), CLASS);
  EXPECT_EQ(target_of_metric(config.metric(1), train, 3), CLASS);
  EXPECT_EQ(target_of_metric(config.metric(2), train, 4), BOX);
  EXPECT_EQ(target_of_metric(config.metric(3), train, std::nullopt), CLASS);
  EXPECT_EQ(target_of_metric(config.metric(4), train, 4), BOX);
}

TEST(Targets, AreOfThreeKindsOfClasses) {
  EXPECT_EQ(class_kind_of(CLASS, 1), ClassKind::kBinary);
  EXPECT_EQ(class_kind_of(CLASS, 2), ClassKind::kMultiClass);
  EXPECT_EQ(class_kind_of(CLASS_SET, 1), ClassKind::kMultiLabel);
  EXPECT_EQ(class_kind_of(BOX, 4), std::nullopt);
  EXPECT_EQ(name_of(ClassKind::kBinary) + name_of(ClassKind::kMultiClass) + name_of(ClassKind::kMultiLabel),
            "binarymulti-classmulti-label");
}

TEST(MonitorNames, AreThoseOfTheReport) {
  const Experiment config = experiment(
      "train { loss { output: 'digit' categorical_cross_entropy {} } loss { output: 'box' huber {} } }"
      "metric { output: 'digit' accuracy {} } metric { output: 'box' mean_absolute_error {} }"
      "metric { output: 'box' intersection_over_union { threshold: 0.6 } }"
      "metric { output: 'digit' top_k_accuracy { k: 3 } } metric { output: 'digit' precision {} }"
      "metric { output: 'digit' recall { average: MICRO } } metric { output: 'digit' f1_score {} }"
      "metric { output: 'digit' roc_auc {} } metric { output: 'digit' pr_auc {} }"
      "metric { output: 'digit' expected_calibration_error {} }");
  EXPECT_EQ(monitor_names(config),
            (Names{"loss", "digit/loss", "box/loss", "digit/accuracy", "box/mean_absolute_error", "box/iou",
                   "box/iou_at_0.6", "digit/top_3_accuracy", "digit/precision_macro", "digit/recall_micro",
                   "digit/f1_macro", "digit/roc_auc", "digit/pr_auc", "digit/expected_calibration_error"}));
}

}  // namespace
}  // namespace thaw
