// Real pretrained networks in bfloat16 and in 8-bit integers, beside f32: how many pictures they classify rightly.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "runner/data/data_file.h"
#include "runner/data/idx.h"
#include "runner/infer/calibrate.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;
using onnx_io::ElementType;
using onnx_io::Literal;

/// Pictures as networks want them, in batches of the same size, with their classes.
struct Pictures {
  std::vector<Literal> batches;
  std::vector<std::size_t> classes;  ///< of all pictures, in order
};

/// Collects pictures into batches.
class Batcher {
 public:
  Batcher(Shape shape, std::size_t limit) : shape_(std::move(shape)), limit_(limit) {}

  bool is_full() const { return pictures_.classes.size() >= limit_; }
  void add(const std::vector<double>& pixels, std::size_t class_number) {
    std::vector<Literal>& batches = pictures_.batches;
    const auto size = static_cast<std::size_t>(element_count(shape_));
    if (batches.empty() || batches.back().values.size() == size) batches.push_back({ElementType::kFloat32, shape_, {}});
    std::vector<double>& values = batches.back().values;
    values.insert(values.end(), pixels.begin(), pixels.end());
    pictures_.classes.push_back(class_number);
  }
  Pictures take() { return std::move(pictures_); }

 private:
  Shape shape_;
  std::size_t limit_;
  Pictures pictures_;
};

/// The class of each picture, by the scores [N, classes, ...].
std::vector<std::size_t> classes_of(const InferredTensor& scores) {
  const auto length = static_cast<std::ptrdiff_t>(scores.values.size()) / scores.shape.at(0);
  std::vector<std::size_t> found;
  for (auto row = scores.values.begin(); row != scores.values.end(); row += length) {
    found.push_back(static_cast<std::size_t>(std::max_element(row, row + length) - row));
  }
  return found;
}

/// How many pictures a network classifies rightly, computing in each precision.
struct Correct {
  int fp32 = 0, bf16 = 0, int8 = 0;
};

class PrecisionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = getenv("THAW_DATA");
    data_ = data ? data : "";
    if (!data || !fs::exists(data_ / "models")) GTEST_SKIP() << "set THAW_DATA to a folder with models";
  }

  static int count_correct(OnnxProgram& network, const Pictures& pictures) {
    int correct = 0;
    std::size_t next = 0;
    for (const Literal& batch : pictures.batches) {
      for (const std::size_t found : classes_of(network.run({batch})[0])) correct += found == pictures.classes[next++];
    }
    return correct;
  }

  /// Runs the network on `test` in each precision, int8 calibrated on `training`, and prints what it finds.
  Correct measure(const std::string& name, const Pictures& training, const Pictures& test) {
    const OnnxFile model = OnnxFile::open((data_ / "models" / name).string());
    const std::vector<Literal> like{test.batches[0]};
    OnnxProgram fp32(model, like, device_);
    Calibrator calibrator(fp32.program());
    for (const Literal& batch : training.batches) fp32.run({batch}, calibrator);
    OnnxProgram bf16(model, like, device_, {Precision::kBFloat16, nullptr});
    OnnxProgram int8(model, like, device_,
                     {Precision::kInt8, std::make_shared<const Calibration>(calibrator.calibration())});
    const Correct found{count_correct(fp32, test), count_correct(bf16, test), count_correct(int8, test)};
    std::cout << name << ", right of " << test.classes.size() << ": fp32 " << found.fp32 << ", bf16 " << found.bf16
              << ", int8 " << found.int8 << " (calibrated on " << training.classes.size() << ")\n";
    return found;
  }

  fs::path data_;
  std::shared_ptr<Device> device_ = make_cpu_device(2);
};

/// Pixels of 0..255 as networks for CIFAR-10 want them, planes of red, green, blue.
std::vector<double> normalized(const std::uint8_t* planes) {
  const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
  std::vector<double> pixels(3 * 1024);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = (planes[i] / 255.0 - mean[i / 1024]) / deviation[i / 1024];
  return pixels;
}

