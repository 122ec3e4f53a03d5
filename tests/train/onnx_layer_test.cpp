// An ONNX model as a layer: what its parameters are, how it acts in training and outside, and what is said of models
// that do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runner/infer/infer.h"
#include "runner/train/tensor_sha256.h"
#include "tests/train/experiment_text.h"
#include "tests/train/onnx_models.h"
#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

/// The model as the only layer, compared with boxes; `more` says more of the layer.
Experiment alone(const std::string& more = "") {
  return experiment_of(
      "model { input { height: 20 width: 20 channels: 1 } layer { name: 'trunk' onnx { path: 'm.onnx' " + more +
      " } } } train { batch_size: 4 optimizer { sgd { learning_rate: 0.1 } } "
      "loss { output: 'trunk' mean_squared_error {} } }");
}

/// With a head on what is left of it.
Experiment with_head(const std::string& more, const std::string& head) {
  Experiment config = alone(more);
  config.MergeFrom(experiment_of("model { " + head + " layer { name: 'box' dense { units: 4 } } }"));
  config.mutable_train()->mutable_loss(0)->set_output("box");
  return config;
}

std::vector<float> weight(const onnx::ModelProto& model, const std::string& name) {
  for (const onnx::TensorProto& tensor : model.graph().initializer()) {
    if (tensor.name() == name) return {tensor.float_data().begin(), tensor.float_data().end()};
  }
  return {};
}

TEST(OnnxLayer, ItsInitializersAreItsParameters) {
  const onnx::ModelProto model = small_onnx_model();
  const Session session = session_of(alone(), files_of(model));
  std::vector<std::string> names;
  for (const NamedTensor& tensor : session.tensors(false)) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("trunk/bn.bias", "trunk/bn.mean", "trunk/bn.scale", "trunk/bn.var", "trunk/conv.w",
                                 "trunk/fc.b", "trunk/fc.w", "trunk/two"));
  for (const std::string& name : names) EXPECT_EQ(tensor_of(session, name), weight(model, name.substr(6))) << name;
  const LayerInfo& layer = session.training().model.layers[0];
  EXPECT_EQ(layer.parameters, 45 + 4 * 5 + 20 + 4);
  EXPECT_EQ(layer.trainable_parameters, 45 + 2 * 5 + 20 + 4);
  EXPECT_EQ(layer.type, "Onnx m.onnx");
  EXPECT_EQ(layer.output_shape, Shape{4});
}

TEST(OnnxLayer, ItsNodesAreItsInnerLayers) {
  const Session session = session_of(alone(), files_of(small_onnx_model()));
  const LayerInfo& layer = session.training().model.layers[0];
  std::vector<std::string> rows;
  std::int64_t parameters = 0, trainable = 0, flops = 0;
  for (const LayerInfo& inner : layer.inner) {
    rows.push_back(inner.name + " " + inner.type + " from " + inner.from + ": " + to_text(inner.output_shape));
    parameters += inner.parameters;
    trainable += inner.trainable_parameters;
    flops += inner.flops;
  }
  EXPECT_THAT(
      rows, ElementsAre(
                "trunk/c/node Conv from image: 5x18x18", "trunk/n/node BatchNormalization from trunk/c/node: 5x18x18",
                "trunk/r/node Relu from trunk/n/node: 5x18x18", "trunk/d/node Dropout from trunk/r/node: 5x18x18",
                "trunk/g/node GlobalAveragePool from trunk/d/node: 5x1x1", "trunk/f/node Flatten from trunk/g/node: 5",
                "trunk/t/node Mul from trunk/f/node: 5", "trunk/y/node Gemm from trunk/t/node: 4"));
  EXPECT_EQ(parameters, layer.parameters);
  EXPECT_EQ(trainable, layer.trainable_parameters);
  EXPECT_EQ(flops, layer.flops);
}

TEST(OnnxLayer, EvaluatesToWhatTheModelGives) {
  const ModelFiles files = files_of(small_onnx_model());
  Session session = session_of(alone(), files);
  const Batch batch = made_up_batch(4, 1);
  session.evaluate(batch, 1);
  const onnx_io::Literal pictures{
      onnx_io::ElementType::kFloat32, {4, 1, 20, 20}, {batch.images.begin(), batch.images.end()}};
  const auto expected = infer(*files.at("m.onnx"), {pictures}, make_cpu_device(2)).at(0).values;
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(session.result().outputs.at("trunk")[i], expected[i], 1e-5);
}

