#include "runner/train/class_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/train/experiment_text.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Knows how many samples there are of each class, and nothing else.
class CountedSamples : public SampleSource {
 public:
  explicit CountedSamples(std::vector<std::int64_t> counts) : counts_(std::move(counts)) {}
  std::int64_t size() const override { return 0; }
  int channels() const override { return 1; }
  int height() const override { return 1; }
  int width() const override { return 1; }
  int max_objects() const override { return 1; }
  int classes() const override { return static_cast<int>(counts_.size()); }
  std::vector<std::string> class_names() const override { return {"ants", "bees", "crows"}; }
  std::vector<std::int64_t> class_counts() const override { return counts_; }
  std::string description() const override { return "counted"; }
  std::string fingerprint() const override { return "counted"; }
  void draw(std::uint64_t, std::int64_t, const SampleSlot&) const override {}

 private:
  std::vector<std::int64_t> counts_;
};

Experiment weighted(const std::string& weights) { return experiment_of("train { class_weight { " + weights + " } }"); }

std::vector<double> weights_of(const std::string& weights, std::vector<std::int64_t> counts) {
  Findings findings;
  const auto found = class_weights_of(weighted(weights), CountedSamples(std::move(counts)), findings);
  findings.throw_if_any();
  return found;
}

std::string findings_of_weights(const std::string& weights, std::vector<std::int64_t> counts) {
  Findings findings({{"train.class_weight", {"x.pbtxt", 4, 3}}}, "x.pbtxt");
  EXPECT_THAT(class_weights_of(weighted(weights), CountedSamples(std::move(counts)), findings), IsEmpty());
  try {
    findings.throw_if_any();
  } catch (const InputError& error) {
    return error.what();
  }
  return "fine";
}

TEST(ClassWeights, AreNoneByDefault) {
  Findings findings;
  EXPECT_THAT(class_weights_of(experiment_of("train {}"), CountedSamples({1, 2}), findings), IsEmpty());
}

TEST(ClassWeights, BalancedMakesEachClassCountTheSame) {
  // scikit-learn: compute_class_weight("balanced", ...) of 10, 30 and 60 samples.
  const auto weights = weights_of("balanced {}", {10, 30, 60});
  EXPECT_DOUBLE_EQ(weights.at(0), 100.0 / 30);
  EXPECT_DOUBLE_EQ(weights.at(1), 100.0 / 90);
  EXPECT_DOUBLE_EQ(weights.at(2), 100.0 / 180);
}

TEST(ClassWeights, AreThoseGiven) {
  EXPECT_THAT(weights_of("weights { weight: [1, 0, 2.5] }", {1, 1, 1}), ElementsAre(1, 0, 2.5));
}

TEST(ClassWeights, MustBeOneForEachClass) {
  EXPECT_EQ(findings_of_weights("weights { weight: [1, 2] }", {1, 1, 1}),
            "x.pbtxt:4:3: train.class_weight.weights.weight: has 2 numbers, but the train data has 3 classes\n"
            "  expected one number for each class, in their order");
  EXPECT_EQ(findings_of_weights("weights { weight: 1 }", {1, 1, 1}),
            "x.pbtxt:4:3: train.class_weight.weights.weight: has 1 number, but the train data has 3 classes\n"
            "  expected one number for each class, in their order");
}

TEST(ClassWeights, MustLeaveSomething) {
  EXPECT_EQ(findings_of_weights("weights { weight: [0, 0, 0] }", {1, 1, 1}),
            "x.pbtxt:4:3: train.class_weight.weights.weight: is 0 for every class: no sample would count\n"
            "  expected a number above 0 for some class");
}

TEST(ClassWeights, CannotBalanceWhatIsNotThere) {
  EXPECT_EQ(findings_of_weights("balanced {}", {0, 5, 0}),
            "x.pbtxt:4:3: train.class_weight.balanced: cannot balance classes that the train data does not show: ants, "
            "crows\n"
            "  expected samples of every class, or weights { weight: ... } for each");
}

TEST(LossWeights, FollowTheLabels) {
  Batch batch;
  batch.capacity = 5;
  batch.count = 4;
  batch.weights = {1, 1, 1, 1, 0};
  batch.object_counts = {1, 2, 2, 0, 0};
  batch.objects.resize(10);
  batch.objects[0].label = 1;
  batch.objects[2] = {0, {}, 0.25F}, batch.objects[3] = {2, {}, 0.75F};  // mixed
  batch.objects[4].label = 1, batch.objects[5].label = 1;                // one label twice
  EXPECT_THAT(loss_weights(batch, {4, 3, 8}, 2), ElementsAre(3, 0.25F * 4 + 0.75F * 8, 3, 1, 0));
  EXPECT_THAT(loss_weights(batch, {}, 2), ElementsAre(1, 1, 1, 1, 0));
  batch.objects[2].share = batch.objects[3].share = 1;  // two labels
  EXPECT_THAT(loss_weights(batch, {4, 3, 8}, 2), ElementsAre(3, 6, 3, 1, 0));
}

}  // namespace
}  // namespace thaw
