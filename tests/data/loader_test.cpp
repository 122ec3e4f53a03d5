#include <gmock/gmock.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "runner/data/epoch_order.h"
#include "runner/data/sample.h"
#include "schemas/diagnostic.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

/// Tells in its pixels which (epoch, index) was drawn; fails where it is told to.
class FakeSource : public SampleSource {
 public:
  explicit FakeSource(std::int64_t size) : size_(size) {}

  std::int64_t size() const override { return size_; }
  int channels() const override { return 2; }
  int height() const override { return 3; }
  int width() const override { return 5; }
  int max_objects() const override { return 3; }
  int classes() const override { return 4; }
  std::vector<std::string> class_names() const override { return {"0", "1", "2", "3"}; }
  std::vector<std::int64_t> class_counts() const override { return {0, 0, 0, 0}; }
  std::string description() const override { return "fake"; }
  std::string fingerprint() const override { return "fake"; }

  void draw(std::uint64_t epoch, std::int64_t index, const SampleSlot& slot) const override {
    ++draws;
    if (epoch == bad_epoch && index == bad_index) throw std::runtime_error("bad sample");
    // So that threads overtake each other.
    if (is_slow) std::this_thread::sleep_for(std::chrono::microseconds((epoch * 7 + index * 13) % 5 * 100));
    for (int i = 0; i < 30; ++i) slot.image[i] = static_cast<float>(epoch * 1000 + index) + static_cast<float>(i) / 64;
    *slot.object_count = static_cast<int>(index % 4);
    for (int i = 0; i < *slot.object_count; ++i)
      slot.objects[i] = {static_cast<int>(epoch) + i, {0.1F, 0.2F, 0.3F, 0.4F}};
  }

  mutable std::atomic<int> draws = 0;
  std::uint64_t bad_epoch = 99;
  std::int64_t bad_index = 0;
  bool is_slow = false;

 private:
  std::int64_t size_;
};

std::vector<float> all_values(const Batch& batch) {
  std::vector<float> values = batch.images;
  for (const Object& o : batch.objects) {
    values.insert(values.end(), {static_cast<float>(o.label), o.box.xmin, o.box.ymin, o.box.xmax, o.box.ymax});
  }
  values.insert(values.end(), batch.object_counts.begin(), batch.object_counts.end());
  values.insert(values.end(), batch.weights.begin(), batch.weights.end());
  values.insert(values.end(), batch.indices.begin(), batch.indices.end());
  values.insert(values.end(), {static_cast<float>(batch.capacity), static_cast<float>(batch.count)});
  return values;
}

std::vector<std::vector<float>> take(Loader& loader, int count) {
  std::vector<std::vector<float>> batches;
  for (int i = 0; i < count; ++i) batches.push_back(all_values(loader.next()));
  return batches;
}

Loader::Options options(int batch_size, int threads) {
  Loader::Options o;
  o.batch_size = batch_size;
  o.threads = threads;
  return o;
}

TEST(Loader, GivesIdenticalBatchesForAnyNumberOfThreads) {
  const auto source = std::make_shared<FakeSource>(23);
  source->is_slow = true;
  Loader alone(source, options(4, 0));
  const auto expected = take(alone, 40);
  for (const int threads : {1, 2, 7}) {
    for (const int prefetch : {1, 3, 16}) {
      Loader::Options o = options(4, threads);
      o.prefetch_batches = prefetch;
      Loader loader(source, o);
      EXPECT_EQ(take(loader, 40), expected) << threads << " threads, " << prefetch << " ahead";
    }
  }
}

TEST(Loader, FillsBatchesInTheOrderOfTheEpoch) {
  const auto source = std::make_shared<FakeSource>(10);
  Loader::Options o = options(4, 1);
  o.seed = 5;
  Loader loader(source, o);
  const EpochOrder order(5, 10);
  EXPECT_EQ(loader.batches_per_epoch(), 3);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    for (std::int64_t place = 0; place < 10;) {
      const Batch& batch = loader.next();
      EXPECT_EQ(batch.capacity, 4);
      EXPECT_EQ(batch.count, place == 8 ? 2 : 4);
      for (int row = 0; row < batch.count; ++row, ++place) {
        EXPECT_EQ(batch.indices[row], order.at(epoch, place));
        EXPECT_EQ(batch.images[row * 30], static_cast<float>(epoch * 1000 + batch.indices[row]));
        EXPECT_EQ(batch.object_counts[row], batch.indices[row] % 4);
        EXPECT_EQ(batch.weights[row], 1);
      }
    }
  }
}

