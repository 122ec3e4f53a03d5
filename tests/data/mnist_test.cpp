#include <cstdlib>
#include <filesystem>

#include "tests/data/source_test.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

class MnistTest : public SourceTest {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("THAW_DATA");
    if (folder != nullptr) folder_of_data_ = folder;
    const bool is_there = std::filesystem::exists(folder_of_data_ + "/mnist/train-images-idx3-ubyte.gz");
    if (!is_there) GTEST_SKIP() << "needs MNIST: set THAW_DATA to a folder that has mnist/train-images-idx3-ubyte.gz";
  }

  std::shared_ptr<const SampleSource> open_mnist(const std::string& split) const {
    const Source source = parse("synthesis { canvas { height: 75 width: 75 } sprites { idx { images: 'mnist/" + split +
                                "-images-idx3-ubyte.gz' labels: 'mnist/" + split + "-labels-idx1-ubyte.gz' } } }");
    std::vector<SourceError> errors;
    auto opened = open_source(source, {.roots = {{folder_of_data_}}, .split = split}, errors);
    for (const SourceError& error : errors) ADD_FAILURE() << error.field << ": " << error.message;
    if (opened == nullptr) throw std::runtime_error("no MNIST");
    return opened;
  }

  std::string folder_of_data_;
};

// The counts that MNIST is known for.
TEST_F(MnistTest, HasItsSamplesByClass) {
  EXPECT_THAT(open_mnist("train")->class_counts(),
              ElementsAre(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949));
  EXPECT_THAT(open_mnist("t10k")->class_counts(), ElementsAre(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009));
}

TEST_F(MnistTest, PlacesTheDigitWithinItsBox) {
  const auto source = open_mnist("t10k");
  for (std::int64_t i = 0; i < 100; ++i) {
    const DrawnSample sample = draw(*source, 0, i);
    const PixelBox box = pixel_box(sample.objects.at(0).box, *source);
    EXPECT_EQ(box.width, 28);
    EXPECT_EQ(box.height, 28);
    double within = 0, all = 0;
    for (int y = 0; y < 75; ++y) {
      for (int x = 0; x < 75; ++x) {
        all += sample.image[y * 75 + x];
        const bool is_within = x >= box.x && x < box.x + 28 && y >= box.y && y < box.y + 28;
        within += is_within ? sample.image[y * 75 + x] : 0;
      }
    }
    EXPECT_EQ(within, all) << i;
    EXPECT_GT(all, 15) << i;
  }
}

}  // namespace
}  // namespace thaw
