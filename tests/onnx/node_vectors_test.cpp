// Second witness: ONNX's own node vectors, read, compiled and run as `thaw infer` does it.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "graph/onnx/tensor.h"
#include "graph/onnx/write.h"
#include "ops/catalogue.h"
#include "runner/infer/infer.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;
using onnx_io::Literal;

struct Vector {
  std::string name;       ///< "node/test_add"
  std::string operators;  ///< "Add", "Mul+Sigmoid"
};

std::vector<std::string> tensor_files(const fs::path& folder, const std::string& kind) {
  std::vector<std::string> files;
  for (int i = 0;; ++i) {
    const fs::path path = folder / "test_data_set_0" / (kind + "_" + std::to_string(i) + ".pb");
    if (!fs::exists(path)) return files;
    files.push_back(path.string());
  }
}

/// As ONNX's own runner compares: 1e-3 relative, 1e-7 absolute.
std::string difference(const InferredTensor& found, const Literal& expected) {
  if (found.shape != expected.shape) return "is " + to_text(found.shape) + ", not " + to_text(expected.shape);
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const double a = found.values[i], b = expected.values[i];
    if (a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-7 + 1e-3 * std::abs(b)) continue;
    return "element " + std::to_string(i) + " is " + std::to_string(a) + ", not " + std::to_string(b);
  }
  return {};
}

/// What became of a vector: empty if it passed, else why not, without the place of the file.
std::string outcome(const fs::path& folder, const std::shared_ptr<Device>& device) {
  const std::string model_path = (folder / "model.onnx").string();
  try {
    const OnnxFile model = OnnxFile::open(model_path);
    std::vector<Literal> inputs;
    for (const std::string& file : tensor_files(folder, "input")) inputs.push_back(onnx_io::read_tensor_file(file));
    const auto results = infer(model, inputs, device);
    const auto expected = tensor_files(folder, "output");
    if (results.size() != expected.size()) return "wrong number of outputs";
    for (std::size_t k = 0; k < results.size(); ++k) {
      const std::string found = difference(results[k], onnx_io::read_tensor_file(expected[k]));
      if (!found.empty()) return "wrong: output " + std::to_string(k) + " " + found;
    }
    return {};
  } catch (const InputError& error) {
    return "refused: " + (error.findings().empty() ? "" : error.findings().front().message);
  } catch (const std::exception& error) {
    return std::string("failed: ") + error.what();
  }
}

/// The model read, written, and run from what was written: empty if the outputs are the expected ones.
std::string outcome_after_writing(const fs::path& folder, const std::shared_ptr<Device>& device) {
  const OnnxFile file = OnnxFile::open((folder / "model.onnx").string());
  std::vector<Literal> tensors;
  for (const std::string& path : tensor_files(folder, "input")) tensors.push_back(onnx_io::read_tensor_file(path));
  const OnnxModel model = file.translate(operators(), options_for(file, tensors));

  OnnxExport writing{.name = "again", .outputs = {}, .weights = {}, .batch = 0, .metadata = {}};
  writing.weights = [&](const std::string& name) { return model.weights.at(name); };
  std::vector<std::size_t> written;  // outputs that are computed, by place
  for (std::size_t k = 0; k < model.outputs.size(); ++k) {
    if (model.outputs[k].value == kNoValue) continue;
    writing.outputs.emplace_back(model.outputs[k].name, model.outputs[k].value);
    written.push_back(k);
  }
  if (written.empty()) return {};
  std::istringstream bytes(onnx_bytes(*model.graph, writing));
  const OnnxFile again("again.onnx", bytes);
  std::vector<Literal> given;
  for (const OnnxInput& input : again.inputs()) {
    const auto port =
        std::find_if(model.inputs.begin(), model.inputs.end(), [&](const OnnxPort& p) { return p.name == input.name; });
    if (port == model.inputs.end()) return "asks for the input " + input.name;
    given.push_back(tensors[static_cast<std::size_t>(port - model.inputs.begin())]);
  }
  const auto results = infer(again, given, device);
  const auto expected = tensor_files(folder, "output");
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string found = difference(results[i], onnx_io::read_tensor_file(expected[written[i]]));
    if (!found.empty()) return "output " + results[i].name + " " + found;
  }
  return {};
}

