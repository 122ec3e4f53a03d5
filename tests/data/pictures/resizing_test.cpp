#include "runner/data/pictures/resizing.h"

#include "schemas/diagnostic.h"
#include "tests/data/picture_files.h"

namespace thaw {
namespace {

PictureFit fit_to(PictureExtent input, const std::string& resizing = {}, bool keeps_margin = false) {
  PictureFit fit{{}, input, keeps_margin};
  parse_text(resizing, "test", fit.resizing);
  return fit;
}

cv::Mat grey(int height, int width, const std::vector<int>& values) {
  cv::Mat picture(height, width, CV_8UC1);
  for (int i = 0; i < height * width; ++i)
    picture.data[i] = static_cast<std::uint8_t>(values[static_cast<std::size_t>(i)]);
  return picture;
}

std::vector<int> values_of(const cv::Mat& picture) {
  std::vector<int> values;
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols * picture.channels(); ++x) values.push_back(picture.ptr(y)[x]);
  }
  return values;
}

// Every pixel its column.
cv::Mat columns(int height, int width) {
  cv::Mat picture(height, width, CV_8UC1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) picture.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(x);
  }
  return picture;
}

using ::testing::Each;
using ::testing::ElementsAre;

TEST(Resizing, ShrinksByAreaAverages) {
  EXPECT_THAT(values_of(fit_picture(grey(2, 4, {0, 10, 20, 30, 40, 50, 60, 70}), fit_to({1, 2, 1}))),
              ElementsAre(25, 45));
  // 3 to 2: each new pixel covers one and a half.
  EXPECT_THAT(values_of(fit_picture(grey(1, 3, {0, 90, 30}), fit_to({1, 2, 1}))), ElementsAre(30, 50));
}

TEST(Resizing, GrowsBilinearly) {
  EXPECT_THAT(values_of(fit_picture(grey(1, 2, {0, 100}), fit_to({1, 4, 1}))), ElementsAre(0, 25, 75, 100));
}

TEST(Resizing, ShrinksOneWayAndGrowsTheOther) {
  EXPECT_THAT(values_of(fit_picture(grey(4, 2, {0, 100, 0, 100, 40, 20, 0, 60}), fit_to({2, 4, 1}))),
              ElementsAre(0, 25, 75, 100, 20, 25, 35, 40));
}

TEST(Resizing, LeavesPicturesOfTheRightSizeAlone) {
  const cv::Mat picture = numbered_picture(3);
  EXPECT_EQ(values_of(fit_picture(picture, fit_to({6, 8, 3}))), values_of(picture));
  for (const char* mode :
       {"mode: CROP_TO_ASPECT_RATIO", "mode: PAD_TO_ASPECT_RATIO", "mode: CROP_TO_ASPECT_RATIO short_side: 6"}) {
    EXPECT_EQ(values_of(fit_picture(picture, fit_to({6, 8, 3}, mode))), values_of(picture)) << mode;
  }
}

TEST(Resizing, CropsTheMiddleThatHasTheInputsProportions) {
  EXPECT_THAT(values_of(fit_picture(columns(2, 8), fit_to({2, 2, 1}, "mode: CROP_TO_ASPECT_RATIO"))),
              ElementsAre(3, 4, 3, 4));
  cv::Mat tall;
  cv::transpose(columns(2, 9), tall);
  EXPECT_THAT(values_of(fit_picture(tall, fit_to({1, 1, 1}, "mode: CROP_TO_ASPECT_RATIO"))), ElementsAre(4));
  // Half the size: the middle 4 x 4 of 8, averaged by twos.
  EXPECT_THAT(values_of(fit_picture(columns(4, 8) * 10, fit_to({2, 2, 1}, "mode: CROP_TO_ASPECT_RATIO"))),
              ElementsAre(25, 45, 25, 45));
}

TEST(Resizing, PadsWithBlack) {
  EXPECT_THAT(values_of(fit_picture(grey(1, 4, {80, 80, 80, 80}), fit_to({4, 4, 1}, "mode: PAD_TO_ASPECT_RATIO"))),
              ElementsAre(0, 0, 0, 0, 80, 80, 80, 80, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(
      values_of(fit_picture(grey(4, 2, {9, 9, 9, 9, 9, 9, 9, 9}), fit_to({2, 3, 1}, "mode: PAD_TO_ASPECT_RATIO"))),
      ElementsAre(0, 9, 0, 0, 9, 0));
}

TEST(Resizing, CutsTheInputOutOfTheShortSide) {
  const std::string short_side = "mode: CROP_TO_ASPECT_RATIO short_side: 4";
  EXPECT_THAT(values_of(fit_picture(columns(4, 8), fit_to({2, 2, 1}, short_side))), ElementsAre(3, 4, 3, 4));
  const cv::Mat whole = fit_picture(columns(8, 16), fit_to({2, 2, 1}, short_side, true));
  EXPECT_EQ(whole.size(), cv::Size(8, 4));
  EXPECT_EQ(values_of(middle_of(whole, {2, 2})), values_of(fit_picture(columns(8, 16), fit_to({2, 2, 1}, short_side))));
}

TEST(Resizing, RefusesPicturesThatWouldBecomeHuge) {
  try {
    fit_picture(cv::Mat(1, 60'000, CV_8UC1, cv::Scalar(0)),
                fit_to({64, 64, 1}, "mode: CROP_TO_ASPECT_RATIO short_side: 64"));
    FAIL() << "made it";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "is too elongated: 60000 x 1 pixels would have more than 200000000 with a short side of 64");
  }
}

TEST(Resizing, MakesGreyAndColour) {
  const cv::Mat colour(1, 1, CV_8UC3, cv::Scalar(200, 100, 50));
  EXPECT_THAT(values_of(fit_picture(colour, fit_to({1, 1, 1}))), ElementsAre(124));  // 0.299, 0.587, 0.114
  EXPECT_THAT(values_of(fit_picture(grey(1, 2, {7, 9}), fit_to({1, 2, 3}))), ElementsAre(7, 7, 7, 9, 9, 9));
  // A grey picture that was stored in colour comes out as it went in.
  for (int value = 0; value < 256; ++value) {
    const cv::Mat stored(2, 2, CV_8UC3, cv::Scalar::all(value));
    EXPECT_THAT(values_of(fit_picture(stored, fit_to({2, 2, 1}))), Each(value));
  }
}

}  // namespace
}  // namespace thaw