TEST(OnnxLayer, LearnsButForItsConstants) {
  const onnx::ModelProto model = small_onnx_model();
  Session session = session_of(alone("constant: 'conv*' constant: 'fc.b'"), files_of(model));
  const double before = session.train_step(made_up_batch(4, 0), 0.1, 1, 1).loss;
  for (int step = 2; step <= 100; ++step) session.train_step(made_up_batch(4, 0), 0.1, step, 1);
  EXPECT_LT(session.train_step(made_up_batch(4, 0), 0.1, 101, 1).loss, before * 0.5);
  for (const char* name : {"conv.w", "fc.b", "two"}) {
    EXPECT_EQ(tensor_of(session, std::string("trunk/") + name), weight(model, name)) << name;
  }
  for (const char* name : {"bn.scale", "bn.bias", "bn.mean", "bn.var", "fc.w"}) {
    EXPECT_NE(tensor_of(session, std::string("trunk/") + name), weight(model, name)) << name;
  }
  EXPECT_EQ(session.training().model.layers[0].trainable_parameters, 2 * 5 + 20);
}

TEST(OnnxLayer, RunningStatisticsKeepTheModelsMomentum) {
  onnx::ModelProto model = small_onnx_model();
  // Without the convolution the batch's mean is that of its pictures.
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.mutable_node(0)->set_op_type("Identity");
  graph.mutable_node(0)->mutable_input()->RemoveLast();
  for (onnx::TensorProto& tensor : *graph.mutable_initializer()) {
    if (tensor.name().rfind("bn.", 0) == 0) {
      tensor.set_dims(0, 1);
      tensor.mutable_float_data()->Truncate(1);
    }
    if (tensor.name() == "fc.w") {
      tensor.set_dims(0, 1);
      tensor.mutable_float_data()->Truncate(4);
    }
  }
  Session session = session_of(alone(), files_of(model));
  const Batch batch = made_up_batch(4, 1);
  session.train_step(batch, 0.1, 1, 1);
  double mean = 0;
  for (const float pixel : batch.images) mean += pixel / static_cast<double>(batch.images.size());
  EXPECT_NEAR(tensor_of(session, "trunk/bn.mean")[0], 0.8 * weight(model, "bn.mean")[0] + 0.2 * mean, 1e-6);
}

TEST(OnnxLayer, ItsDropoutActsWhileTraining) {
  Session session = session_of(alone(), files_of(small_onnx_model()));
  const Batch batch = made_up_batch(4, 1);
  session.train_step(batch, 0, 1, 1);
  const auto first = session.result().outputs.at("trunk");
  session.train_step(batch, 0, 2, 1);
  EXPECT_NE(first, session.result().outputs.at("trunk"));
}

TEST(OnnxLayer, GoesOnFromItsTensorsToTheBit) {
  const ModelFiles files = files_of(small_onnx_model());
  Session whole = session_of(alone(), files), resumed = session_of(alone(), files);
  for (int step = 1; step <= 5; ++step) whole.train_step(made_up_batch(4, 1), 0.1, step, 1);
  resumed.restore(whole.tensors(true), true, "test");
  whole.train_step(made_up_batch(4, 2), 0.1, 6, 1);
  resumed.train_step(made_up_batch(4, 2), 0.1, 6, 1);
  EXPECT_EQ(tensors_sha256(whole.tensors(true)), tensors_sha256(resumed.tensors(true)));
}

TEST(OnnxLayer, IsCutAtATensorOrANode) {
  onnx::ModelProto model = small_onnx_model();
  add_onnx_node(*model.mutable_graph(), "NoSuchOperator", {"y", "nowhere"}, "z");
  model.mutable_graph()->mutable_output(0)->set_name("z");
  const ModelFiles files = files_of(model);
  for (const char* until : {"g", "g/node"}) {
    const Session session = session_of(with_head(std::string("until: '") + until + "'", "layer { flatten {} }"), files);
    const LayerInfo& layer = session.training().model.layers[0];
    EXPECT_EQ(layer.output_shape, (Shape{5, 1, 1})) << until;
    EXPECT_EQ(layer.parameters, 45 + 4 * 5) << until;
    EXPECT_EQ(layer.type, std::string("Onnx m.onnx, until ") + until);
  }
}

