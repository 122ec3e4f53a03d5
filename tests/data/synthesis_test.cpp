#include "runner/data/synthesis.h"

#include <map>
#include <thread>

#include "runner/store/sha256.h"
#include "tests/data/source_test.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

class SynthesisTest : public SourceTest {
 protected:
  /// 20 pictures of 4 x 3 pixels with 20 labels: the label tells which one it is.
  SynthesisTest() { write_sprites(20, 20); }
};

float sprite_value(int label, int y, int x) { return static_cast<float>(test_pixel(label, y, x)) / 255.0F; }

// Image and mask as the truth tells them, pixel by pixel.
DrawnSample redrawn(const DrawnSample& sample, const SampleSource& source) {
  DrawnSample expected = sample;
  std::fill(expected.image.begin(), expected.image.end(), 0.0F);
  std::fill(expected.mask.begin(), expected.mask.end(), 0);
  for (std::size_t k = 0; k < sample.objects.size(); ++k) {
    const PixelBox box = pixel_box(sample.objects[k].box, source);
    for (int y = 0; y < box.height; ++y) {
      for (int x = 0; x < box.width; ++x) {
        const auto at = static_cast<std::size_t>(box.y + y) * source.width() + box.x + x;
        const float value = sprite_value(sample.objects[k].label, y, x);
        if (value <= expected.image[at]) continue;
        expected.image[at] = value;
        expected.mask[at] = static_cast<std::uint16_t>(k + 1);
      }
    }
  }
  return expected;
}

TEST_F(SynthesisTest, DrawsWhatItsTruthTells) {
  const auto source = open(sprites_on(9, 11, "objects { min: 1 max: 4 } samples: 300"));
  int covered = 0;
  for (std::int64_t i = 0; i < source->size(); ++i) {
    const DrawnSample sample = draw(*source, 1, i);
    ASSERT_EQ(sample, redrawn(sample, *source)) << i;
    for (const Object& object : sample.objects) {
      const PixelBox box = pixel_box(object.box, *source);
      ASSERT_EQ(box.width, 3);
      ASSERT_EQ(box.height, 4);
      ASSERT_TRUE(box.x >= 0 && box.y >= 0 && box.x + 3 <= 11 && box.y + 4 <= 9) << i;
    }
    const auto ink = sample.mask.size() - std::count(sample.mask.begin(), sample.mask.end(), 0);
    covered += ink < 12 * sample.objects.size() ? 1 : 0;
  }
  EXPECT_GT(covered, 50);  // Or the test would not see how objects are blended.
}

TEST_F(SynthesisTest, DrawsTheSameWithoutAMask) {
  const auto source = open(sprites_on(9, 11, "objects { min: 2 max: 4 } noise: 0.1"));
  const DrawnSample with_mask = draw(*source, 1, 3);
  std::vector<float> image(9 * 11);
  std::vector<Object> objects(4);
  int count = 0;
  source->draw(1, 3, {image.data(), objects.data(), &count});
  EXPECT_EQ(image, with_mask.image);
  EXPECT_EQ(count, static_cast<int>(with_mask.objects.size()));
}

TEST_F(SynthesisTest, TellsTheTruthAlone) {
  const auto source = open(sprites_on(9, 11, "objects { min: 2 max: 4 } noise: 0.1"));
  DrawnSample truth = draw(*source, 1, 3);
  std::vector<Object> objects(4);
  int count = 0;
  source->draw(1, 3, {nullptr, objects.data(), &count});
  objects.resize(static_cast<std::size_t>(count));
  DrawnSample alone{truth.image, objects, truth.mask};
  EXPECT_EQ(alone, truth);
}

TEST_F(SynthesisTest, HasOneVariantWhereEveryEpochIsTheSame) {
  EXPECT_EQ(open(sprites_on(9, 11))->variants(), 0);
  EXPECT_EQ(open(sprites_on(9, 11, "same_every_epoch: true"))->variants(), 1);
}

