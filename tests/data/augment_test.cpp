#include "runner/data/augment/augment.h"

#include <map>

#include "runner/data/augment/augmented_samples.h"
#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

Augmentation parse_augmentation(const std::string& text) {
  Augmentation augmentation;
  const ParsedText parsed = parse_text(text, "test", augmentation);
  if (!parsed.findings.empty()) throw std::invalid_argument(parsed.findings[0].text());
  return augmentation;
}

cv::Mat grey(int height, int width, const std::vector<float>& values) {
  cv::Mat picture(height, width, CV_32FC1);
  std::copy(values.begin(), values.end(), picture.ptr<float>());
  return picture;
}

std::vector<float> values_of(const cv::Mat& picture) {
  std::vector<float> values;
  for (int y = 0; y < picture.rows; ++y) {
    const auto* row = picture.ptr<float>(y);
    values.insert(values.end(), row, row + picture.cols * picture.channels());
  }
  return values;
}

// What `text` makes of `picture` in draw `number`; the input's size is the picture's unless it is given.
cv::Mat changed(const std::string& text, const cv::Mat& picture, std::uint64_t number = 0, cv::Size size = {}) {
  cv::Mat result = picture.clone();
  Draws draws(1, "test", 0, number);
  apply_augmentation(parse_augmentation(text), size.empty() ? picture.size() : size, draws, result);
  return result;
}

std::map<std::vector<float>, int> outcomes(const std::string& text, const cv::Mat& picture, int draws,
                                           cv::Size size = {}) {
  std::map<std::vector<float>, int> counts;
  for (int i = 0; i < draws; ++i) ++counts[values_of(changed(text, picture, static_cast<std::uint64_t>(i), size))];
  return counts;
}

using Values = std::vector<float>;

TEST(Augment, FlipsHalfOfThem) {
  const cv::Mat picture = grey(2, 2, {1, 2, 3, 4});
  auto across = outcomes("random_flip {}", picture, 1000);
  EXPECT_EQ(across.size(), 2U);
  EXPECT_NEAR(across[(Values{1, 2, 3, 4})], 500, 80);
  EXPECT_NEAR(across[(Values{2, 1, 4, 3})], 500, 80);
  auto down = outcomes("random_flip { mode: VERTICAL }", picture, 1000);
  EXPECT_EQ(down.size(), 2U);
  EXPECT_NEAR(down[(Values{3, 4, 1, 2})], 500, 80);
  auto both = outcomes("random_flip { mode: HORIZONTAL_AND_VERTICAL }", picture, 1000);
  for (const Values& values : {Values{1, 2, 3, 4}, Values{2, 1, 4, 3}, Values{3, 4, 1, 2}, Values{4, 3, 2, 1}}) {
    EXPECT_NEAR(both[values], 250, 70);
  }
}

TEST(Augment, TranslatesByWholePixelsAndFillsWithBlack) {
  const cv::Mat picture = grey(1, 4, {1, 2, 3, 4});
  auto moved = outcomes("random_translation { height_factor: 0 width_factor: 0.5 }", picture, 1000);
  EXPECT_EQ(moved.size(), 5U);
  // Two pixels either way are the ends of the range, and half as likely.
  EXPECT_NEAR(moved[(Values{3, 4, 0, 0})], 125, 50);
  EXPECT_NEAR(moved[(Values{2, 3, 4, 0})], 250, 70);
  EXPECT_NEAR(moved[(Values{1, 2, 3, 4})], 250, 70);
  EXPECT_NEAR(moved[(Values{0, 1, 2, 3})], 250, 70);
  EXPECT_NEAR(moved[(Values{0, 0, 1, 2})], 125, 50);
  auto down = outcomes("random_translation { height_factor: 1 width_factor: 0 }", grey(2, 1, {5, 6}), 1000);
  EXPECT_GT(down[(Values{0, 5})], 150);
  EXPECT_GT(down[(Values{6, 0})], 150);
  EXPECT_GT(down[(Values{0, 0})], 150);
}