Pictures mnist(const fs::path& folder, const std::string& part, std::size_t limit) {
  const IdxImages images = read_idx_images((folder / (part + "-images-idx3-ubyte.gz")).string(), "images");
  const IdxLabels labels = read_idx_labels((folder / (part + "-labels-idx1-ubyte.gz")).string(), "labels");
  Batcher batcher({1, 1, 28, 28}, limit);  // the model's own batch
  for (std::int64_t i = 0; i < images.count && !batcher.is_full(); ++i) {
    const std::uint8_t* pixels = images.pixels.get() + i * 784;
    batcher.add({pixels, pixels + 784}, labels.all()[static_cast<std::size_t>(i)]);
  }
  return batcher.take();
}

TEST_F(PrecisionTest, MnistNetwork) {
  const fs::path folder = data_ / "mnist";
  if (!fs::exists(folder / "t10k-images-idx3-ubyte.gz")) GTEST_SKIP() << "no mnist in THAW_DATA";
  const Correct found = measure("mnist_cnn.onnx", mnist(folder, "train", 512), mnist(folder, "t10k", 10000));
  EXPECT_EQ(found.fp32, 9891);
  EXPECT_GE(found.bf16, 9881);
  EXPECT_GE(found.int8, 9881);
}

/// The first half of the lossless pictures calibrates as well: they are all training pictures.
TEST_F(PrecisionTest, ResNetOnLosslessPictures) {
  const fs::path path = data_ / "cifar10" / "cifar10_lossless_2000.bin.gz";
  if (!fs::exists(path)) GTEST_SKIP() << "no cifar10/cifar10_lossless_2000.bin.gz in THAW_DATA";
  DataFile file(path.string(), "pictures");
  Batcher training({100, 3, 32, 32}, 500), all({100, 3, 32, 32}, 2000);
  std::vector<std::uint8_t> record(1 + 3 * 1024);
  while (file.read(record) == record.size()) {
    const auto pixels = normalized(record.data() + 1);
    if (!training.is_full()) training.add(pixels, record[0]);
    all.add(pixels, record[0]);
  }
  const Correct found = measure("resnet20_cifar10.onnx", training.take(), all.take());
  EXPECT_EQ(found.fp32, 1997);
  EXPECT_GE(found.bf16, 1990);
  EXPECT_GE(found.int8, 1990);
}

/// Pictures of one part of the archive, unpacked: so many of each class.
Pictures cifar_jpegs(const fs::path& folder, std::size_t of_each) {
  std::vector<fs::path> classes(fs::directory_iterator(folder), {});
  std::sort(classes.begin(), classes.end());
  Batcher batcher({100, 3, 32, 32}, of_each * classes.size());
  for (std::size_t number = 0; number < classes.size(); ++number) {
    std::vector<fs::path> files(fs::directory_iterator(classes[number]), {});
    std::sort(files.begin(), files.end());
    files.resize(std::min(files.size(), of_each));
    for (const fs::path& file : files) {
      const cv::Mat picture = cv::imread(file.string(), cv::IMREAD_COLOR);
      std::vector<std::uint8_t> planes;
      for (const int channel : {2, 1, 0}) {  // OpenCV has blue first
        cv::Mat plane;
        cv::extractChannel(picture, plane, channel);
        planes.insert(planes.end(), plane.datastart, plane.dataend);
      }
      batcher.add(normalized(planes.data()), number);
    }
  }
  return batcher.take();
}

TEST_F(PrecisionTest, ResNetOnJpegPictures) {
  const fs::path archive = data_ / "cifar10" / "cifar10_jpg.tar.gz";
  if (!fs::exists(archive)) GTEST_SKIP() << "no cifar10/cifar10_jpg.tar.gz in THAW_DATA";
  const fs::path folder = fs::path(::testing::TempDir()) / "thaw_cifar10_jpg";
  fs::create_directories(folder);
  ASSERT_EQ(system(("tar -xzf '" + archive.string() + "' -C '" + folder.string() + "'").c_str()), 0);
  const Pictures training = cifar_jpegs(folder / "train", 50), test = cifar_jpegs(folder / "test", 500);
  fs::remove_all(folder);
  const Correct found = measure("resnet20_cifar10.onnx", training, test);
  EXPECT_EQ(found.fp32, 4051);
  EXPECT_GE(found.bf16, 4026);
  EXPECT_GE(found.int8, 4026);
}

