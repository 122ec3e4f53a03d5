// Real pretrained networks: they give the outputs that other engines gave, and classify as well as they are known to.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runner/data/data_file.h"
#include "runner/data/idx.h"
#include "runner/infer/infer.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using onnx_io::Literal;

class RealModelsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = getenv("THAW_DATA");
    data_ = data ? data : "";
    if (!data || !fs::exists(data_ / "models" / "golden_outputs.json")) {
      GTEST_SKIP() << "set THAW_DATA to a folder with models/golden_outputs.json";
    }
  }
  OnnxFile model(const std::string& name) const { return OnnxFile::open((data_ / "models" / name).string()); }

  fs::path data_;
  std::shared_ptr<Device> device_ = make_cpu_device(2);
};

/// The file's own rule: a linear congruential generator, scaled.
Literal golden_input(const json& model) {
  Literal input;
  input.shape = model.at("input_shape").get<Shape>();
  const auto scale = model.at("input_scale").get<float>(), offset = model.at("input_offset").get<float>();
  std::uint64_t state = 12345;
  for (std::int64_t i = 0; i < element_count(input.shape); ++i) {
    state = (1103515245 * state + 12345) % (std::uint64_t{1} << 31);
    const auto unit = static_cast<float>(2.0 * static_cast<double>(state) / 2147483648.0 - 1);
    input.values.push_back(static_cast<double>(unit * scale + offset));
  }
  return input;
}

void expect_output(const InferredTensor& found, const json& expected) {
  ASSERT_EQ(found.shape, expected.at("shape").get<Shape>());
  double sum = 0, abs_sum = 0, largest = 0;
  for (const float value : found.values) {
    sum += value;
    abs_sum += std::abs(value);
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  const auto first = expected.at("first8").get<std::vector<double>>();
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_NEAR(found.values[i], first[i], 1e-5 * largest) << "element " << i;
  EXPECT_NEAR(sum, expected.at("sum").get<double>(), 1e-5 * abs_sum);
  EXPECT_NEAR(abs_sum, expected.at("abs_sum").get<double>(), 1e-5 * abs_sum);
  if (expected.contains("argmax")) {
    const auto top = std::max_element(found.values.begin(), found.values.end()) - found.values.begin();
    EXPECT_EQ(top, expected.at("argmax").get<std::ptrdiff_t>());
  }
}

TEST_F(RealModelsTest, GiveTheOutputsOfOtherEngines) {
  std::ifstream file(data_ / "models" / "golden_outputs.json");
  const json golden = json::parse(file);
  int outputs = 0;
  for (const auto& [name, expected] : golden.at("models").items()) {
    for (const InferredTensor& found : infer(model(name), {golden_input(expected)}, device_)) {
      SCOPED_TRACE(name + ", " + found.name);
      expect_output(found, expected.at("outputs").at(found.name));
      ++outputs;
    }
  }
  EXPECT_GE(outputs, 8);
}

std::size_t class_of(const InferredTensor& scores) {
  return static_cast<std::size_t>(std::max_element(scores.values.begin(), scores.values.end()) - scores.values.begin());
}

TEST_F(RealModelsTest, MnistNetworkClassifiesTheTestSet) {
  const fs::path folder = data_ / "mnist";
  if (!fs::exists(folder / "t10k-images-idx3-ubyte.gz"))
    GTEST_SKIP() << "no mnist/t10k-images-idx3-ubyte.gz in THAW_DATA";
  const IdxImages images = read_idx_images((folder / "t10k-images-idx3-ubyte.gz").string(), "images");
  const IdxLabels labels = read_idx_labels((folder / "t10k-labels-idx1-ubyte.gz").string(), "labels");
  Literal picture{onnx_io::ElementType::kFloat32, {1, 1, 28, 28}, std::vector<double>(784)};
  OnnxProgram network(model("mnist_cnn.onnx"), {picture}, device_);
  int correct = 0;
  for (std::int64_t i = 0; i < images.count; ++i) {
    std::copy_n(images.pixels.get() + i * 784, 784, picture.values.begin());
    correct += class_of(network.run({picture})[0]) == labels.all()[static_cast<std::size_t>(i)];
  }
  EXPECT_EQ(images.count, 10000);
  EXPECT_EQ(correct, 9891);
}

TEST_F(RealModelsTest, ResNetClassifiesCifarPictures) {
  const fs::path path = data_ / "cifar10" / "cifar10_lossless_2000.bin.gz";
  if (!fs::exists(path)) GTEST_SKIP() << "no cifar10/cifar10_lossless_2000.bin.gz in THAW_DATA";
  constexpr std::size_t kPixels = 3 * 32 * 32;
  const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
  DataFile file(path.string(), "pictures");
  Literal picture{onnx_io::ElementType::kFloat32, {1, 3, 32, 32}, std::vector<double>(kPixels)};
  OnnxProgram network(model("resnet20_cifar10.onnx"), {picture}, device_);
  std::vector<std::uint8_t> record(1 + kPixels);
  int count = 0, correct = 0;
  for (; file.read(record) == record.size(); ++count) {
    for (std::size_t i = 0; i < kPixels; ++i) {
      picture.values[i] = (record[i + 1] / 255.0 - mean[i / 1024]) / deviation[i / 1024];
    }
    correct += class_of(network.run({picture})[0]) == record[0];
  }
  EXPECT_EQ(count, 2000);
  EXPECT_EQ(correct, 1997);
}

}  // namespace
}  // namespace thaw
