#include "runner/data/glyphs.h"

#include <cstdio>
#include <numeric>
#include <thread>

#include "tests/data/source_test.h"

namespace thaw {
namespace {

class GlyphsTest : public SourceTest {
 protected:
  static std::string glyphs_on(int height, int width, const std::string& glyphs = {},
                               const std::string& synthesis = {}) {
    return "synthesis { canvas { height: " + std::to_string(height) + " width: " + std::to_string(width) +
           " } glyphs { " + glyphs + " } " + synthesis + " }";
  }
};

// The smallest rectangle that holds every pixel that is not black.
PixelBox ink_box(const DrawnSample& sample, int width) {
  int left = 1 << 30, top = 1 << 30, right = -1, bottom = -1;
  for (int i = 0; i < static_cast<int>(sample.image.size()); ++i) {
    if (sample.image[i] == 0) continue;
    left = std::min(left, i % width);
    right = std::max(right, i % width);
    top = std::min(top, i / width);
    bottom = std::max(bottom, i / width);
  }
  return {left, top, right - left + 1, bottom - top + 1};
}

TEST_F(GlyphsTest, BoxAndMaskAreTheInk) {
  const auto source = open(glyphs_on(75, 90, "", "samples: 500"));
  for (std::int64_t i = 0; i < source->size(); ++i) {
    const DrawnSample sample = draw(*source, 1, i);
    ASSERT_EQ(sample.objects.size(), 1U);
    EXPECT_EQ(pixel_box(sample.objects[0].box, *source), ink_box(sample, 90)) << i;
    for (std::size_t p = 0; p < sample.image.size(); ++p) {
      ASSERT_EQ(sample.mask[p], sample.image[p] > 0 ? 1 : 0);
      // No halo that nobody can see.
      ASSERT_TRUE(sample.image[p] == 0 || sample.image[p] > 0.12F) << sample.image[p];
    }
  }
}

TEST_F(GlyphsTest, ShowsCharactersInTurn) {
  const auto source = open(glyphs_on(90, 90, "characters: 'xyz'", "samples: 10"));
  EXPECT_THAT(source->class_names(), ::testing::ElementsAre("x", "y", "z"));
  EXPECT_THAT(source->class_counts(), ::testing::ElementsAre(4, 3, 3));
  for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(draw(*source, 0, i).objects[0].label, i % 3);
}

TEST_F(GlyphsTest, DrawsEveryCharacterLegibly) {
  std::string all;
  for (char c = '!'; c <= '~'; ++c) all += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  for (const char* size : {"size: 8 scale_min: 0.75 scale_max: 0.8", "size: 28 scale_max: 1.2"}) {
    const auto source = open(glyphs_on(120, 120, "characters: '" + all + "' " + size, "samples: 940"));
    for (std::int64_t i = 0; i < source->size(); ++i) {
      const DrawnSample sample = draw(*source, 0, i);
      // A dot of the smallest size has a grey pixel or two.
      EXPECT_GT(*std::max_element(sample.image.begin(), sample.image.end()), 0.15) << i << " " << size;
    }
  }
}

TEST_F(GlyphsTest, HasTheSizeAskedFor) {
  // Upright and thin: a 0 is as high as a capital.
  const auto source = open(
      glyphs_on(75, 75, "characters: '0' size: 40 scale_min: 1 scale_max: 1 slant: 0 rotation: 0 thickness_max: 1"));
  for (std::int64_t i = 0; i < 50; ++i) EXPECT_NEAR(ink_box(draw(*source, 0, i), 75).height, 42, 4) << i;
}

TEST_F(GlyphsTest, VariesScaleAndThickness) {
  const auto source = open(glyphs_on(75, 75, "characters: '0' slant: 0 rotation: 0 scale_min: 0.7 scale_max: 1.4"));
  int least = 75, most = 0;
  double faintest = 1e9, boldest = 0;
  for (std::int64_t i = 0; i < 300; ++i) {
    const DrawnSample sample = draw(*source, 0, i);
    const PixelBox ink = ink_box(sample, 75);
    least = std::min(least, ink.height);
    most = std::max(most, ink.height);
    const double share = std::accumulate(sample.image.begin(), sample.image.end(), 0.0) / (ink.width * ink.height);
    faintest = std::min(faintest, share);
    boldest = std::max(boldest, share);
  }
  EXPECT_LT(least, 25);
  EXPECT_GT(most, 38);
  EXPECT_LT(faintest, 0.25);
  EXPECT_GT(boldest, 0.5);
}

TEST_F(GlyphsTest, LeansBothWays) {
  // The lean of a 1 without serifs: how far its upper half lies right of its lower half.
  for (const char* pose : {"slant: 40 rotation: 0", "slant: 0 rotation: 40"}) {
    const auto source = open(glyphs_on(75, 75, std::string("characters: '|' thickness_max: 1 ") + pose));
    double left = 0, right = 0;
    for (std::int64_t i = 0; i < 100; ++i) {
      const DrawnSample sample = draw(*source, 0, i);
      const PixelBox ink = ink_box(sample, 75);
      double top = 0, bottom = 0, top_sum = 0, bottom_sum = 0;
      for (int x = 0; x < 75; ++x) {
        top += x * sample.image[(ink.y + 2) * 75 + x];
        top_sum += sample.image[(ink.y + 2) * 75 + x];
        bottom += x * sample.image[(ink.y + ink.height - 3) * 75 + x];
        bottom_sum += sample.image[(ink.y + ink.height - 3) * 75 + x];
      }
      const double lean = (top / top_sum - bottom / bottom_sum) / ink.height;
      left = std::min(left, lean);
      right = std::max(right, lean);
    }
    EXPECT_LT(left, -0.5) << pose;
    EXPECT_GT(right, 0.5) << pose;
  }
}

TEST_F(GlyphsTest, NeverDrawsTheSameTwice) {
  const auto source = open(glyphs_on(75, 75, "characters: '8'"));
  std::set<std::vector<float>> seen;
  for (std::int64_t i = 0; i < 300; ++i) seen.insert(draw(*source, 0, i).image);
  EXPECT_EQ(seen.size(), 300U);
}

TEST_F(GlyphsTest, LeavesNothingBehindForTheNextOne) {
  const auto small = open(glyphs_on(75, 75, "size: 10"));
  const auto large = open(glyphs_on(300, 300, "characters: '@' size: 60 thickness_max: 20"));
  for (std::int64_t i = 0; i < 100; ++i) {
    DrawnSample fresh, after_large;
    // A thread of its own has scratch of its own.
    std::thread([&] { fresh = draw(*small, 0, i); }).join();
    std::thread([&] {
      draw(*large, 0, i);
      after_large = draw(*small, 0, i);
    }).join();
    EXPECT_EQ(after_large, fresh) << i;
  }
}

TEST_F(GlyphsTest, CutsNothingOffThickStrokes) {
  const auto highest = [&](const std::string& thickness) {
    const auto source = open(glyphs_on(
        90, 90, "characters: 'I' scale_min: 1 scale_max: 1 slant: 0 rotation: 0 thickness_max: " + thickness));
    int height = 0;
    for (std::int64_t i = 0; i < 1000; ++i) height = std::max(height, ink_box(draw(*source, 0, i), 90).height);
    return height;
  };
  EXPECT_NEAR(highest("20"), highest("1") + 19, 2);
}

TEST_F(GlyphsTest, RefusesCharactersThatCannotBeRead) {
  EXPECT_THAT(
      errors_of(glyphs_on(75, 75, "size: 10 scale_min: 0.5")),
      ::testing::ElementsAre("synthesis.glyphs.scale_min: makes characters of 5 pixels (size 10 x scale_min 0.5), "
                             "expected at least 6: less cannot be read"));
  EXPECT_THAT(errors_of(glyphs_on(75, 75, "size: 10 scale_min: 0.6")), ::testing::ElementsAre());
}

// How large it can become depends on OpenCV's fonts.
TEST_F(GlyphsTest, RefusesCharactersLargerThanTheCanvas) {
  EXPECT_THAT(errors_of(glyphs_on(20, 75, "characters: 'A'")),
              ::testing::ElementsAre(::testing::MatchesRegex(
                  "synthesis.glyphs.scale_max: box outside the canvas: the character A can become [0-9]+ x [0-9]+, the "
                  "canvas is 20 x 75 .height x width, pixels.")));
  EXPECT_EQ(errors_of(glyphs_on(75, 20, "characters: 'AB'")).size(), 2U);
}

TEST_F(GlyphsTest, NeverOutgrowsWhatItAnnounces) {
  for (const std::string pose : {"rotation: 0 slant: 0", "", "rotation: 180 slant: 60", "thickness_max: 12"}) {
    for (const std::string character : {"@", "1", "g", "8"}) {
      const std::string glyphs = "characters: '" + character + "' scale_min: 1 scale_max: 1 " + pose;
      const std::string error = errors_of(glyphs_on(8, 8, glyphs)).at(0);
      const std::size_t numbers = error.find("become ");
      ASSERT_NE(numbers, std::string::npos) << error;
      int height = 0, width = 0;
      ASSERT_EQ(std::sscanf(error.c_str() + numbers, "become %d x %d", &height, &width), 2) << error;
      // On the smallest canvas that takes it, nothing of it is cut off.
      const auto tight = open(glyphs_on(height, width, glyphs)), wide = open(glyphs_on(3 * height, 3 * width, glyphs));
      int highest = 0, widest = 0;
      for (std::int64_t i = 0; i < 300; ++i) {
        const PixelBox ink = ink_box(draw(*wide, 0, i), 3 * width), cut = ink_box(draw(*tight, 0, i), width);
        EXPECT_EQ(ink.height, cut.height) << error << i;
        EXPECT_EQ(ink.width, cut.width) << error << i;
        highest = std::max(highest, ink.height);
        widest = std::max(widest, ink.width);
      }
      EXPECT_GT(highest, height / 2) << error;
      EXPECT_GT(widest, width / 3) << error;
    }
  }
}

}  // namespace
}  // namespace thaw