// Exporters store equal tensors once: fresh weights share zeros and ones.
TEST(OnnxLayer, SharedStatisticsAreEachNormalizationsOwn) {
  onnx::ModelProto model = small_onnx_model();
  onnx::NodeProto& norm = *model.mutable_graph()->mutable_node(1);
  norm.set_input(3, "bn.bias");
  norm.set_input(4, "bn.scale");
  Session session = session_of(alone(), files_of(model));
  EXPECT_EQ(tensor_of(session, "trunk/n/node/running_mean"), weight(model, "bn.bias"));
  EXPECT_EQ(tensor_of(session, "trunk/n/node/running_variance"), weight(model, "bn.scale"));
  session.train_step(made_up_batch(4, 1), 0, 1, 1);
  EXPECT_EQ(tensor_of(session, "trunk/bn.bias"), weight(model, "bn.bias"));
  EXPECT_NE(tensor_of(session, "trunk/n/node/running_mean"), weight(model, "bn.bias"));
}

TEST(OnnxLayer, AFileWithoutTrainingModeAndOneWithItMeanTheSame) {
  onnx::ModelProto model = small_onnx_model();
  Session plain = session_of(alone(), files_of(model));
  onnx::AttributeProto& mode = *model.mutable_graph()->mutable_node(1)->add_attribute();
  mode.set_name("training_mode");
  mode.set_type(onnx::AttributeProto::INT);
  mode.set_i(1);
  model.mutable_graph()->mutable_node(1)->add_output("new_mean");
  model.mutable_graph()->mutable_node(1)->add_output("new_var");
  Session training = session_of(alone(), files_of(model));
  for (Session* session : {&plain, &training}) session->train_step(made_up_batch(4, 1), 0.1, 1, 1);
  EXPECT_EQ(tensors_sha256(plain.tensors(true)), tensors_sha256(training.tensors(true)));
}

std::string said_of(const onnx::ModelProto& model, const std::string& more = "") {
  return findings_of(alone(more), files_of(model));
}

TEST(OnnxLayer, SaysWhatItDoesNotKnowOfTheFile) {
  const onnx::ModelProto good = small_onnx_model();
  EXPECT_EQ(said_of(good), "fine");
  EXPECT_EQ(said_of(good, "until: 'g/mode'"),
            "model.layer[0].onnx.until: nothing in m.onnx is called \"g/mode\"\n"
            "  expected the name of a node or of the tensor that it gives; nearest: g/node");
  EXPECT_EQ(said_of(good, "until: 'x'"),
            "model.layer[0].onnx.until: nothing in m.onnx is called \"x\"\n"
            "  expected the name of a node or of the tensor that it gives");
  EXPECT_EQ(said_of(good, "constant: 'fc.*' constant: 'conv.b'"),
            "model.layer[0].onnx.constant[1]: \"conv.b\" matches no initializer of m.onnx\n"
            "  expected the name of an initializer; * stands for anything; nearest: conv.w");
  EXPECT_EQ(said_of(good, "constant: '*'"), "model: has nothing to learn: no layer has weights");

  onnx::ModelProto model = good;
  model.mutable_graph()->add_output()->set_name("f");
  EXPECT_EQ(said_of(model),
            "model.layer[0].onnx.path: m.onnx has 2 outputs; a layer gives one\n  expected until: one of \"y\", \"f\"");
  model = good;
  model.mutable_graph()->mutable_node(2)->set_op_type("Relo");
  model.mutable_graph()->mutable_node(6)->set_op_type("Mill");
  model.mutable_graph()->mutable_node(6)->set_input(0, "x");
  EXPECT_EQ(
      said_of(model),
      "model.layer[0].onnx.path: cannot use m.onnx: node \"r/node\" (Relo): the operator is not supported; nearest: "
      "Relu\n"
      "model.layer[0].onnx.path: cannot use m.onnx: node \"t/node\" (Mill): the operator is not supported");
}

TEST(OnnxLayer, SaysThatStatisticsNeedTrainingMode) {
  onnx::ModelProto model = small_onnx_model();
  model.mutable_graph()->mutable_node(1)->add_output("new_mean");
  EXPECT_EQ(
      said_of(model),
      "model.layer[0].onnx.path: cannot use m.onnx: node \"n/node\" (BatchNormalization): gives statistics without "
      "training_mode");
}