/// What a network for photographs wants.
struct PhotoNetwork {
  std::string name;
  int extent;  ///< height and width
  bool is_blue_first;
  double scale;                 ///< pixel * scale - shift
  std::array<double, 3> shift;  ///< in the network's order of channels
};

/// The middle square of a photograph.
Literal photo(const fs::path& path, const PhotoNetwork& network) {
  cv::Mat picture = cv::imread(path.string(), cv::IMREAD_COLOR);
  const int side = std::min(picture.rows, picture.cols);
  picture = picture(cv::Rect((picture.cols - side) / 2, (picture.rows - side) / 2, side, side));
  cv::resize(picture, picture, cv::Size(network.extent, network.extent), 0, 0, cv::INTER_AREA);
  Literal tensor{ElementType::kFloat32, {1, 3, network.extent, network.extent}, {}};
  for (std::size_t c = 0; c < 3; ++c) {
    cv::Mat plane;
    cv::extractChannel(picture, plane, static_cast<int>(network.is_blue_first ? c : 2 - c));
    std::for_each(plane.datastart, plane.dataend,
                  [&](std::uint8_t pixel) { tensor.values.push_back(pixel * network.scale - network.shift[c]); });
  }
  return tensor;
}

/// Every `step`th file below the folder, at most `limit`.
std::vector<OnnxBatch> photos(const fs::path& folder, const PhotoNetwork& network, std::size_t step,
                              std::size_t limit) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg" || entry.path().extension() == ".png") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<OnnxBatch> batches;
  for (std::size_t i = 0; i < files.size() && batches.size() < limit; i += step) {
    batches.push_back({photo(files[i], network)});
  }
  return batches;
}

void print(const std::string& what, const OutputLoss& loss) {
  std::cout << what << " " << loss.name << ": off by up to " << 100 * loss.largest << " % of the largest value, "
            << 100 * loss.rms << " % root mean square; another class in " << loss.changed << " of " << loss.decisions
            << '\n';
}

/// Networks for photographs, calibrated on ants and bees, tried on other photographs.
TEST_F(PrecisionTest, PhotographsLookTheSame) {
  if (!fs::exists(data_ / "hymenoptera")) GTEST_SKIP() << "no hymenoptera in THAW_DATA";
  const double unit = 1 / 127.5;
  const std::vector<PhotoNetwork> networks{{"mobilenet_v1_025_224.onnx", 224, false, unit, {1, 1, 1}},
                                           {"squeezenet1.1.onnx", 227, true, 1, {104, 117, 123}},
                                           {"deeplabv3_mnv2_voc.onnx", 257, false, unit, {1, 1, 1}},
                                           {"ssd_mobilenet_v1_coco.onnx", 300, false, unit, {1, 1, 1}}};
  for (const PhotoNetwork& network : networks) {
    const OnnxFile model = OnnxFile::open((data_ / "models" / network.name).string());
    const auto training = photos(data_ / "hymenoptera", network, 6, 40);
    auto test = photos(data_ / "sample_images", network, 1, 5);
    for (auto& batch : photos(data_ / "coco_train26", network, 1, 26)) test.push_back(std::move(batch));
    const InferPrecision int8{Precision::kInt8, calibrate(model, training, device_)};
    for (const auto& [name, precision] : {std::pair("bf16", InferPrecision{Precision::kBFloat16}), {"int8", int8}}) {
      for (const OutputLoss& loss : measure_losses(model, test, precision, device_)) {
        print(network.name + " in " + name, loss);
        // bfloat16 has 8 bits too, but a step for each number; MobileNet v1 0.25 is small and deep.
        EXPECT_LE(loss.rms, network.name.find("025") != std::string::npos ? 0.3 : 0.12);
        EXPECT_LE(loss.changed, loss.decisions / (network.name.find("025") != std::string::npos ? 3 : 12));
      }
    }
  }
}

}  // namespace
}  // namespace thaw
