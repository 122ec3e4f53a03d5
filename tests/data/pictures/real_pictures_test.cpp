// Pictures of the world: skipped where THAW_DATA does not name a folder that has them.
#include <cstdlib>
#include <fstream>

#include "runner/data/open_data.h"
#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RealPicturesTest : public PictureTest {
 protected:
  // Skips the test where `path` is not in $THAW_DATA.
  bool has(const std::string& path) {
    const char* folder = std::getenv("THAW_DATA");
    folder_of_data_ = folder == nullptr ? "" : folder;
    return !folder_of_data_.empty() && std::filesystem::exists(folder_of_data_ + "/" + path);
  }

  OpenedData open_real(const std::string& text, PictureExtent input) const {
    Data data;
    const ParsedText parsed = parse_text(text, "test", data);
    for (const Diagnostic& finding : parsed.findings) ADD_FAILURE() << finding.text();
    std::vector<SourceError> errors;
    OpenedData opened = open_data(data, {.roots = {{folder_of_data_, folder_}}, .input = input}, errors);
    for (const SourceError& error : errors) ADD_FAILURE() << error.field << ": " << error.message;
    if (opened.train == nullptr) throw std::runtime_error("no data");
    return opened;
  }

  std::string folder_of_data_;
};

#define SKIP_WITHOUT(path) \
  if (!has(path)) GTEST_SKIP() << "needs " << (path) << ": set THAW_DATA to a folder that has it"

std::vector<double> channel_means(const SampleSource& source) {
  std::vector<double> means(static_cast<std::size_t>(source.channels()));
  const std::size_t plane = static_cast<std::size_t>(source.height()) * static_cast<std::size_t>(source.width());
  for (std::int64_t i = 0; i < source.size(); ++i) {
    const DrawnSample sample = draw(source, 0, i);
    for (std::size_t k = 0; k < sample.image.size(); ++k) means[k / plane] += sample.image[k];
  }
  for (double& mean : means) mean /= static_cast<double>(plane) * static_cast<double>(source.size());
  return means;
}

TEST_F(RealPicturesTest, SplitsAntsFromBees) {
  SKIP_WITHOUT("hymenoptera/train");
  const OpenedData data = open_real(
      "train { image_folder { path: 'hymenoptera/train' } resizing { mode: CROP_TO_ASPECT_RATIO short_side: 128 } } "
      "validation_split: 0.25",
      {112, 112, 3});
  EXPECT_THAT(data.warnings, IsEmpty());
  EXPECT_THAT(data.train->class_names(), ElementsAre("ants", "bees"));
  EXPECT_THAT(data.train->class_counts(), ElementsAre(92, 91));
  EXPECT_THAT(data.validation->class_counts(), ElementsAre(31, 30));
  EXPECT_THAT(channel_means(*data.validation), Each(::testing::AllOf(::testing::Gt(0.2), ::testing::Lt(0.7))));
}

// Of 50,000 training pictures the means are known to be 0.4914, 0.4822, 0.4465; these are the first 2,000.
TEST_F(RealPicturesTest, ReadsCifar10) {
  SKIP_WITHOUT("cifar10/cifar10_lossless_2000.bin.gz");
  const OpenedData data = open_real("train { cifar10 { path: 'cifar10/cifar10_lossless_2000.bin.gz' } }", {32, 32, 3});
  EXPECT_EQ(data.train->size(), 2000);
  EXPECT_THAT(labels_of(draw(*data.train, 0, 0)), ElementsAre(6)) << "the first picture shows a frog";
  EXPECT_THAT(channel_means(*data.train),
              ElementsAre(::testing::DoubleNear(0.4914, 0.01), ::testing::DoubleNear(0.4822, 0.01),
                          ::testing::DoubleNear(0.4465, 0.01)));
}

TEST_F(RealPicturesTest, ReadsMnistAsItIs) {
  SKIP_WITHOUT("mnist/t10k-images-idx3-ubyte.gz");
  const OpenedData data = open_real(
      "train { idx { images: 'mnist/t10k-images-idx3-ubyte.gz' labels: 'mnist/t10k-labels-idx1-ubyte.gz' } take: 1000 "
      "}",
      {28, 28, 1});
  // 1/10 of 980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009.
  const auto counts = data.train->class_counts();
  const std::vector<double> quotas = {98, 113.5, 103.2, 101, 98.2, 89.2, 95.8, 102.8, 97.4, 100.9};
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(static_cast<double>(counts[i]), quotas[i], 1) << i;
  EXPECT_THAT(channel_means(*data.train), ElementsAre(::testing::DoubleNear(0.1325, 0.005)));
}

// The JPEG pictures are the binary file's, seen through a lossy copy: order and colours must be the same.
TEST_F(RealPicturesTest, ReadsTwentyThousandJpegs) {
  SKIP_WITHOUT("cifar10/cifar10_jpg.tar.gz");
  ASSERT_EQ(std::system(("tar xzf '" + folder_of_data_ + "/cifar10/cifar10_jpg.tar.gz' -C '" + folder_ + "'").c_str()),
            0);
  const OpenedData data = open_real(
      "train { image_folder { path: 'train' } take: 2000 } validation { image_folder { path: 'test' } take: 500 } "
      "allow_leakage: true",
      {32, 32, 3});
  EXPECT_THAT(data.train->class_counts(), Each(200));
  EXPECT_THAT(data.validation->class_counts(), Each(50));
  EXPECT_THAT(data.train->class_names(),
              ElementsAre("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"));
  EXPECT_THAT(channel_means(*data.train),
              ElementsAre(::testing::DoubleNear(0.4914, 0.015), ::testing::DoubleNear(0.4822, 0.015),
                          ::testing::DoubleNear(0.4465, 0.015)));
}

}  // namespace
}  // namespace thaw