TEST(OnnxLayer, SaysWhatDoesNotFitItsInput) {
  const onnx::ModelProto good = small_onnx_model();
  onnx::ModelProto model = good;
  model.mutable_graph()
      ->mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(1)
      ->set_dim_value(3);
  EXPECT_EQ(said_of(model),
            "model.layer[0].onnx: layer \"trunk\": m.onnx takes \"x\" as Nx3x20x20, but \"image\" gives 4x1x20x20\n"
            "  expected Nx3x20x20 (batch x channels x height x width)");
  Experiment wired = alone();
  wired.mutable_model()->mutable_layer(0)->add_from("image");
  EXPECT_EQ(findings_of(wired, files_of(model)),
            "model.layer[0].from[0]: layer \"trunk\": m.onnx takes \"x\" as Nx3x20x20, but \"image\" gives 4x1x20x20\n"
            "  expected Nx3x20x20 (batch x channels x height x width)");
  model = good;
  model.mutable_graph()
      ->mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_value(1);
  EXPECT_EQ(said_of(model),
            "model.layer[0].onnx: layer \"trunk\": m.onnx takes \"x\" as 1x1x20x20, but \"image\" gives 4x1x20x20\n"
            "  expected train.batch_size: 1, or a file whose first extent is open");
  model = good;
  *model.mutable_graph()->add_input() = model.graph().input(0);
  model.mutable_graph()->mutable_input(1)->set_name("second");
  EXPECT_EQ(said_of(model),
            "model.layer[0].onnx.path: m.onnx takes \"x\" float32 Nx1x20x20, \"second\" float32 Nx1x20x20\n"
            "  expected a model that takes one picture");
  EXPECT_EQ(said_of(model, "until: 'y'"), "fine");  // which does not need the second
  model.mutable_graph()->clear_input();
  EXPECT_EQ(said_of(model),
            "model.layer[0].onnx.path: m.onnx takes no input\n  expected a model that takes one picture");
}

TEST(OnnxLayer, SaysWhatItsOutputCannotBe) {
  onnx::ModelProto model = small_onnx_model();
  add_onnx_node(*model.mutable_graph(), "ArgMax", {"y"}, "best");
  EXPECT_EQ(said_of(model, "until: 'best'"),
            "model.layer[0].onnx.until: \"best\" gives integers, which nothing can be learned through");
  onnx::AttributeProto& axis = *add_onnx_node(*model.mutable_graph(), "Transpose", {"y"}, "turned").add_attribute();
  axis.set_name("perm");
  axis.set_type(onnx::AttributeProto::INTS);
  axis.add_ints(1);
  axis.add_ints(0);
  add_onnx_node(*model.mutable_graph(), "ReduceSum", {"turned"}, "sum");
  EXPECT_EQ(said_of(model, "until: 'sum'"),
            "model.layer[0].onnx.until: \"sum\" gives 1x1, which is not one row for each of the 4 samples of a batch");
  add_onnx_node(*model.mutable_graph(), "Shape", {"x"}, "shape");
  EXPECT_EQ(said_of(model, "until: 'shape'"),
            "model.layer[0].onnx.until: \"shape\" does not depend on the model's input");
  Experiment classes = alone();
  classes.mutable_train()->mutable_loss(0)->mutable_categorical_cross_entropy();
  EXPECT_EQ(findings_of(classes, files_of(small_onnx_model())),
            "model.layer[0].onnx: \"trunk\" does not end in Softmax, but its categorical_cross_entropy needs one\n"
            "  expected a layer { activation { function: SOFTMAX } } behind it, with the loss");
  add_onnx_node(*model.mutable_graph(), "Softmax", {"y"}, "p");
  classes = alone("until: 'p'");
  classes.mutable_train()->mutable_loss(0)->mutable_categorical_cross_entropy();
  EXPECT_EQ(findings_of(classes, files_of(model)), "fine");
}

TEST(OnnxLayer, GroupNormalizationKeepsTheNamesOfItsWeights) {
  onnx::ModelProto model = small_onnx_model();
  model.mutable_opset_import(0)->set_version(18);  // one scale and bias a group
  onnx::GraphProto& graph = *model.mutable_graph();
  onnx::NodeProto& norm = *graph.mutable_node(1);
  norm.set_op_type("GroupNormalization");
  norm.mutable_input()->RemoveLast();
  norm.mutable_input()->RemoveLast();
  norm.mutable_attribute(0)->set_name("num_groups");
  norm.mutable_attribute(0)->set_type(onnx::AttributeProto::INT);
  norm.mutable_attribute(0)->set_i(1);
  for (const int i : {1, 2}) {
    graph.mutable_initializer(i)->set_dims(0, 1);
    graph.mutable_initializer(i)->mutable_float_data()->Truncate(1);
  }
  Session session = session_of(alone(), files_of(model));
  session.train_step(made_up_batch(4, 1), 0.1, 1, 1);
  EXPECT_NE(tensor_of(session, "trunk/bn.scale"), weight(model, "bn.scale"));
}

}  // namespace
}  // namespace thaw
