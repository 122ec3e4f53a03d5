#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "runner/store/durable_file.h"
#include "runner/store/run_weights.h"
#include "runner/store/sha256.h"
#include "runner/train/run_facts.h"
#include "runner/train/trainer.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

const char* const kData = R"(
name: "NAME"
data { train { synthesis { canvas { height: 24 width: 24 } glyphs { characters: "012" size: 9 scale_max: 1 rotation: 0 slant: 0
  thickness_max: 1 } samples: 16 } } }
train { epochs: 1 batch_size: 8 optimizer { sgd {} } loss { output: "out" categorical_cross_entropy {} } }
)";
const char* const kLayers = R"(
layer { name: "scaled" rescaling { scale: [2] offset: [-1] } }
layer { name: "conv" conv2d { filters: 2 kernel_size: 3 } }
layer { name: "bn" batch_normalization {} }
layer { flatten {} }
layer { name: "out" dense { units: 3 activation: SOFTMAX } }
)";

class LoadWeightsTest : public TempFolderTest {
 protected:
  /// An experiment of these layers with `weights` (fields of its model).
  std::string write(const std::string& name, const std::string& weights, const std::string& layers = kLayers) {
    std::string text = kData;
    text.replace(text.find("NAME"), 4, name);
    const std::string file = in(name + ".pbtxt");
    write_plain(file, text + "model { input { height: 24 width: 24 channels: 1 } " + layers + "\n" + weights + "\n}\n");
    return file;
  }

  PreparedExperiment prepared(const std::string& file) {
    PretrainingPlaces places;
    places.runs_root = in("runs");
    return prepare(load_experiment(file, {}), {{folder_}}, places);
  }

  std::string findings(const std::string& weights) {
    const std::string message = message_of<InputError>([&] { prepared(write("main", weights)); });
    return message == "nothing was thrown" ? "fine" : message;
  }

  /// Where the weights' first field stands.
  std::string at(int column) const { return in("main.pbtxt") + ":13:" + std::to_string(column) + ": "; }

  std::string run(const std::string& file) {
    RunOptions options;
    options.runs_root = in("runs");
    PreparedExperiment experiment = prepared(file);
    auto device = make_cpu_device(experiment.loaded.config.compute().threads());
    const RunOutcome outcome = run_experiment(std::move(experiment), std::move(device), options);
    EXPECT_EQ(outcome.end, RunEnd::kDone);
    return outcome.folder;
  }

  void write_tensors(const std::vector<NamedTensor>& tensors) {
    std::vector<TensorView> views;
    for (const NamedTensor& tensor : tensors) views.push_back(tensor.view());
    write_safetensors(in("net.safetensors"), std::move(views), {});
  }

