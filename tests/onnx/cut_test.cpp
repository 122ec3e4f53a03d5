// Models that are cut, models that are read to be trained further, and what is written for any number of samples.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <onnx/onnx_pb.h>

#include <sstream>

#include "graph/builder.h"
#include "graph/onnx/read.h"
#include "graph/onnx/write.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

// a and b are inputs; behind "sum" lies what nobody knows.
const char kModel[] = R"(
  ir_version: 8
  opset_import { version: 17 }
  graph {
    input { name: "a" type { tensor_type { elem_type: 1 shape { dim { dim_param: "N" } dim { dim_value: 2 } } } } }
    input { name: "b" type { tensor_type { elem_type: 1 shape { dim { dim_param: "N" } dim { dim_value: 2 } } } } }
    output { name: "end" }
    initializer { name: "w" dims: 2 dims: 3 data_type: 1 float_data: [1, 2, 3, 4, 5, 6] }
    initializer { name: "v" dims: 3 data_type: 1 float_data: [1, 2, 3] }
    initializer { name: "bad" dims: 3 data_type: 1 float_data: [1] }
    node { op_type: "Relu" name: "first" input: "a" output: "relu" }
    node { op_type: "MatMul" name: "product" input: "relu" input: "w" output: "rows" }
    node { op_type: "Neg" name: "turned" input: "v" output: "minus" }
    node { op_type: "Add" name: "sum" input: "rows" input: "minus" output: "sum" }
    node { op_type: "Mystery" input: "sum" input: "b" input: "bad" output: "end" }
  })";

OnnxFile file_of(const std::string& text) {
  onnx::ModelProto model;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &model));
  std::istringstream bytes(model.SerializeAsString());
  return OnnxFile("m.onnx", bytes);
}

std::vector<std::string> ops_of(const OnnxModel& model) {
  std::vector<std::string> ops;
  for (const Node& node : model.graph->nodes()) ops.push_back(node.op);
  return ops;
}

TEST(CutModel, ReadsWhatLiesBeforeTheCutAlone) {
  const OnnxFile file = file_of(kModel);
  OnnxOptions options;
  options.until = "sum";
  const OnnxModel model = file.translate(operators(), options);
  EXPECT_THAT(ops_of(model), ElementsAre("Relu", "MatMul", "Add"));
  ASSERT_EQ(model.outputs.size(), 1U);
  EXPECT_EQ(model.outputs[0].name, "sum");
  ASSERT_EQ(model.inputs.size(), 1U);
  EXPECT_EQ(model.inputs[0].name, "a");
  options.until = "product";  // a node's name stands for its first output
  EXPECT_EQ(file.translate(operators(), options).outputs[0].name, "rows");
}

TEST(CutModel, SaysWhereItCanBeCut) {
  const OnnxFile file = file_of(kModel);
  EXPECT_TRUE(file.has("relu"));
  EXPECT_TRUE(file.has("first"));
  EXPECT_FALSE(file.has("a"));
  EXPECT_FALSE(file.has("w"));
  EXPECT_FALSE(file.has(""));
  EXPECT_THAT(file.names(), ElementsAre("end", "first", "minus", "product", "relu", "rows", "sum", "turned"));
  EXPECT_THAT(file.outputs(), ElementsAre("end"));
  EXPECT_THAT(file.initializers(), ElementsAre("bad", "v", "w"));
  EXPECT_EQ(file.inputs().size(), 2U);
  ASSERT_EQ(file.inputs("sum").size(), 1U);
  EXPECT_EQ(file.inputs("sum")[0].extents, (Shape{-1, 2}));
}

TEST(CutModel, SaysThatNothingIsCalledSo) {
  OnnxOptions options;
  options.until = "nothing";
  try {
    file_of(kModel).translate(operators(), options);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "m.onnx: nothing in the model is called \"nothing\"");
  }
}

std::vector<std::string> learned(const Graph& graph) {
  std::vector<std::string> names;
  for (const ValueId id : graph.parameters()) {
    if (graph.value(id).trainable) names.push_back(graph.value(id).name);
  }
  return names;
}

TEST(ModelForTraining, ComputesNothingOfWhatIsLearnedWhileReading) {
  OnnxOptions options;
  options.until = "sum";
  options.is_for_training = true;
  const OnnxModel model = file_of(kModel).translate(operators(), options);
  EXPECT_THAT(ops_of(model), ElementsAre("Relu", "MatMul", "Neg", "Add"));
  EXPECT_THAT(learned(*model.graph), ElementsAre("w", "v"));
  options.constants = {"v"};
  const OnnxModel constant = file_of(kModel).translate(operators(), options);
  EXPECT_THAT(ops_of(constant), ElementsAre("Relu", "MatMul", "Add"));
  EXPECT_THAT(learned(*constant.graph), ElementsAre("w"));
  EXPECT_EQ(constant.weights.at("minus"), (std::vector<float>{-1, -2, -3}));
}

TEST(ModelForTraining, AnIdentityOfAWeightIsAWeightOfItsOwn) {
  std::string text = kModel;
  text.replace(text.find("\"Neg\""), 5, "\"Identity\"");
  OnnxOptions options;
  options.until = "sum";
  options.is_for_training = true;
  EXPECT_THAT(learned(*file_of(text).translate(operators(), options).graph), ElementsAre("w", "minus"));
}

class OpenBatch : public ::testing::Test {
 protected:
  /// The written model of one node on an input [batch 6, 4].
  onnx::ModelProto written(const std::string& op, const Attributes& attributes) {
    Graph graph;
    Builder builder(graph, operators());
    const ValueId x = builder.input("x", {DType::kFloat32, {6, 4}});
    builder.enter("layer");
    const ValueId y = builder.node(op, {x}, attributes);
    OnnxExport options;
    options.outputs = {{"y", y}};
    options.batch = 6;
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(onnx_bytes(graph, options)));
    return model;
  }
  std::vector<std::int64_t> written_shape(const std::string& op, const Shape& shape) {
    const auto model = written(op, {{"shape", shape}});
    const auto& found = model.graph().initializer(0).int64_data();
    return {found.begin(), found.end()};
  }
  std::string refusal(const std::string& op, const Shape& shape) {
    try {
      written(op, {{"shape", shape}});
    } catch (const InputError& error) {
      return error.what();
    }
    return "fine";
  }
};

TEST_F(OpenBatch, ReshapeCopiesItOrTakesWhatIsLeft) {
  EXPECT_THAT(written_shape("Reshape", {6, 2, 2}), ElementsAre(0, 2, 2));
  EXPECT_THAT(written_shape("Reshape", {12, 2}), ElementsAre(-1, 2));
  EXPECT_THAT(written_shape("Reshape", {1, 24}), ElementsAre(1, -1));
  EXPECT_EQ(refusal("Reshape", {2, 3, 4}),
            "layer layer: its Reshape to 2x3x4 cannot be written for any number of samples");
}

TEST_F(OpenBatch, ExpandLeavesIt) {
  EXPECT_THAT(written_shape("Expand", {6, 4}), ElementsAre(1, 4));
  EXPECT_EQ(refusal("Expand", {6, 6, 4}),
            "layer layer: its Expand to 6x6x4 cannot be written for any number of samples");
}

}  // namespace
}  // namespace thaw