TEST_F(SynthesisTest, ShowsSpritesInTurn) {
  const auto source = open(sprites_on(9, 11, "samples: 50"));
  for (std::int64_t i = 0; i < 50; ++i) EXPECT_EQ(draw(*source, 2, i).objects.at(0).label, i % 20);
}

TEST_F(SynthesisTest, ShowsOnlyTheSpritesItTakes) {
  const auto source = open(sprites_on(9, 11, "objects { min: 3 max: 3 }", "take: 5"));
  std::set<int> labels;
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    for (std::int64_t i = 0; i < 5; ++i) {
      for (const Object& object : draw(*source, epoch, i).objects) labels.insert(object.label);
    }
  }
  EXPECT_THAT(labels, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(SynthesisTest, PlacesAnObjectAnywhereAlike) {
  const auto source = open(sprites_on(12, 10));
  constexpr int kPlaces = 9 * 8;
  constexpr int kEach = 200;
  std::map<std::pair<int, int>, int> counts;
  for (int i = 0; i < kPlaces * kEach; ++i) {
    const PixelBox box = pixel_box(draw(*source, i / 20, i % 20).objects.at(0).box, *source);
    ++counts[{box.y, box.x}];
  }
  EXPECT_EQ(counts.size(), static_cast<std::size_t>(kPlaces));
  double chi_square = 0;
  for (const auto& [place, count] : counts)
    chi_square += (count - kEach) * (count - kEach) / static_cast<double>(kEach);
  EXPECT_LT(chi_square, kPlaces - 1 + 5 * std::sqrt(2.0 * (kPlaces - 1)));
}

TEST_F(SynthesisTest, DrawsAnyNumberOfObjectsAlike) {
  const auto source = open(sprites_on(9, 11, "objects { min: 2 max: 5 } samples: 4000"));
  std::map<std::size_t, int> counts;
  for (std::int64_t i = 0; i < 4000; ++i) ++counts[draw(*source, 0, i).objects.size()];
  EXPECT_EQ(counts.size(), 4U);
  for (std::size_t number = 2; number <= 5; ++number) EXPECT_NEAR(counts[number], 1000, 140) << number;
}

TEST_F(SynthesisTest, KeepsObjectsApart) {
  const auto source = open(sprites_on(14, 14, "objects { min: 5 max: 5 overlap: false } samples: 200"));
  std::size_t placed = 0;
  for (std::int64_t i = 0; i < source->size(); ++i) {
    const DrawnSample sample = draw(*source, 0, i);
    placed += sample.objects.size();
    const auto ink = sample.mask.size() - std::count(sample.mask.begin(), sample.mask.end(), 0);
    EXPECT_EQ(ink, 12 * sample.objects.size()) << i;  // None covers a pixel of another.
  }
  EXPECT_GT(placed, 950U);
}

TEST_F(SynthesisTest, LeavesOutWhatFindsNoPlace) {
  const auto source = open(sprites_on(4, 5, "objects { min: 3 max: 3 overlap: false }"));
  for (std::int64_t i = 0; i < source->size(); ++i) EXPECT_EQ(draw(*source, 0, i).objects.size(), 1U);
}

TEST_F(SynthesisTest, CountsTheObjectsOfEachClass) {
  write_plain(in("labels.idx"), idx_labels(20, 3));
  EXPECT_THAT(open(sprites_on(9, 11))->class_counts(), ElementsAre(7, 7, 6));
  EXPECT_THAT(open(sprites_on(9, 11, "samples: 42"))->class_counts(), ElementsAre(15, 15, 12));
  EXPECT_THAT(open(sprites_on(9, 11, "samples: 42", "take: 4"))->class_counts(), ElementsAre(2, 1, 1));
  const auto crowded = open(sprites_on(9, 11, "objects { min: 1 max: 4 } samples: 42"));
  std::vector<std::int64_t> counts(3);
  for (std::int64_t i = 0; i < 42; ++i) {
    for (const Object& object : draw(*crowded, 0, i).objects) ++counts[object.label];
  }
  EXPECT_EQ(crowded->class_counts(), counts);
}

TEST_F(SynthesisTest, GivesEveryChannelTheSamePicture) {
  const std::string sprites = "sprites { idx { images: 'images.idx' labels: 'labels.idx' } } noise: 0.2";
  const DrawnSample grey = draw(*open("synthesis { canvas { height: 9 width: 11 } " + sprites + " }"), 0, 3);
  const DrawnSample coloured =
      draw(*open("synthesis { canvas { height: 9 width: 11 channels: 3 } " + sprites + " }"), 0, 3);
  ASSERT_EQ(coloured.image.size(), 3 * grey.image.size());
  for (std::size_t i = 0; i < coloured.image.size(); ++i)
    EXPECT_EQ(coloured.image[i], grey.image[i % grey.image.size()]);
}

TEST_F(SynthesisTest, AddsNoiseToTheSamePicture) {
  const DrawnSample clean = draw(*open(sprites_on(40, 50)), 0, 3);
  const DrawnSample noisy = draw(*open(sprites_on(40, 50, "noise: 0.1")), 0, 3);
  EXPECT_EQ(noisy.mask, clean.mask);
  int raised = 0;
  for (std::size_t i = 0; i < clean.image.size(); ++i) {
    EXPECT_NEAR(noisy.image[i], clean.image[i], 0.6);
    EXPECT_TRUE(noisy.image[i] >= 0 && noisy.image[i] <= 1);
    raised += noisy.image[i] > clean.image[i] ? 1 : 0;
  }
  EXPECT_NEAR(raised / 2000.0, 0.5, 0.06);
}

TEST_F(SynthesisTest, DependsOnSeedPurposeEpochAndIndexAlone) {
  const std::string text = sprites_on(9, 11, "objects { min: 1 max: 3 } noise: 0.1");
  const auto source = open(text);
  const DrawnSample sample = draw(*source, 3, 5);
  draw(*source, 7, 11);
  EXPECT_EQ(draw(*source, 3, 5), sample);
  EXPECT_EQ(draw(*open(text), 3, 5), sample);
  DrawnSample elsewhere;
  std::thread([&] { elsewhere = draw(*source, 3, 5); }).join();
  EXPECT_EQ(elsewhere, sample);
  EXPECT_FALSE(draw(*source, 4, 5) == sample);
  EXPECT_FALSE(draw(*open(text, "validation"), 3, 5) == sample);
  EXPECT_FALSE(draw(*open(text, "train", 2), 3, 5) == sample);
}

TEST_F(SynthesisTest, CanDrawEveryEpochAlike) {
  const auto source = open(sprites_on(9, 11, "same_every_epoch: true noise: 0.1"));
  EXPECT_EQ(draw(*source, 4, 5), draw(*source, 0, 5));
  EXPECT_EQ(draw(*source, 4, 5), draw(*open(sprites_on(9, 11, "noise: 0.1")), 0, 5));
}

// Whoever changes this changes the data of every run there is. Without noise: its last bits are the compiler's.
TEST_F(SynthesisTest, StaysTheSame) {
  const auto source = open(sprites_on(9, 11, "objects { min: 1 max: 4 }"));
  Sha256 sha;
  for (std::int64_t i = 0; i < 20; ++i) {
    const DrawnSample sample = draw(*source, 1, i);
    sha.add({reinterpret_cast<const char*>(sample.image.data()), sample.image.size() * sizeof(float)});
    for (const Object& object : sample.objects) sha.add_integer(object.label);
  }
  EXPECT_EQ(sha.hex(), "eab062e53b6d1338d57f2350d9e784d9fea1e237b737ee2c0c0bae1004e3b455");
}

TEST_F(SynthesisTest, RefusesAnUncheckedRecipe) {
  EXPECT_EQ(message_of<InternalError>([&] { open(sprites_on(9, 11, "objects { min: 3 max: 2 }")); }),
            "synthesis: unchecked recipe");
}

}  // namespace
}  // namespace thaw
