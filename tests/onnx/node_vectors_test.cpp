// Second witness: ONNX's own node vectors, read, compiled and run as `thaw infer` does it.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "graph/onnx/tensor.h"
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

}  // namespace
}  // namespace thaw