/// "NAME<tab>reason", of the vectors that do not pass. Lines that begin with # are comments.
std::map<std::string, std::string> listed_exceptions() {
  std::ifstream file(THAW_SOURCE_DIR "/tests/onnx/not_passed.tsv");
  std::map<std::string, std::string> listed;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    listed[line.substr(0, line.find('\t'))] = line.substr(line.find('\t') + 1);
  }
  return listed;
}

/// The unpacked archive, removed at the end.
class NodeVectorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = getenv("THAW_DATA");
    const fs::path archive = fs::path(data ? data : "") / "onnx_node_tests.tar.gz";
    if (!data || !fs::exists(archive)) GTEST_SKIP() << "set THAW_DATA to a folder with onnx_node_tests.tar.gz";
    std::string pattern = (fs::temp_directory_path() / "thaw_onnx_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    const std::string command = "tar -xzf '" + archive.string() + "' -C '" + folder_.string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  /// From lines "FOLDER<tab>OPERATORS<tab>opset N".
  std::vector<Vector> vectors() const {
    std::ifstream index(folder_ / "index.tsv");
    std::vector<Vector> found;
    for (std::string line; std::getline(index, line);) {
      std::istringstream columns(line);
      Vector vector;
      std::getline(columns, vector.name, '\t');
      std::getline(columns, vector.operators, '\t');
      if (!vector.name.empty()) found.push_back(std::move(vector));
    }
    return found;
  }

  fs::path folder_;
};

TEST_F(NodeVectorsTest, PassButForThoseListedWithTheirReason) {
  const auto listed = listed_exceptions();
  const auto device = make_cpu_device(2);
  const auto all = vectors();
  ASSERT_GT(all.size(), 500u);
  int passed = 0;
  std::map<std::string, std::string> not_passed;
  for (const Vector& vector : all) {
    const std::string why = outcome(folder_ / vector.name, device);
    if (why.empty()) {
      ++passed;
    } else {
      not_passed[vector.name] = why;
    }
  }
  for (const auto& [name, why] : not_passed) {
    const auto found = listed.find(name);
    EXPECT_TRUE(found != listed.end() && found->second == why) << name << '\t' << why;
  }
  for (const auto& [name, why] : listed) EXPECT_TRUE(not_passed.count(name)) << name << " passes: take it off the list";
  std::cout << all.size() << " node vectors: " << passed << " passed, " << not_passed.size() << " not\n";
  RecordProperty("passed", passed);
}

TEST_F(NodeVectorsTest, PassAgainAfterTheModelWasWritten) {
  // What training needs has no counterpart in ONNX's opset 17, nor have some ways to resize.
  const std::map<std::string, int> expected_refusals{
      {"ONNX has no Resize from 1x1x2x4 to 1x1x2x3 by these scales", 1},
      {"ONNX has no operator for BatchNormalizationTraining", 2},
      {"ONNX has no operator for GroupNormalization", 2},
      {"ONNX has no operator for NegativeLogLikelihoodLoss", 14},
      {"ONNX has no operator for SoftmaxCrossEntropyLoss", 24},
      {"ONNX resizes with antialias from opset 18 on only", 2},
  };
  const auto listed = listed_exceptions();
  const auto device = make_cpu_device(2);
  std::map<std::string, int> refusals;
  int passed = 0;
  for (const Vector& vector : vectors()) {
    if (listed.count(vector.name)) continue;
    try {
      const std::string why = outcome_after_writing(folder_ / vector.name, device);
      EXPECT_EQ(why, "") << vector.name;
      passed += why.empty();
    } catch (const InputError& error) {
      const std::string message = error.what();
      ++refusals[message.substr(message.find(": ") + 2)];
    }
  }
  EXPECT_EQ(refusals, expected_refusals);
  EXPECT_GT(passed, 450);
}

}  // namespace
}  // namespace thaw
