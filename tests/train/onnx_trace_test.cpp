// Fine-tuning a real network step by step as PyTorch does in double precision: batch statistics, Nesterov, a new head.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "runner/data/data_file.h"
#include "tests/train/experiment_text.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

const char kExperiment[] = R"(
  model {
    input { height: 32 width: 32 channels: 3 }
    layer { rescaling { scale: [4.36681222707, 4.46428571429, 4.44444444444]
                        offset: [-2.11790393013, -2.03571428571, -1.80444444444] } }
    layer { name: "trunk" onnx { path: "resnet20" until: "flatten" constant: "*.shortcut_const.weight" } }
    layer { name: "class" dense { units: 2 activation: SOFTMAX kernel_initializer: ZEROS } }
  }
  train {
    batch_size: 64
    optimizer { sgd { momentum: 0.9 nesterov: true } }
    loss { output: "class" categorical_cross_entropy {} }
  })";

/// Records `first` to `first` + 63 of CIFAR-10: an animal (1) or a vehicle (0).
Batch cifar_batch(const std::vector<std::uint8_t>& records, std::size_t first) {
  constexpr std::size_t kPixels = 3 * 32 * 32;
  Batch batch;
  batch.capacity = batch.count = 64;
  batch.images.resize(64 * kPixels);
  batch.objects.resize(64);
  batch.object_counts.assign(64, 1);
  batch.weights.assign(64, 1);
  for (std::size_t n = 0; n < 64; ++n) {
    const std::uint8_t* record = records.data() + (first + n) * (1 + kPixels);
    batch.objects[n].label = record[0] >= 2 && record[0] <= 7;
    for (std::size_t i = 0; i < kPixels; ++i) batch.images[n * kPixels + i] = static_cast<float>(record[1 + i]) / 255;
  }
  return batch;
}

double sum_of(const Session& session, const std::string& name) {
  const auto values = tensor_of(session, name);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST(OnnxTrace, BatchStatisticsAndNesterovAsInPyTorch) {
  const char* data = getenv("THAW_DATA");
  const fs::path root = data ? data : "";
  for (const char* name :
       {"models/resnet20_cifar10.onnx", "metrics/training_traces.json", "cifar10/cifar10_lossless_2000.bin.gz"}) {
    if (!data || !fs::exists(root / name)) GTEST_SKIP() << "THAW_DATA has no " << name;
  }
  std::ifstream file(root / "metrics/training_traces.json");
  const auto trace = nlohmann::json::parse(file).at("cases").at("all_nesterov_bn_train");
  std::vector<std::uint8_t> records(512 * (1 + 3 * 32 * 32));
  DataFile pictures((root / "cifar10/cifar10_lossless_2000.bin.gz").string(), "pictures");
  ASSERT_EQ(pictures.read(records), records.size());
  const ModelFiles files{
      {"resnet20", std::make_shared<const OnnxFile>(OnnxFile::open((root / "models/resnet20_cifar10.onnx").string()))}};

  Session session = session_of(experiment_of(kExperiment), files);
  EXPECT_EQ(session.training().model.layers[1].trainable_parameters + 2 * 64 + 2,
            269722 - 650 + 2 * 64 + 2);  // all of the network's but its own head's
  const auto losses = trace.at("step_losses").get<std::vector<double>>();
  ASSERT_EQ(losses.size(), 16U);
  for (std::size_t step = 0; step < losses.size(); ++step) {
    const double loss =
        session.train_step(cifar_batch(records, step * 64 % 512), 0.01, static_cast<std::int64_t>(step) + 1, 1).loss;
    EXPECT_NEAR(loss, losses[step], 1e-3 * losses[step]) << "step " << step;
  }
  for (const char* name : {"conv1.weight", "bn1.weight", "bn1.running_mean", "bn1.running_var", "layer3.2.conv2.weight",
                           "layer3.2.bn2.running_var"}) {
    const double expected = trace.at("sums_after").at(name).get<double>();
    EXPECT_NEAR(sum_of(session, std::string("trunk/") + name), expected, 1e-2 * std::abs(expected)) << name;
  }
  double loss = 0;
  int correct = 0;
  for (std::size_t first = 0; first < 512; first += 64) {
    const Batch batch = cifar_batch(records, first);
    session.evaluate(batch, 1);
    for (std::size_t n = 0; n < 64; ++n) {
      loss += session.result().losses[0][n] / 512;
      const auto& p = session.result().outputs.at("class");
      correct += (p[2 * n + 1] > p[2 * n]) == (batch.objects[n].label == 1);
    }
  }
  EXPECT_NEAR(loss, trace.at("train_loss_after").get<double>(), 2e-3);
  EXPECT_NEAR(correct, trace.at("train_correct_after").get<int>(), 3);
}

}  // namespace
}  // namespace thaw
