#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "reports/pages.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kPageBudget = 2'000'000;

int count_of(const std::string& page, const std::string& wanted) {
  int count = 0;
  for (std::size_t at = 0; (at = page.find(wanted, at)) != std::string::npos; at += wanted.size()) ++count;
  return count;
}

// A photograph is not still, but has smooth places: sums of waves and a little noise.
cv::Mat photograph(int width, int height, int number) {
  cv::Mat picture(height, width, CV_8UC3);
  cv::RNG random(static_cast<std::uint64_t>(number) + 1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double wave = std::sin(x * 0.05 * (c + 1) + number) + std::sin(y * 0.07 * (c + 1) - number);
        picture.at<cv::Vec3b>(y, x)[c] = cv::saturate_cast<unsigned char>(128 + 50 * wave + random.gaussian(6));
      }
    }
  }
  return picture;
}

// The n-th embedded picture.
cv::Mat embedded(const std::string& page, int n) {
  const std::string mark = "data:image/jpeg;base64,";
  std::size_t at = 0;
  for (int i = 0; i <= n; ++i) at = page.find(mark, at) + mark.size();
  const std::string text = page.substr(at, page.find('"', at) - at);
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned char> bytes;
  unsigned group = 0, bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    group = group << 6 | static_cast<unsigned>(digits.find(c));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<unsigned char>(group >> bits & 255));
  }
  return cv::imdecode(bytes, cv::IMREAD_COLOR);
}

TEST(ReportPictures, HasRoomForAllPhotographs) {
  const TemporaryFolder folder;
  const std::string run = write_run(folder / "run", finished_run({}));
  int number = 0;
  for (const auto& file : std::filesystem::directory_iterator(run + "/samples")) {
    const bool is_large = ++number % 4 == 0;
    cv::imwrite(file.path(), is_large ? photograph(640, 480, number) : photograph(224, 224, number));
    EXPECT_GT(std::filesystem::file_size(file.path()), 60'000u) << "as large as a photograph";
  }
  const std::string page = render_report(run);
  EXPECT_LT(page.size(), kPageBudget);
  EXPECT_EQ(count_of(page, "data:image/jpeg;base64,"), 24 + 12 + 16);
  EXPECT_THAT(page, Not(HasSubstr("more pictures are in the run folder")));
  for (int n = 0; n < 8; ++n) {
    const cv::Mat shown = embedded(page, n);
    EXPECT_TRUE(shown.size() == cv::Size(224, 224) || shown.size() == cv::Size(256, 192)) << shown.size();
  }
}

TEST(ReportPictures, CountsPicturesThatAreTooLargeToShow) {
  const TemporaryFolder folder;
  const std::string run = write_run(folder / "run", finished_run({}));
  std::string noise = "\x89PNG\r\n\x1a\n";
  for (unsigned i = 0; i < 500'000; ++i) noise += static_cast<char>(i * 7919 >> 5);
  for (const auto& file : std::filesystem::directory_iterator(run + "/samples")) {
    std::ofstream(file.path(), std::ios::binary) << noise;
  }
  const std::string page = render_report(run);
  EXPECT_EQ(count_of(page, "data:image"), 0);
  EXPECT_THAT(page, HasSubstr("36 more pictures are in the run folder's samples"));
  EXPECT_THAT(page, HasSubstr("For 16 of its pictures this page has no room."));
}

TEST(Report, CountsSamplesWhereEachIsOfOneClass) {
  auto events = finished_run({});
  for (DataSet& data : *events[0].mutable_started()->mutable_data()) {
    data.clear_class_count();
    data.add_class_count(data.samples() - 7);
    data.add_class_count(7);
  }
  const TemporaryFolder folder;
  EXPECT_THAT(render_report(write_run(folder / "one", events)), HasSubstr("Samples of each class"));
  events[0].mutable_started()->mutable_data(0)->set_class_count(1, 8);
  EXPECT_THAT(render_report(write_run(folder / "several", events)), HasSubstr("Objects of each class"));
}

}  // namespace
}  // namespace thaw::test
