// Fine-tuning a real network in five ways, each an experiment with `transfer`, step by step as PyTorch does in double
// precision: a new head on resnet20.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runner/data/data_file.h"
#include "tests/train/experiment_text.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

const std::string kNetwork = R"(
  model {
    input { height: 32 width: 32 channels: 3 }
    layer { rescaling { scale: [4.36681222707, 4.46428571429, 4.44444444444]
                        offset: [-2.11790393013, -2.03571428571, -1.80444444444] } }
    layer { name: "trunk" onnx { path: "resnet20" until: "flatten" constant: "*.shortcut_const.weight" } }
    layer { name: "class" dense { units: 2 activation: SOFTMAX kernel_initializer: ZEROS } }
  }
)";

struct TraceCase {
  std::string name;  ///< in training_traces.json
  std::string optimizer;
  std::string transfer;
  std::string trained;  ///< what of the trunk is: names of its tensors begin so
};

std::ostream& operator<<(std::ostream& out, const TraceCase& each) { return out << each.name; }

const std::vector<TraceCase> kCases{
    {"head_only_sgd", "sgd { learning_rate: 0.1 momentum: 0.9 weight_decay: 0.0005 }", "feature_extraction {}", "none"},
    {"head_only_adam", "adam { learning_rate: 0.001 epsilon: 1e-8 }", "feature_extraction {}", "none"},
    {"layer3_and_head_sgd", "sgd { learning_rate: 0.01 momentum: 0.9 weight_decay: 0.0001 }",
     "rules { rule { match: 'trunk' trainable: false batch_norm: STORED_STATISTICS } "
     "rule { match: 'trunk/layer3*' trainable: true } }",
     "layer3"},
    {"all_sgd_bn_frozen", "sgd { learning_rate: 0.01 momentum: 0.9 weight_decay: 0.0001 }",
     "fine_tune { learning_rate_multiplier: 1 }", ""},
    {"all_nesterov_bn_train", "sgd { learning_rate: 0.01 momentum: 0.9 nesterov: true }", "warm_start {}", ""},
};

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

/// "layer3.2.conv2.weight" of the trunk, "linear.weight" of the head; "linear.weight abs": without signs.
double sum_of(const Session& session, std::string name) {
  const bool is_absolute = name.ends_with(" abs");
  if (is_absolute) name.resize(name.size() - 4);
  const bool is_head = name.starts_with("linear.");
  const auto values =
      tensor_of(session, is_head ? name == "linear.weight" ? "class/kernel" : "class/bias" : "trunk/" + name);
  double sum = 0;
  for (const float value : values) sum += is_absolute ? std::abs(value) : value;
  return sum;
}

/// Batch normalizations move their running statistics only in this case.
bool has_live_statistics(const TraceCase& each) { return each.transfer == "warm_start {}"; }

bool is_trained(const TraceCase& each, const std::string& tensor) {
  if (!tensor.starts_with("trunk/")) return tensor.starts_with("class/");
  if (tensor.find("shortcut_const") != std::string::npos) return false;
  if (tensor.find(".running_") != std::string::npos) return has_live_statistics(each);
  return tensor.starts_with("trunk/" + each.trained);
}

class OnnxTrace : public ::testing::TestWithParam<TraceCase> {};

TEST_P(OnnxTrace, StepsAsPyTorchDoes) {
  const char* data = getenv("THAW_DATA");
  const fs::path root = data ? data : "";
  for (const char* name :
       {"models/resnet20_cifar10.onnx", "metrics/training_traces.json", "cifar10/cifar10_lossless_2000.bin.gz"}) {
    if (!data || !fs::exists(root / name)) GTEST_SKIP() << "THAW_DATA has no " << name;
  }
  std::ifstream file(root / "metrics/training_traces.json");
  const auto trace = nlohmann::json::parse(file).at("cases").at(GetParam().name);
  std::vector<std::uint8_t> records(512 * (1 + 3 * 32 * 32));
  DataFile pictures((root / "cifar10/cifar10_lossless_2000.bin.gz").string(), "pictures");
  ASSERT_EQ(pictures.read(records), records.size());
  const ModelFiles files{
      {"resnet20", std::make_shared<const OnnxFile>(OnnxFile::open((root / "models/resnet20_cifar10.onnx").string()))}};

  const Experiment config =
      with_rules(experiment_of(kNetwork + "train { batch_size: 64 optimizer { " + GetParam().optimizer +
                               " } loss { output: 'class' categorical_cross_entropy {} } } transfer { " +
                               GetParam().transfer + " }"),
                 files);
  Session session = session_of(config, files);
  const auto before = session.tensors(false);
  int trained = 0;
  for (const ParameterInit& parameter : session.training().model.parameters) trained += parameter.is_trained();
  EXPECT_EQ(trained, trace.at("trainable_tensors").get<int>());
  const double rate = base_learning_rate(config.train().optimizer());
  const auto losses = trace.at("step_losses").get<std::vector<double>>();
  ASSERT_EQ(losses.size(), trace.at("steps").get<std::size_t>());
  for (std::size_t step = 0; step < losses.size(); ++step) {
    const double loss =
        session.train_step(cifar_batch(records, step * 64 % 512), rate, static_cast<std::int64_t>(step) + 1, 1).loss;
    EXPECT_NEAR(loss, losses[step], 1e-3 * losses[step]) << "step " << step;
  }
  for (const auto& [name, sum] : trace.at("sums_after").items()) {
    // Sums of a two-class head's halves cancel out: what is left of them is rounding.
    const double expected = sum.get<double>(), size = std::max(std::abs(expected), 1.0);
    EXPECT_NEAR(sum_of(session, name), expected, 1e-3 * size) << name;
  }
  for (const NamedTensor& tensor : before) {
    if (is_trained(GetParam(), tensor.name)) {
      EXPECT_NE(tensor_of(session, tensor.name), tensor.values) << tensor.name;
    } else {
      EXPECT_EQ(tensor_of(session, tensor.name), tensor.values) << tensor.name;
    }
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

INSTANTIATE_TEST_SUITE_P(Ways, OnnxTrace, ::testing::ValuesIn(kCases),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace thaw