TEST(Loader, PadsAShortBatchWithNothing) {
  const auto source = std::make_shared<FakeSource>(5);
  for (const int threads : {0, 1}) {
    Loader loader(source, options(4, threads));
    for (int i = 0; i < 3; ++i) loader.next();
    const Batch& batch = loader.next();  // Its memory held a full batch before.
    EXPECT_EQ(batch.count, 1);
    EXPECT_TRUE(std::all_of(batch.images.begin() + 30, batch.images.end(), [](float v) { return v == 0; }));
    for (int row = 1; row < 4; ++row) {
      EXPECT_EQ(batch.weights[row], 0);
      EXPECT_EQ(batch.object_counts[row], 0);
      EXPECT_EQ(batch.indices[row], 0);
      for (int k = 0; k < 3; ++k) EXPECT_EQ(batch.objects[row * 3 + k].box.xmax, 0);
    }
  }
}

TEST(Loader, KeepsTheOrderOfTheSourceUnlessItShuffles) {
  Loader::Options o = options(10, 1);
  o.shuffle = false;
  Loader loader(std::make_shared<FakeSource>(10), o);
  for (int epoch = 0; epoch < 2; ++epoch) {
    EXPECT_THAT(loader.next().indices, ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
}

TEST(Loader, DrawsEveryEpochAsTheFirstIfAsked) {
  Loader::Options o = options(10, 1);
  o.same_every_epoch = true;
  Loader loader(std::make_shared<FakeSource>(10), o);
  const std::vector<std::int64_t> first = loader.next().indices;
  const Batch& second = loader.next();
  EXPECT_NE(second.indices, first);
  EXPECT_EQ(second.images[0], static_cast<float>(second.indices[0]));
}

Loader::Options kept(int threads, std::int64_t bytes) {
  return {.batch_size = 3, .threads = threads, .shuffle = false, .same_every_epoch = true, .keep_bytes = bytes};
}

TEST(Loader, KeepsWhatIsTheSameInEveryEpochIfAllOfItIsSmallEnough) {
  const std::int64_t all = 4 * 3 * Loader::row_bytes(FakeSource(11));  // four batches of three
  for (const int threads : {0, 1, 3}) {
    SCOPED_TRACE(threads);
    const auto source = std::make_shared<FakeSource>(11);
    Loader loader(source, kept(threads, all));
    const auto first = take(loader, 4);
    for (int epoch = 0; epoch < 3; ++epoch) EXPECT_EQ(take(loader, 4), first);
    loader.seek(5, 2);
    EXPECT_EQ(take(loader, 2), std::vector(first.begin() + 2, first.end()));
    EXPECT_EQ(source->draws, 11);
    EXPECT_EQ(Loader::batches_held(*source, kept(threads, all)), 4);
    EXPECT_EQ(Loader::batches_held(*source, kept(threads, all - 1)), threads == 0 ? 1 : 5);
  }
}

TEST(Loader, KeepsNothingThatIsTooLargeOrShuffledOrNewInEveryEpoch) {
  auto options = kept(1, 10000);
  const FakeSource source(11);
  EXPECT_TRUE(Loader::keeps(source, options));
  EXPECT_FALSE(Loader::keeps(FakeSource(100), options));
  options.shuffle = true;
  EXPECT_FALSE(Loader::keeps(source, options));
  options.shuffle = options.same_every_epoch = false;
  EXPECT_FALSE(Loader::keeps(source, options));
}

TEST(Loader, DoesNotKeepWhatCouldNotBeDrawn) {
  for (const int threads : {0, 2}) {
    SCOPED_TRACE(threads);
    const auto source = std::make_shared<FakeSource>(11);
    source->bad_epoch = 0;
    source->bad_index = 4;
    Loader loader(source, kept(threads, 10000));
    const auto first = take(loader, 1);
    EXPECT_THROW(loader.next(), std::runtime_error);
    EXPECT_THROW(loader.next(), std::runtime_error);
    loader.seek(0, 0);  // no thread draws now
    source->bad_index = 99;
    EXPECT_EQ(take(loader, 5)[4], first[0]);
  }
}

TEST(Loader, SeeksToAnyBatch) {
  const auto source = std::make_shared<FakeSource>(23);
  Loader reference(source, options(4, 0));
  const auto expected = take(reference, 30);
  for (const int threads : {0, 1, 3}) {
    Loader fresh(source, options(4, threads));
    fresh.seek(2, 3);
    EXPECT_EQ(take(fresh, 5), std::vector(expected.begin() + 15, expected.begin() + 20)) << threads;
    fresh.seek(0, 1);  // Back, with batches drawn ahead that must not be seen.
    EXPECT_EQ(take(fresh, 20), std::vector(expected.begin() + 1, expected.begin() + 21)) << threads;
  }
}

TEST(Loader, ThrowsWhatDrawingThrewWhereItBelongs) {
  const auto source = std::make_shared<FakeSource>(10);
  source->bad_epoch = 1;
  source->bad_index = 7;
  Loader::Options o = options(4, 0);
  o.shuffle = false;
  for (const int threads : {0, 1, 3}) {
    o.threads = threads;
    Loader loader(source, o);
    for (int i = 0; i < 4; ++i) EXPECT_NO_THROW(loader.next()) << threads;
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(message_of<std::runtime_error>([&] { loader.next(); }), "bad sample") << threads;
    }
    loader.seek(1, 2);
    EXPECT_EQ(loader.next().indices[0], 8) << threads;
    loader.seek(1, 1);
    EXPECT_EQ(message_of<std::runtime_error>([&] { loader.next(); }), "bad sample") << threads;
  }
}

TEST(Loader, DrawsNoFurtherAheadThanAsked) {
  const auto source = std::make_shared<FakeSource>(1000);
  Loader::Options o = options(10, 3);
  o.prefetch_batches = 2;
  Loader loader(source, o);
  loader.next();
  // Two ahead of the one handed out. Waits for them, then a while for one too many.
  while (source->draws < 30) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(source->draws, 30);
}

TEST(Loader, DrawsNothingBeforeItIsAsked) {
  const auto source = std::make_shared<FakeSource>(1000);
  Loader loader(source, options(10, 2));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(source->draws, 0);
}

TEST(Loader, UsesTheSameMemoryAgain) {
  for (const int threads : {0, 1, 3}) {
    Loader loader(std::make_shared<FakeSource>(100), options(10, threads));
    std::set<const void*> places;
    for (int i = 0; i < 100; ++i) places.insert(loader.next().images.data());
    EXPECT_EQ(places.size(), threads == 0 ? 1U : 5U);
  }
}

TEST(Loader, EndsWhileItsThreadsWaitOrDraw) {
  const auto source = std::make_shared<FakeSource>(1000000);
  source->is_slow = true;
  for (int i = 0; i < 20; ++i) {
    Loader loader(source, options(1 + i % 3, 1 + i % 7));
    for (int k = 0; k < i; ++k) loader.next();
  }
}

/// New threads ask for more stack than there is memory until it goes.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    ::pthread_attr_init(&huge);
    ::pthread_attr_setstacksize(&huge, std::size_t{1} << 46);
    ::pthread_setattr_default_np(&huge);
    ::pthread_attr_destroy(&huge);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;
  ~NoMoreThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

TEST(Loader, SaysThatNoThreadCouldBeStarted) {
  Loader loader(std::make_shared<FakeSource>(10), options(4, 2));
  {
    const NoMoreThreads limit;
    EXPECT_EQ(message_of<IoError>([&] { loader.next(); }),
              "data loader: start a thread: Resource temporarily unavailable");
  }
  EXPECT_EQ(loader.next().count, 4);
}

TEST(Loader, RefusesOptionsOutOfRange) {
  const auto source = std::make_shared<FakeSource>(10);
  const std::string message = "Loader: no source, or an option out of range";
  EXPECT_EQ(message_of<InternalError>([&] { Loader(nullptr, options(4, 1)); }), message);
  EXPECT_EQ(message_of<InternalError>([&] { Loader(source, options(0, 1)); }), message);
  EXPECT_EQ(message_of<InternalError>([&] { Loader(source, options(4, -1)); }), message);
  Loader::Options o = options(4, 1);
  o.prefetch_batches = 0;
  EXPECT_EQ(message_of<InternalError>([&] { Loader(source, o); }), message);
}

}  // namespace
}  // namespace thaw
