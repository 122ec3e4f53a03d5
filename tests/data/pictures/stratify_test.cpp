#include "runner/data/pictures/stratify.h"

#include <algorithm>
#include <numeric>

#include "runner/data/pictures/byte_pictures.h"
#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

const DrawSeed kSeed{1, "test"};

/// Pictures of one pixel each, whose value is `values[i]` and label `labels[i]`.
std::shared_ptr<PictureStore> store_of(const std::vector<int>& labels, const std::vector<int>& values) {
  BytePictures pictures;
  pictures.height = pictures.width = pictures.channels = 1;
  pictures.stride = 3;
  const std::shared_ptr<std::uint8_t[]> bytes(new std::uint8_t[3 * values.size()]);
  for (std::size_t i = 0; i < values.size(); ++i) bytes[3 * i] = static_cast<std::uint8_t>(values[i]);
  pictures.pixels = {bytes};
  pictures.file_names = {"x"};
  pictures.counts = {static_cast<std::int64_t>(labels.size())};
  pictures.labels = labels;
  pictures.class_names = {"0", "1", "2"};
  auto store = std::make_shared<PictureStore>(make_byte_pictures(std::move(pictures)), PictureFit{{}, {1, 1, 1}}, 1000);
  std::vector<std::int64_t> all(labels.size());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_TRUE(store->scan(all).empty());
  return store;
}

std::vector<std::int64_t> everything(std::size_t size) {
  std::vector<std::int64_t> all(size);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<std::int64_t> counts_by_label(const PictureStore& store, const std::vector<std::int64_t>& indices) {
  std::vector<std::int64_t> counts(3);
  for (const std::int64_t index : indices) ++counts[static_cast<std::size_t>(store.set().labels(index)[0])];
  return counts;
}

TEST(Apportion, GivesTheLargestRemainders) {
  EXPECT_THAT(apportion({50, 30, 20}, 10, kSeed), ElementsAre(5, 3, 2));
  EXPECT_THAT(apportion({47, 33, 20}, 10, kSeed), ElementsAre(5, 3, 2));  // 4.7, 3.3, 2
  EXPECT_THAT(apportion({41, 33, 26}, 10, kSeed), ElementsAre(4, 3, 3));  // 4.1, 3.3, 2.6
  EXPECT_THAT(apportion({41, 0, 26}, 67, kSeed), ElementsAre(41, 0, 26));
  EXPECT_THAT(apportion({}, 0, kSeed), ElementsAre());
}

TEST(Apportion, DrawsWhoGetsWhatTiesLeaveOver) {
  std::vector<int> wins(4);
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto shares = apportion({5, 5, 5, 5}, 1, {seed, "test"});
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), std::int64_t{0}), 1);
    ++wins[static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin())];
  }
  for (const int won : wins) EXPECT_NEAR(won, 100, 45);
}

TEST(TakeOfEach, KeepsSharesAndGivesEachClassOne) {
  std::vector<int> labels(60, 0);
  for (std::size_t i = 0; i < 60; ++i) labels[i] = i < 45 ? 0 : i < 58 ? 1 : 2;
  const auto store = store_of(labels, std::vector<int>(60, 1));
  const auto strata = strata_of(store->set(), everything(60), kSeed);
  const auto taken = [&](std::int64_t take) { return counts_by_label(*store, take_of_each(strata, take, kSeed)); };
  EXPECT_THAT(taken(60), ElementsAre(45, 13, 2));
  EXPECT_THAT(taken(30), ElementsAre(22, 7, 1));  // 22.5, 6.5, 1: a tie
  EXPECT_THAT(taken(12), ElementsAre(8, 3, 1));   // 9, 2.6, 0.4: the last class gets one from the first
  EXPECT_THAT(taken(3), ElementsAre(1, 1, 1));
  EXPECT_THAT(taken(2), ElementsAre(2, 0, 0)) << "too few for all";
}

TEST(TakeOfEach, IsDrawnFromTheSeedAndGrows) {
  std::vector<int> labels(100);
  for (std::size_t i = 0; i < 100; ++i) labels[i] = static_cast<int>(i % 2);
  const auto store = store_of(labels, std::vector<int>(100, 1));
  const auto take = [&](std::int64_t count, std::uint64_t seed) {
    return take_of_each(strata_of(store->set(), everything(100), {seed, "test"}), count, {seed, "test"});
  };
  EXPECT_EQ(take(20, 1), take(20, 1));
  EXPECT_NE(take(20, 1), take(20, 2));
  const auto few = take(20, 1), more = take(60, 1);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), few.begin(), few.end()));
  // Every picture is as likely to be taken.
  std::vector<int> counts(100);
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    for (const std::int64_t index : take(20, seed)) ++counts[static_cast<std::size_t>(index)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 100, 45);
}

TEST(SplitPictures, SetsEveryClassAsideByTheSameShare) {
  std::vector<int> labels(100), values(100);
  for (std::size_t i = 0; i < 100; ++i) {
    labels[i] = i < 60 ? 0 : i < 90 ? 1 : 2;
    values[i] = static_cast<int>(i);
  }
  const auto store = store_of(labels, values);
  const SplitPictures split = split_pictures(*store, everything(100), 0.25, kSeed);
  EXPECT_THAT(counts_by_label(*store, split.validation),
              ElementsAre(15, ::testing::AnyOf(7, 8), ::testing::AnyOf(2, 3)));
  EXPECT_EQ(split.validation.size(), 25U);
  std::vector<std::int64_t> both;
  std::merge(split.train.begin(), split.train.end(), split.validation.begin(), split.validation.end(),
             std::back_inserter(both));
  EXPECT_EQ(both, everything(100));
  EXPECT_EQ(split_pictures(*store, everything(100), 0.25, kSeed).validation, split.validation);
  EXPECT_NE(split_pictures(*store, everything(100), 0.25, {2, "test"}).validation, split.validation);
}

TEST(SplitPictures, KeepsIdenticalPicturesTogether) {
  std::vector<int> labels(90), values(90);
  for (std::size_t i = 0; i < 90; ++i) {
    labels[i] = static_cast<int>(i % 2);
    values[i] = static_cast<int>(i < 30 ? i % 10 : i);  // the first thirty show ten pictures
  }
  const auto store = store_of(labels, values);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const SplitPictures split = split_pictures(*store, everything(90), 0.3, {seed, "test"});
    EXPECT_EQ(split.validation.size(), 27U);
    std::set<int> seen;
    for (const std::int64_t index : split.train) seen.insert(values[static_cast<std::size_t>(index)]);
    for (const std::int64_t index : split.validation) {
      EXPECT_FALSE(seen.contains(values[static_cast<std::size_t>(index)])) << index;
    }
  }
}

TEST(SplitPictures, LeavesEachClassSomethingToLearnFrom) {
  const auto store = store_of({0, 0, 0, 1, 2, 2}, {1, 2, 3, 4, 5, 6});
  const SplitPictures split = split_pictures(*store, everything(6), 0.9, kSeed);
  EXPECT_THAT(counts_by_label(*store, split.train), ElementsAre(1, 1, 1));
  EXPECT_TRUE(split_pictures(*store, everything(6), 0.01, kSeed).validation.empty());
}

}  // namespace
}  // namespace thaw
