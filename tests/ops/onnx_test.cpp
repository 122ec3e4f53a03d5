// Second witness: ONNX's own node vectors, through the reference and through every device's kernels.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/onnx_vector.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> kOperators{"Add",  "AveragePool", "Conv",    "Flatten", "Gemm",
                                       "Relu", "MaxPool",     "Sigmoid", "Softmax", "Tanh"};

/// By reason: every vector of our operators that is not run. A new reason or a new vector makes the test fail.
const std::map<std::string, std::vector<std::string>> kExcluded{
    {"alpha or beta", {"node/test_gemm_all_attributes", "node/test_gemm_alpha"}},
    {"auto_pad",
     {"node/test_averagepool_2d_precomputed_same_upper", "node/test_averagepool_2d_same_lower",
      "node/test_averagepool_2d_same_upper", "node/test_maxpool_2d_precomputed_same_upper",
      "node/test_maxpool_2d_same_lower"}},
    {"axis is not 1",
     {"node/test_flatten_axis0", "node/test_flatten_axis3", "node/test_flatten_negative_axis1",
      "node/test_flatten_negative_axis4"}},
    {"bias is not one value a unit", {"node/test_gemm_default_matrix_bias", "node/test_gemm_default_scalar_bias"}},
    {"broadcasts", {"node/test_add_bcast"}},
    {"ceil_mode", {"node/test_averagepool_2d_ceil", "node/test_averagepool_2d_dilations", "node/test_maxpool_2d_ceil"}},
    {"count_include_pad", {"node/test_averagepool_2d_precomputed_pads_count_include_pad"}},
    {"dilated pooling", {"node/test_maxpool_2d_dilations"}},
    {"element type is not f32",
     {"node/test_add_int8", "node/test_add_uint16", "node/test_add_uint32", "node/test_add_uint8",
      "node/test_maxpool_2d_uint8"}},
    {"groups",
     {"pytorch-converted/test_Conv2d_depthwise", "pytorch-converted/test_Conv2d_depthwise_padded",
      "pytorch-converted/test_Conv2d_depthwise_strided", "pytorch-converted/test_Conv2d_groups",
      "pytorch-converted/test_Conv2d_groups_thnn"}},
    {"more than one node", {"pytorch-operator/test_operator_addmm"}},
    {"more than one output",
     {"node/test_maxpool_with_argmax_2d_precomputed_pads", "node/test_maxpool_with_argmax_2d_precomputed_strides"}},
    {"not 2-D pictures",
     {"node/test_averagepool_1d_default",
      "node/test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True",
      "node/test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_False",
      "node/test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True",
      "node/test_maxpool_1d_default",
      "node/test_maxpool_3d_dilations",
      "node/test_maxpool_3d_dilations_use_ref_impl_large",
      "pytorch-converted/test_AvgPool3d",
      "pytorch-converted/test_AvgPool3d_stride1_pad0_gpu_input",
      "pytorch-converted/test_Conv1d_dilated",
      "pytorch-converted/test_Conv1d_groups",
      "pytorch-converted/test_Conv1d_pad1",
      "pytorch-converted/test_Conv1d_pad2",
      "pytorch-converted/test_Conv1d_pad2size1",
      "pytorch-converted/test_Conv1d_stride",
      "pytorch-converted/test_Conv3d",
      "pytorch-converted/test_Conv3d_dilated_strided",
      "pytorch-converted/test_Conv3d_groups",
      "pytorch-converted/test_Conv3d_no_bias",
      "pytorch-converted/test_Conv3d_stride_padding",
      "pytorch-converted/test_MaxPool1d_stride",
      "pytorch-converted/test_MaxPool3d",
      "pytorch-converted/test_MaxPool3d_stride_padding",
      "pytorch-operator/test_operator_maxpool"}},
    {"not along axis 1 of a matrix",
     {"node/test_softmax_axis_0", "node/test_softmax_axis_1", "node/test_softmax_default_axis",
      "pytorch-converted/test_softmax_functional_dim3"}},
    {"transA", {"node/test_gemm_transposeA"}},
};

/// The unpacked archive, removed at the end.
class OnnxVectorsTest : public ::testing::Test {
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

  /// The vectors that use one of our operators and nothing else, from "FOLDER<tab>OPERATOR<tab>opset N".
  std::vector<std::string> vectors() const {
    std::ifstream index(folder_ / "index.tsv");
    std::vector<std::string> found;
    for (std::string line; std::getline(index, line);) {
      std::istringstream columns(line);
      std::string name, op;
      std::getline(columns, name, '\t');
      std::getline(columns, op, '\t');
      if (kOperators.count(op)) found.push_back(name);
    }
    return found;
  }

  fs::path folder_;
};

TEST_F(OnnxVectorsTest, ReferenceAndKernelsAgreeWithOnnx) {
  std::map<std::string, std::vector<std::string>> excluded;
  std::map<std::string, int> runs;
  for (const std::string& name : vectors()) {
    SCOPED_TRACE(name);
    const OnnxVector vector = read_onnx_vector((folder_ / name).string());
    if (!vector.excluded_because.empty()) {
      excluded[vector.excluded_because].push_back(name);
      continue;
    }
    const Node& node = vector.graph.nodes().front();
    ++runs[node.op];
    // The vectors were computed in f32 themselves.
    const double reduction = 4 * reduction_length(vector.graph, node);
    const ValueId output = vector.graph.outputs().front();
    EXPECT_TRUE(is_close(reference::evaluate(vector.graph, vector.feeds).at(output), vector.expected[0], reduction));
    for (const DeviceChoice& choice : devices()) {
      ProgramRunner runner(vector.graph, choice.open());
      runner.run(vector.feeds);
      EXPECT_TRUE(is_close(runner.read(output), vector.expected[0], reduction)) << choice;
    }
  }
  for (const auto& [op, count] : runs) RecordProperty(op, count);
  for (const std::string& op : kOperators) EXPECT_GT(runs[op], 0) << "no vector of " << op << " was run";
  for (auto& [reason, names] : excluded) std::sort(names.begin(), names.end());
  EXPECT_THAT(excluded, ::testing::ContainerEq(kExcluded));
}

}  // namespace
}  // namespace thaw