TEST(Augment, RotatesAroundTheMiddle) {
  // A lone bright pixel right of the middle of 21 x 21: where it lands tells the angle.
  cv::Mat picture = cv::Mat::zeros(21, 21, CV_32FC1);
  picture(cv::Rect(16, 9, 3, 3)).setTo(1);
  int above = 0;
  double most = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const cv::Moments moments = cv::moments(changed("random_rotation { degrees: 40 }", picture, i));
    const double x = moments.m10 / moments.m00 - 10, y = moments.m01 / moments.m00 - 10;
    EXPECT_NEAR(std::hypot(x, y), 7, 0.2);
    const double angle = std::atan2(y, x) * 180 / CV_PI;
    EXPECT_LE(std::abs(angle), 40.5);
    most = std::max(most, std::abs(angle));
    above += angle < 0 ? 1 : 0;
  }
  EXPECT_GT(most, 35);
  EXPECT_NEAR(above, 150, 40);
  // What comes in from outside is black.
  const cv::Mat white(21, 21, CV_32FC1, cv::Scalar(1));
  const cv::Mat turned = changed("random_rotation { degrees: 40 }", white, 3);
  EXPECT_EQ(turned.at<float>(10, 10), 1);
  EXPECT_LT(turned.at<float>(0, 0) + turned.at<float>(0, 20), 1.01);
}

TEST(Augment, ZoomsAroundTheMiddle) {
  cv::Mat picture = cv::Mat::zeros(31, 31, CV_32FC1);
  picture(cv::Rect(10, 10, 11, 11)).setTo(1);
  double least = 10, most = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const cv::Mat zoomed = changed("random_zoom { min: 0.5 max: 2 }", picture, i);
    const double side = std::sqrt(cv::sum(zoomed)[0]);
    EXPECT_NEAR(zoomed.at<float>(15, 15), 1, 1e-6);
    const cv::Moments moments = cv::moments(zoomed);
    EXPECT_NEAR(moments.m10 / moments.m00, 15, 0.1);
    least = std::min(least, side / 11);
    most = std::max(most, side / 11);
  }
  EXPECT_NEAR(least, 0.5, 0.05);
  EXPECT_NEAR(most, 2, 0.05);
}

TEST(Augment, CropsOutOfThePaddedPicture) {
  const cv::Mat picture = grey(1, 2, {1, 2});
  // One black pixel on each side: three places across, three down, of which only the middle one shows anything.
  auto cut = outcomes("random_crop { padding: 1 }", picture, 1800);
  EXPECT_EQ(cut.size(), 4U);
  EXPECT_NEAR(cut[(Values{0, 1})], 200, 60);
  EXPECT_NEAR(cut[(Values{1, 2})], 200, 60);
  EXPECT_NEAR(cut[(Values{2, 0})], 200, 60);
  EXPECT_NEAR(cut[(Values{0, 0})], 1200, 90);
  // A larger picture needs no padding.
  auto places = outcomes("random_crop { padding: 0 }", grey(1, 4, {1, 2, 3, 4}), 900, {2, 1});
  EXPECT_EQ(places.size(), 3U);
  for (const Values& values : {Values{1, 2}, Values{2, 3}, Values{3, 4}}) EXPECT_NEAR(places[values], 300, 70);
}

TEST(Augment, AddsBrightness) {
  double least = 1, most = -1;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto values = values_of(changed("random_brightness { delta: 0.3 }", grey(1, 3, {0.1F, 0.5F, 0.9F}), i));
    const float added = values[1] - 0.5F;
    EXPECT_NEAR(values[0], std::clamp(0.1F + added, 0.0F, 1.0F), 1e-6);
    EXPECT_NEAR(values[2], std::clamp(0.9F + added, 0.0F, 1.0F), 1e-6);
    least = std::min<double>(least, added);
    most = std::max<double>(most, added);
  }
  EXPECT_NEAR(least, -0.3, 0.02);
  EXPECT_NEAR(most, 0.3, 0.02);
}

TEST(Augment, ChangesContrastAroundTheMean) {
  double least = 9, most = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto values = values_of(changed("random_contrast { delta: 0.5 }", grey(1, 3, {0.3F, 0.4F, 0.8F}), i));
    const float factor = (values[1] - values[0]) / 0.1F;
    EXPECT_NEAR(values[0], 0.5F - 0.2F * factor, 1e-5);
    EXPECT_NEAR(values[2], 0.5F + 0.3F * factor, 1e-5);
    least = std::min<double>(least, factor);
    most = std::max<double>(most, factor);
  }
  EXPECT_NEAR(least, 0.5, 0.03);
  EXPECT_NEAR(most, 1.5, 0.03);
  // One mean for all channels, and values stay within 0..1.
  const cv::Mat colour(1, 1, CV_32FC3, cv::Scalar(0, 0.5, 1));
  const auto values = values_of(changed("random_contrast { delta: 1 }", colour, 2));
  EXPECT_NEAR(values[1], 0.5, 1e-6);
  EXPECT_NEAR(values[0] + values[2], 1, 1e-6);
}

