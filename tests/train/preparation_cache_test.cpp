// What is read for one experiment is not read again for the next.
#include "runner/train/preparation_cache.h"

#include <gtest/gtest.h>

#include "runner/train/trainer.h"

namespace thaw {
namespace {

PreparedExperiment prepared_with(PreparationCache* cache, const std::vector<std::string>& settings) {
  PretrainingPlaces places;
  places.cache = cache;
  return prepare(load_experiment(THAW_SOURCE_DIR "/tests/runner/tiny.pbtxt", settings), {}, places);
}

TEST(PreparationCache, SamplesAreTheSameWhereTheyAreDescribedAlike) {
  PreparationCache cache;
  const PreparedExperiment first = prepared_with(&cache, {});
  const PreparedExperiment alike =
      prepared_with(&cache, {"data.loader_threads=2", "train.epochs=2", "model.layer[features].dense.units=3"});
  EXPECT_EQ(alike.train, first.train);
  EXPECT_EQ(alike.validation, first.validation);
  for (const char* const change : {"seed=2", "data.train.synthesis.samples=9", "data.validation.synthesis.noise=0.1"}) {
    EXPECT_NE(prepared_with(&cache, {change}).train, first.train) << change;
  }
  EXPECT_NE(prepared_with(nullptr, {}).train, first.train);
}

}  // namespace
}  // namespace thaw
