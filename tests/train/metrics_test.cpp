#include "runner/train/metrics.h"

#include <gtest/gtest.h>

#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

std::vector<ObjectiveTerm> terms() {
  return {{"class", "categorical_cross_entropy", CLASS, 1, 0, 0, 3}, {"box", "mean_squared_error", BOX, 2, 0, 0, 4}};
}

/// Rows of outputs that are right for even samples and wrong for odd ones.
BatchResult half_right(const Batch& batch) {
  BatchResult result;
  result.lengths = {{"class", 3}, {"box", 4}};
  result.losses.resize(2);
  for (int n = 0; n < batch.capacity; ++n) {
    const Object& object = batch.objects[static_cast<std::size_t>(n)];
    for (int c = 0; c < 3; ++c) result.outputs["class"].push_back((c == object.label) == (n % 2 == 0) ? 0.8F : 0.1F);
    const Box& box = object.box;
    const float shift = n % 2 == 0 ? 0.0F : 0.15F;  // half of the box's width: IoU 1/3
    for (const float corner : {box.xmin + shift, box.ymin, box.xmax + shift, box.ymax}) {
      result.outputs["box"].push_back(corner);
    }
    result.losses[0].push_back(static_cast<float>(n));
    result.losses[1].push_back(0.5F);
  }
  return result;
}

TEST(IntersectionOverUnion, KnownPairs) {
  EXPECT_DOUBLE_EQ(intersection_over_union({0, 0, 1, 1}, {0, 0, 1, 1}), 1);
  EXPECT_DOUBLE_EQ(intersection_over_union({0, 0, 0.5F, 1}, {0.5F, 0, 1, 1}), 0);
  EXPECT_DOUBLE_EQ(intersection_over_union({0, 0, 0.5F, 0.5F}, {0.25F, 0, 0.75F, 0.5F}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(intersection_over_union({0, 0, 1, 1}, {0.25F, 0.25F, 0.75F, 0.75F}), 0.25);
}

TEST(IntersectionOverUnion, AnInvertedOrEmptyBoxOverlapsNothing) {
  EXPECT_DOUBLE_EQ(intersection_over_union({0.9F, 0.9F, 0.1F, 0.1F}, {0, 0, 1, 1}), 0);
  EXPECT_DOUBLE_EQ(intersection_over_union({0.5F, 0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F, 0.5F}), 0);
}

TEST(MetricSet, NamesFollowTheExperiment) {
  const MetricSet metrics(small_experiment(), terms());
  std::vector<std::string> names;
  for (const MetricInfo& info : metrics.infos()) names.push_back(info.name());
  EXPECT_EQ(names, (std::vector<std::string>{"loss", "class/loss", "box/loss", "class/accuracy", "box/iou",
                                             "box/iou_at_0.6"}));
}

TEST(MetricSet, AShortLastBatchCountsByItsSamples) {
  MetricSet metrics(small_experiment(), terms());
  const Batch full = made_up_batch(4, 1), rest = made_up_batch(1, 2);
  metrics.add(full, half_right(full), 1);  // two right, two wrong
  metrics.add(rest, half_right(rest), 1);  // one right: 3 of 5, not the mean of 1/2 and 1
  EXPECT_DOUBLE_EQ(metrics.value("class/accuracy"), 3.0 / 5);
  EXPECT_DOUBLE_EQ(metrics.value("box/iou_at_0.6"), 3.0 / 5);
  EXPECT_NEAR(metrics.value("box/iou"), (3 + 2 / 3.0) / 5, 1e-6);
  EXPECT_DOUBLE_EQ(metrics.value("class/loss"), (0.0 + 1 + 2 + 3 + 0) / 5);
  EXPECT_DOUBLE_EQ(metrics.value("loss"), (0.0 + 1 + 2 + 3 + 0) / 5 + 2 * 0.5);
}

TEST(MetricSet, GoesOnFromItsState) {
  MetricSet whole(small_experiment(), terms()), part(small_experiment(), terms());
  const Batch first = made_up_batch(4, 1), second = made_up_batch(3, 2);
  whole.add(first, half_right(first), 1);
  MetricSet resumed(small_experiment(), terms());
  resumed.restore(whole.state());
  whole.add(second, half_right(second), 1);
  resumed.add(second, half_right(second), 1);
  EXPECT_EQ(whole.values(), resumed.values());
}

TEST(MetricSet, MultiLabelAccuracyCountsRightAnswers) {
  Experiment config = small_experiment();
  config.clear_metric();
  Metric* metric = config.add_metric();
  metric->set_output("class");
  metric->set_target(CLASS_SET);
  metric->mutable_accuracy();
  MetricSet metrics(config, {{"class", "binary_cross_entropy", CLASS_SET, 1, 0, 0, 3}});
  Batch batch = made_up_batch(1, 1);
  batch.objects[0].label = 2;
  BatchResult result;
  result.lengths = {{"class", 3}};
  result.losses = {{0}};
  result.outputs["class"] = {0.9F, 0.2F, 0.7F, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // wrong, right, right
  metrics.add(batch, result, 1);
  EXPECT_DOUBLE_EQ(metrics.value("class/accuracy"), 2.0 / 3);
}

}  // namespace
}  // namespace thaw