TEST(Augment, ChangesSaturationAroundGrey) {
  const cv::Mat picture(1, 1, CV_32FC3, cv::Scalar(0.6, 0.4, 0.2));
  const float grey_value = 0.299F * 0.6F + 0.587F * 0.4F + 0.114F * 0.2F;
  double least = 9, most = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto values = values_of(changed("random_saturation { delta: 1 }", picture, i));
    const float factor = (values[0] - grey_value) / (0.6F - grey_value);
    EXPECT_NEAR(values[1], grey_value + factor * (0.4F - grey_value), 1e-5);
    EXPECT_NEAR(values[2], std::max(0.0F, grey_value + factor * (0.2F - grey_value)), 1e-5);
    least = std::min<double>(least, factor);
    most = std::max<double>(most, factor);
  }
  EXPECT_NEAR(least, 0, 0.03);
  EXPECT_NEAR(most, 2, 0.03);
}

TEST(Augment, TurnsTheHue) {
  const cv::Mat red(1, 1, CV_32FC3, cv::Scalar(1, 0, 0));
  bool seen_green = false, seen_blue = false;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto values = values_of(changed("random_hue { degrees: 120 }", red, i));
    EXPECT_NEAR(*std::max_element(values.begin(), values.end()), 1, 1e-4);
    EXPECT_NEAR(*std::min_element(values.begin(), values.end()), 0, 1e-4);
    seen_green = seen_green || values[1] > 0.95;
    seen_blue = seen_blue || values[2] > 0.95;
  }
  EXPECT_TRUE(seen_green && seen_blue);
  // A third of the way green at 20 degrees at most.
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto values = values_of(changed("random_hue { degrees: 20 }", red, i));
    EXPECT_LE(std::max(values[1], values[2]), 1 / 3.0 + 1e-4);
  }
  const cv::Mat grey_pixel(1, 1, CV_32FC3, cv::Scalar(0.3, 0.3, 0.3));
  EXPECT_THAT(values_of(changed("random_hue { degrees: 180 }", grey_pixel, 4)), Each(::testing::FloatNear(0.3F, 1e-5)));
}

TEST(Augment, CutsASquareOut) {
  const cv::Mat white(10, 20, CV_32FC1, cv::Scalar(1));
  std::map<int, int> black;
  cv::Mat hits = cv::Mat::zeros(10, 20, CV_32FC1);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const cv::Mat cut = changed("cutout { size: 0.4 }", white, i);
    ++black[200 - static_cast<int>(cv::sum(cut)[0])];
    hits += 1 - cut;
  }
  EXPECT_EQ(black.rbegin()->first, 16) << "4 x 4 where nothing is cut off";
  EXPECT_GE(black.begin()->first, 4);
  // In the middle every pixel is as likely; a corner is hit by fewer squares.
  EXPECT_NEAR(hits.at<float>(5, 10), 2000 * 16 / 200.0, 60);
  EXPECT_LT(hits.at<float>(0, 0), 110);
  EXPECT_GT(hits.at<float>(0, 0), 15);
}

TEST(Augment, DrawsMixupSharesFromBeta) {
  // Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
  for (const double alpha : {0.2, 1.0, 5.0}) {
    double sum = 0, squares = 0;
    for (std::uint64_t i = 0; i < 20000; ++i) {
      Draws draws(1, "test", 0, i);
      const double share = draw_mixup_share(alpha, draws);
      ASSERT_TRUE(share >= 0 && share <= 1);
      sum += share;
      squares += (share - 0.5) * (share - 0.5);
    }
    EXPECT_NEAR(sum / 20000, 0.5, 0.01) << alpha;
    EXPECT_NEAR(squares / 20000, 1 / (4 * (2 * alpha + 1)), 0.004) << alpha;
  }
  Draws draws(1, "test");
  for (int i = 0; i < 100; ++i) {
    const double share = draw_mixup_share(1e-9, draws);
    EXPECT_TRUE(share < 1e-6 || share > 1 - 1e-6) << share;
  }
}