  static std::vector<NamedTensor> fitting() {
    const auto tensor = [](const char* name, Shape shape, float first) {
      NamedTensor made{name, shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
      for (float& value : made.values) value = first += 0.25F;
      return made;
    };
    return {tensor("conv/kernel", {2, 1, 3, 3}, 1),
            tensor("conv/bias", {2}, 20),
            tensor("bn/gamma", {2}, 30),
            tensor("bn/beta", {2}, 40),
            tensor("bn/moving_mean", {2}, 50),
            tensor("bn/moving_variance", {2}, 60),
            tensor("out/kernel", {3, 2 * 22 * 22}, 0.5),
            tensor("out/bias", {3}, 70)};
  }
};

TEST_F(LoadWeightsTest, ASafetensorsFilesValuesToTheBit) {
  write_tensors(fitting());
  const PreparedExperiment experiment = prepared(write("main", R"(weights { safetensors: "net.safetensors" })"));
  ASSERT_EQ(experiment.weights.values.size(), 8U);
  for (const NamedTensor& tensor : fitting()) {
    EXPECT_EQ(*experiment.weights.values.at(tensor.name), tensor.values) << tensor.name;
    EXPECT_EQ(experiment.pretrained.count(tensor.name), 1U);
  }
  ASSERT_EQ(experiment.weights.tables.size(), 1U);
  EXPECT_EQ(experiment.weights.tables[0].place(), in("net.safetensors"));
  EXPECT_EQ(experiment.weights.tables[0].sha256(), sha256_hex(read_file(in("net.safetensors"))));
  EXPECT_EQ(experiment.weights.tables[0].layer(), "the model");
}

TEST_F(LoadWeightsTest, OtherWeightsAreAnotherRun) {
  const auto id = [&](const std::string& weights) {
    return run_id(prepared(write("main", weights)), *make_cpu_device(2));
  };
  const std::string from_file = R"(weights { safetensors: "net.safetensors" })";
  write_tensors(fitting());
  const std::string first = id(from_file);
  EXPECT_EQ(id(from_file), first);
  auto other = fitting();
  other[0].values[3] = std::nextafter(other[0].values[3], 100.0F);
  write_tensors(other);
  EXPECT_NE(id(from_file), first);
}

TEST_F(LoadWeightsTest, NameAndDescriptionAreNoPartOfARunsIdentity) {
  PreparedExperiment experiment = prepared(write("main", ""));
  const auto device = make_cpu_device(2);
  const std::string id = run_id(experiment, *device);
  experiment.loaded.config.set_name("other");
  experiment.loaded.config.set_description("in other words");
  EXPECT_EQ(run_id(experiment, *device), id);
  experiment.loaded.config.mutable_train()->set_epochs(experiment.loaded.config.train().epochs() + 1);
  EXPECT_NE(run_id(experiment, *device), id);
}

TEST_F(LoadWeightsTest, ARunsBestWeightsComeBackToTheBit) {
  const std::string folder = run(write("first", ""));
  const auto best = read_run_weights(folder);
  ASSERT_TRUE(best);
  const std::string relative = std::filesystem::path(folder).lexically_relative(folder_).string();
  const PreparedExperiment experiment = prepared(write("main", "weights { run: \"" + relative + "\" }"));
  std::size_t compared = 0;
  for (const NamedTensor& tensor : best->tensors) {
    const auto found = experiment.weights.values.find(tensor.name);
    if (found == experiment.weights.values.end()) continue;  // what the experiment itself gives
    EXPECT_EQ(std::memcmp(found->second->data(), tensor.values.data(), 4 * tensor.values.size()), 0) << tensor.name;
    ++compared;
  }
  EXPECT_EQ(compared, 8U);
  EXPECT_EQ(experiment.weights.tables[0].source(), "run " + relative);
  EXPECT_EQ(experiment.weights.tables[0].sha256(), sha256_hex(read_file(folder + "/checkpoints/best.safetensors")));
  // The same numbers from a file of another kind: the same run in all but its name.
  std::vector<TensorView> views;
  for (const NamedTensor& tensor : best->tensors) views.push_back(tensor.view());
  write_safetensors(in("net.safetensors"), views, {});
  const auto last = [&](const std::string& run_folder) { return load_run(run_folder).finished->weights_sha256(); };
  EXPECT_EQ(last(run(write("again", "weights { run: \"" + relative + "\" }"))),
            last(run(write("same", R"(weights { safetensors: "net.safetensors" })"))));
}

TEST_F(LoadWeightsTest, AnotherExperimentIsToBeRunFirst) {
  write("first", "");
  const std::string file = write("main", R"(weights { experiment: "first.pbtxt" })");
  const PreparedExperiment before = prepared(file);
  ASSERT_EQ(before.run_first.size(), 1U);
  EXPECT_EQ(before.run_first[0].file, in("first.pbtxt"));
  EXPECT_EQ(before.run_first[0].reason, "has not been run");
  EXPECT_TRUE(before.weights.values.empty());
  EXPECT_EQ(before.weights.tables.at(0).row_size(), 8);
  EXPECT_EQ(before.pretrained.size(), 8U);
  EXPECT_FALSE(std::filesystem::exists(in("runs"))) << "looking runs nothing and leaves nothing behind";
  const std::string folder = run(in("first.pbtxt"));
  const PreparedExperiment after = prepared(file);
  EXPECT_TRUE(after.run_first.empty());
  EXPECT_EQ(after.weights.values.size(), 8U);
  EXPECT_EQ(after.weights.tables.at(0).place(), folder + "/checkpoints/best.safetensors");
  EXPECT_EQ(after.weights.tables.at(0).source(), "experiment first.pbtxt");
}

TEST_F(LoadWeightsTest, AChainIsRunFromItsEnd) {
  write("first", "");
  write("second", R"(weights { experiment: "first.pbtxt" })");
  const PreparedExperiment found = prepared(write("main", R"(weights { experiment: "second.pbtxt" })"));
  ASSERT_EQ(found.run_first.size(), 2U);
  EXPECT_EQ(found.run_first[0].file, in("first.pbtxt"));
  EXPECT_EQ(found.run_first[1].file, in("second.pbtxt"));
  EXPECT_EQ(found.run_first[1].reason, "needs what was named before it");
}

TEST_F(LoadWeightsTest, CyclesAndMistakesOfOthers) {
  EXPECT_EQ(findings(R"(weights { experiment: "main.pbtxt" })"),
            at(11) + "model.weights[0].experiment: the weights of main.pbtxt are needed to compute themselves: " +
                in("main.pbtxt") + " -> " + in("main.pbtxt"));
  write("other", R"(weights { experiment: "main.pbtxt" })");
  EXPECT_EQ(findings(R"(weights { experiment: "other.pbtxt" })"),
            at(11) + "model.weights[0].experiment: cannot use other.pbtxt: it has mistakes of its own\n" +
                in("other.pbtxt") +
                ":13:11: model.weights[0].experiment: the weights of main.pbtxt are needed to compute themselves: " +
                in("main.pbtxt") + " -> " + in("other.pbtxt") + " -> " + in("main.pbtxt"));
  EXPECT_EQ(findings(R"(weights { experiment: "none.pbtxt" })"),
            at(11) + "model.weights[0].experiment: none.pbtxt: no such file; looked for " + in("none.pbtxt") +
                "\n  expected the path of another experiment, relative to this file");
}

TEST_F(LoadWeightsTest, SourcesThatAreNone) {
  EXPECT_EQ(findings(R"(weights { safetensors: "none" })"),
            at(11) + "model.weights[0].safetensors: none: no such file; looked for " + in("none"));
  write_plain(in("text"), "hello world");
  EXPECT_EQ(findings(R"(weights { onnx: "text" })"),
            at(11) + "model.weights[0].onnx: " + in("text") + ": is not an ONNX model (a serialized ModelProto)");
  write_plain(in("empty"), "");
  EXPECT_EQ(findings(R"(weights { safetensors: "empty" })"),
            at(11) + "model.weights[0].safetensors: " + in("empty") + ": not a safetensors file: it has only 0 bytes");
  std::filesystem::create_directory(in("folder"));
  EXPECT_EQ(findings(R"(weights { safetensors: "folder" })"),
            at(11) + "model.weights[0].safetensors: " + in("folder") + ": is no file");
  EXPECT_EQ(findings(R"(weights { run: "folder" })"),
            at(11) + "model.weights[0].run: " + in("folder") +
                ": holds no best weights: it is no run's folder, or no epoch was finished");
}

TEST_F(LoadWeightsTest, NumbersThatAreNotFiniteAreAMistake) {
  auto tensors = fitting();
  tensors[0].values[4] = std::nanf("");
  tensors[1].values[1] = INFINITY;
  write_tensors(tensors);
  EXPECT_EQ(
      findings(R"(weights { safetensors: "net.safetensors" })"),
      at(1) +
          "model.weights[0]: tensor \"conv/bias\" of net.safetensors holds a number beyond what a float can hold at "
          "element 1\n  expected finite numbers: a network with such weights computes nothing\n" +
          at(1) +
          "model.weights[0]: tensor \"conv/kernel\" of net.safetensors holds NaN at element 4\n"
          "  expected finite numbers: a network with such weights computes nothing");
}

TEST_F(LoadWeightsTest, WhichLayersTheyAreFor) {
  write_tensors(fitting());
  EXPECT_EQ(findings(R"(weights { safetensors: "net.safetensors" layer: ["conv", "b*"] })"), "fine");
  const PreparedExperiment some =
      prepared(write("main", R"(weights { safetensors: "net.safetensors" layer: ["conv", "b*"] })"));
  EXPECT_EQ(some.weights.values.size(), 6U);
  EXPECT_EQ(some.weights.tables[0].layer(), "2 layers");
  EXPECT_EQ(findings(R"(weights { safetensors: "net.safetensors" layer: "cnv" })"),
            at(42) +
                "model.weights[0].layer[0]: \"cnv\" matches no layer with parameters\n"
                "  expected the name of one; * stands for any characters; nearest: conv");
  EXPECT_EQ(findings(R"(weights { safetensors: "net.safetensors" layer: "conv" }
                        weights { safetensors: "net.safetensors" layer: "c*" })"),
            in("main.pbtxt") +
                ":14:66: model.weights[1].layer[0]: layer \"conv\" has weights already: model.weights[0]\n"
                "  expected weights from one source for each layer");
}

TEST_F(LoadWeightsTest, AZooNetworkFromNamesAsTorchvisionGivesThem) {
  // resnet18's tensors by torchvision's names, as its state_dict holds them; the values are made up.
  const std::string net =
      R"(layer { name: "net" zoo { name: "resnet18" WEIGHTS } } layer { global_average_pooling2d {} }
                             layer { name: "out" dense { units: 3 activation: SOFTMAX } })";
  const auto layers = [&](const std::string& weights) {
    std::string text = net;
    return text.replace(text.find("WEIGHTS"), 7, weights);
  };
  const auto model = [&](const std::string& weights) {
    std::string text = kData;
    text.replace(text.find("NAME"), 4, "resnet");
    const std::string file = in("resnet.pbtxt");
    std::size_t at = 0;
    while ((at = text.find("24", at)) != std::string::npos) text.replace(at, 2, "32");
    text.replace(text.find("width: 32 }"), 11, "width: 32 channels: 3 }");
    write_plain(file, text + "model { input { height: 32 width: 32 channels: 3 } " + layers(weights) + "}\n");
    return prepared(file);
  };
  std::vector<NamedTensor> tensors;
  const PreparedExperiment fresh = model("");
  for (const auto& [name, shape] : fresh.parameters) {
    if (!name.starts_with("net/") || shape.size() < 1 || name.starts_with("net/preprocessing/")) continue;
    std::string torch = name.substr(4);
    const auto last = torch.rfind('/');
    const std::map<std::string, std::string> roles = {{"kernel", "weight"},
                                                      {"bias", "bias"},
                                                      {"gamma", "weight"},
                                                      {"beta", "bias"},
                                                      {"moving_mean", "running_mean"},
                                                      {"moving_variance", "running_var"}};
    const auto role = roles.find(torch.substr(last + 1));
    torch = torch.substr(0, last) + "." + (role == roles.end() ? torch.substr(last + 1) : role->second);
    tensors.push_back({torch, shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)), 0.5F)});
  }
  tensors.push_back({"fc.weight", {1000, 512}, std::vector<float>(512000)});
  tensors.push_back({"fc.bias", {1000}, std::vector<float>(1000)});
  write_tensors(tensors);
  const PreparedExperiment loaded = model(R"(weights {
      safetensors: "net.safetensors" allow_unexpected: "fc.*"
      rename { from: "\\.(weight|bias|running_mean|running_var)$" to: "/$1" }
      rename { from: "(bn\\d|downsample.1)/weight" to: "$1/gamma" }
      rename { from: "(bn\\d|downsample.1)/bias" to: "$1/beta" }
      rename { from: "running_mean" to: "moving_mean" }
      rename { from: "running_var" to: "moving_variance" }
      rename { from: "/weight" to: "/kernel" } })");
  EXPECT_EQ(loaded.weights.values.size(), tensors.size() - 2);
  EXPECT_EQ(loaded.weights.values.size(), 100U);  // 20 convolutions, 20 batch normalizations
}

}  // namespace
}  // namespace thaw
