#include "schemas/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Explain, ShowsAField) {
  EXPECT_EQ(explain("train.optimizer.adam.beta_1"),
            "train.optimizer.adam.beta_1\n"
            "  Share of the old mean of gradients that an update keeps.\n"
            "\n"
            "  type: double\n"
            "  expected: a number at least 0, below 1\n"
            "  default: 0.9\n");
}

TEST(Explain, ShowsUnitAndRequiredness) {
  EXPECT_EQ(explain("train.epochs"),
            "train.epochs\n"
            "  Passes over the training set.\n"
            "\n"
            "  type: int32\n"
            "  expected: a whole number from 1 to 1000000 (epochs)\n"
            "  required\n");
}

TEST(Explain, ShowsTheValuesOfAnEnumeration) {
  EXPECT_EQ(explain("model.layer.conv2d.padding"),
            "model.layer.conv2d.padding\n"
            "  VALID: only whole windows. SAME: padded with zeros.\n"
            "\n"
            "  type: Padding\n"
            "  expected: VALID or SAME\n"
            "  default: VALID\n"
            "\n"
            "Values of Padding:\n"
            "  VALID\n"
            "      No padding: the output shrinks by kernel_size - 1.\n"
            "  SAME\n"
            "      Zeros around, so that the output is ceil(input / strides).\n");
}

TEST(Explain, ShowsAMessageWithItsFields) {
  EXPECT_EQ(explain("Huber"),
            "Huber\n"
            "  Squared for small differences, straight for large ones.\n"
            "\n"
            "Fields of Huber:\n"
            "  delta: double; above 0, at most 1000000; default: 1\n"
            "      Where the square ends and the straight line begins.\n"
            "\n"
            "Stands at:\n"
            "  train.loss.huber\n");
}

TEST(Explain, ShowsTheAlternativesOfAChoice) {
  const std::string page = explain("train.optimizer");
  EXPECT_THAT(page, HasSubstr("One of these (kind):\n  sgd: Sgd\n"));
  EXPECT_THAT(explain("data.train"), HasSubstr("  image_folder: ImageFolder\n"));
}

TEST(Explain, ShowsWhereAnEnumerationIsUsed) {
  EXPECT_THAT(explain("Direction"), HasSubstr("Used by:\n  train.best.direction\n"));
}

TEST(Explain, TakesPathsAsFindingsPrintThem) {
  EXPECT_EQ(explain("model.layer[3].conv2d.filters"), explain("model.layer.conv2d.filters"));
}

TEST(Explain, FindsAFieldByItsBareName) {
  EXPECT_EQ(explain("warmup_epochs"), explain("train.schedule.cosine.warmup_epochs"));
  EXPECT_EQ(explain("learning_rate"),
            "learning_rate stands in several places:\n"
            "  train.optimizer.sgd.learning_rate\n"
            "  train.optimizer.rmsprop.learning_rate\n"
            "  train.optimizer.adam.learning_rate\n");
}

TEST(Explain, BeginsWithTheWholeFileAtAGlance) {
  const std::string page = explain("");
  EXPECT_THAT(page, HasSubstr("One experiment: data, model, training and what to measure.\n\n  base  (optional)\n"));
  EXPECT_THAT(page, HasSubstr("\n      adam\n        learning_rate  (default: 0.001)\n"));
  EXPECT_THAT(page, HasSubstr("\n    fine_tune\n      learning_rate_multiplier  (default: 0.1)\n"));
  EXPECT_THAT(page, HasSubstr("\n  sweep  (optional)\n    repeats  (default: 1)\n"));
  EXPECT_THAT(page,
              HasSubstr("\n        set  (optional)\n        override  (optional)\n"));  // not all fields once more
}

TEST(Explain, SuggestsTheNearestName) {
  try {
    explain("train.optimzer");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "nothing is called \"train.optimzer\"\n"
                 "  expected a field, its path, a message or an enumeration; `thaw explain` lists them; "
                 "nearest: train.optimizer");
  }
}

}  // namespace
}  // namespace thaw