TEST(Augment, HasWordsForEverything) {
  const std::map<std::string, std::string> words = {
      {"random_flip {}", "mirrored left to right (half of them)"},
      {"random_flip { mode: VERTICAL }", "mirrored top to bottom (half of them)"},
      {"random_flip { mode: HORIZONTAL_AND_VERTICAL }",
       "mirrored left to right (half of them) and top to bottom (half of them)"},
      {"random_translation { width_factor: 0.125 }", "moved by up to 10 % of the height and 12.5 % of the width"},
      {"random_rotation {}", "turned by up to 15°"},
      {"random_zoom {}", "scaled by 0.8 to 1.2"},
      {"random_crop { padding: 0 }", "cut out at a random place"},
      {"random_crop {}", "cut out at a random place of the picture with a border of 4 pixels"},
      {"random_brightness {}", "brightness changed by up to 20 %"},
      {"random_contrast { delta: 0.07 }", "contrast changed by up to 7 %"},
      {"random_saturation {}", "saturation changed by up to 20 %"},
      {"random_hue {}", "hue turned by up to 20°"},
      {"cutout {}", "a square blackened, 25 % of the shorter side"},
      {"mixup {}", "mixed with another sample, shares drawn from Beta(0.2, 0.2)"}};
  for (const auto& [text, expected] : words) EXPECT_EQ(augmentation_words(parse_augmentation(text)), expected);
}

class AugmentedTest : public PictureTest {
 protected:
  AugmentedTest() { write_pets(4, 4); }

  std::shared_ptr<const SampleSource> pets(const std::string& more, std::uint64_t seed = 1) const {
    OpenContext opened = context();
    opened.seed = seed;
    return open_at("image_folder { path: 'pets' } " + more, opened);
  }
};

TEST_F(AugmentedTest, DependsOnSeedEpochAndIndexAlone) {
  const std::string text = "augmentation { random_rotation {} } augmentation { random_brightness {} }";
  const auto source = pets(text), again = pets(text), other = pets(text, 2);
  EXPECT_EQ(source->variants(), 0);
  EXPECT_EQ(source->augmentation(), "turned by up to 15°; brightness changed by up to 20 %");
  EXPECT_EQ(draw(*source, 5, 3), draw(*again, 5, 3));
  EXPECT_FALSE(draw(*source, 5, 3) == draw(*other, 5, 3));
  EXPECT_FALSE(draw(*source, 5, 3) == draw(*source, 6, 3));
  Loader one(source, {.batch_size = 3, .threads = 1}), many(again, {.batch_size = 3, .threads = 4});
  for (int i = 0; i < 9; ++i) EXPECT_EQ(one.next().images, many.next().images);
}

TEST_F(AugmentedTest, MakesItsChangesInTheListedOrder) {
  // A black border before or after the picture is made brighter.
  const auto late = pets("augmentation { random_brightness { delta: 1 } } augmentation { random_crop { padding: 3 } }");
  const auto early =
      pets("augmentation { random_crop { padding: 3 } } augmentation { random_brightness { delta: 1 } }");
  int black_late = 0, black_early = 0;
  for (int i = 0; i < 80; ++i) {
    const auto blacks = [](const DrawnSample& sample) {
      return std::count(sample.image.begin(), sample.image.end(), 0.0F) > 0 &&
             *std::max_element(sample.image.begin(), sample.image.end()) > 0.9F;
    };
    black_late += blacks(draw(*late, static_cast<std::uint64_t>(i), 1));
    black_early += blacks(draw(*early, static_cast<std::uint64_t>(i), 1));
  }
  EXPECT_GT(black_late, 10);
  EXPECT_EQ(black_early, 0);
}

TEST_F(AugmentedTest, RepeatsItsVariants) {
  const auto source = pets("augmentation { random_rotation {} } variants: 3");
  EXPECT_EQ(source->variants(), 3);
  EXPECT_EQ(source->augmentation(), "turned by up to 15°; 3 variants of each sample");
  EXPECT_EQ(draw(*source, 1, 2), draw(*source, 4, 2));
  EXPECT_EQ(draw(*source, 0, 2), draw(*source, 300, 2));
  EXPECT_FALSE(draw(*source, 0, 2) == draw(*source, 1, 2));
  EXPECT_FALSE(draw(*source, 1, 2) == draw(*source, 2, 2));
  EXPECT_EQ(pets("variants: 3")->variants(), 1) << "nothing is random";
}

TEST_F(AugmentedTest, MixesSamplesAndTheirTruth) {
  const auto plain = pets(""), mixed = pets("augmentation { mixup { alpha: 1 } }");
  EXPECT_EQ(mixed->max_objects(), 2);
  EXPECT_EQ(mixed->mixed_samples(), 2);
  EXPECT_EQ(mixed->class_counts(), plain->class_counts());
  EXPECT_EQ(plain->plain(), nullptr);
  EXPECT_EQ(draw(*mixed->plain(), 0, 2), draw(*plain, 0, 2));
  std::set<std::int64_t> partners;
  for (std::uint64_t epoch = 0; epoch < 40; ++epoch) {
    const DrawnSample sample = draw(*mixed, epoch, 2);
    ASSERT_EQ(sample.objects.size(), 2U);
    EXPECT_EQ(sample.objects[0].label, 0);
    const float share = sample.objects[0].share;
    EXPECT_NEAR(share + sample.objects[1].share, 1, 1e-6);
    // Red is the picture's number: what was mixed in follows from it.
    const double red = value_at(sample, *mixed, 0, 0, 0) * 255;
    const double partner = (red - share * 2) / (1 - share);
    if (share > 0.95) continue;
    EXPECT_NEAR(partner, std::round(partner), 1e-2);
    EXPECT_NE(std::lround(partner), 2);
    EXPECT_EQ(sample.objects[1].label, partner < 3.5 ? 0 : 1);
    partners.insert(std::lround(partner));
    EXPECT_NEAR(value_at(sample, *mixed, 1, 3, 5), 48 / 255.0, 1e-5);
  }
  EXPECT_EQ(partners.size(), 7U) << "every other sample";
}

TEST_F(AugmentedTest, TruthAloneIsTheSameTruth) {
  const auto mixed = pets("augmentation { random_flip {} } augmentation { mixup {} }");
  for (std::uint64_t epoch = 0; epoch < 5; ++epoch) {
    const DrawnSample sample = draw(*mixed, epoch, 1);
    std::vector<Object> objects(2);
    int count = 0;
    mixed->draw(epoch, 1, {nullptr, objects.data(), &count, nullptr});
    ASSERT_EQ(count, 2);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(objects[i].label, sample.objects[i].label);
      EXPECT_EQ(objects[i].share, sample.objects[i].share);
    }
  }
}

TEST_F(AugmentedTest, CropsFromTheShortSide) {
  const std::string resizing = "resizing { mode: CROP_TO_ASPECT_RATIO short_side: 6 } ";
  OpenContext small = context({4, 4, 3});
  const auto cropped =
      open_at("image_folder { path: 'pets' } " + resizing + "augmentation { random_crop { padding: 0 } }", small);
  const auto middle = open_at("image_folder { path: 'pets' } " + resizing, small);
  EXPECT_EQ(value_at(draw(*middle, 0, 0), *middle, 2, 0, 0), 32 / 255.0F);  // column 2 of 8
  std::set<float> rows, columns;
  for (std::uint64_t epoch = 0; epoch < 100; ++epoch) {
    const DrawnSample sample = draw(*cropped, epoch, 0);
    rows.insert(value_at(sample, *cropped, 1, 0, 0));
    columns.insert(value_at(sample, *cropped, 2, 0, 0));
  }
  EXPECT_THAT(rows, ElementsAre(0, 16 / 255.0F, 32 / 255.0F));
  EXPECT_THAT(columns, ElementsAre(0, 16 / 255.0F, 32 / 255.0F, 48 / 255.0F, 64 / 255.0F));
}

TEST_F(AugmentedTest, ChangesSynthesizedSamplesToo) {
  write_sprites(20, 10);
  const auto plain = open_at(sprites_on(9, 11));
  const auto bright = open_at(sprites_on(9, 11, "", "augmentation { random_brightness {} }"));
  EXPECT_TRUE(bright->has_boxes());
  const DrawnSample before = draw(*plain, 4, 7), after = draw(*bright, 4, 7);
  EXPECT_EQ(after.objects[0].box.xmin, before.objects[0].box.xmin);
  EXPECT_EQ(after.mask, before.mask);
  EXPECT_NE(after.image, before.image);
  const auto flipped = open_at(sprites_on(9, 11, "", "augmentation { random_flip {} } variants: 2"));
  EXPECT_FALSE(flipped->has_boxes());
  EXPECT_EQ(flipped->variants(), 2);
  EXPECT_EQ(draw(*flipped, 2, 7), draw(*flipped, 0, 7)) << "places are drawn anew in each variant only";
  EXPECT_FALSE(draw(*flipped, 1, 7) == draw(*flipped, 0, 7));
  const auto repeated = open_at(sprites_on(9, 11, "", "variants: 2"));
  EXPECT_EQ(repeated->variants(), 2);
  EXPECT_EQ(draw(*repeated, 3, 7), draw(*plain, 1, 7));
  EXPECT_EQ(repeated->augmentation(), "");
}

}  // namespace
}  // namespace thaw
