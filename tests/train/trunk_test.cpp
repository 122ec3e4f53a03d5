// The frozen trunk inside sessions and runs: that what is cut off and kept changes nothing of what is learned and said.
#include <gmock/gmock.h>

#include "runner/summary.h"
#include "runner/train/side_by_side.h"
#include "runner/train/tensor_sha256.h"
#include "schemas/record.h"
#include "tests/store/temp_folder.h"
#include "tests/train/experiment_text.h"
#include "tests/train/onnx_models.h"
#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;

/// The small experiment with a second classification, of the pooled convolution alone.
Experiment with_side_output(const std::string& rule) {
  Experiment config = small_experiment();
  config.MergeFrom(experiment_of(
      "model { layer { name: 'means' from: 'conv' global_average_pooling2d {} } "
      "layer { name: 'side' dense { units: 3 activation: SOFTMAX } } } "
      "train { loss { output: 'side' categorical_cross_entropy {} } } metric { output: 'side' accuracy {} } "
      "transfer { rules { rule { match: 'conv' " +
      rule + " } rule { match: 'side' " + rule + " } } }"));
  return config;
}

TEST(TrunkSession, AnOutputThatIsFrozenAsAWholeIsStillCompared) {
  Session frozen = session_of(with_side_output("trainable: false"));
  Session still = session_of(with_side_output("learning_rate_multiplier: 0"));
  EXPECT_TRUE(frozen.has_trunk());
  for (int step = 1; step <= 3; ++step) {
    const Batch batch = made_up_batch(4, static_cast<std::uint64_t>(step));
    const double loss = frozen.train_step(batch, 0.01, step, 1).loss;
    EXPECT_NEAR(loss, still.train_step(batch, 0.01, step, 1).loss, 1e-5);
  }
  const Batch batch = made_up_batch(3, 9);
  frozen.evaluate(batch, 1);
  still.evaluate(batch, 1);
  EXPECT_THAT(frozen.result().outputs.at("side"),
              Pointwise(::testing::FloatNear(1e-5F), still.result().outputs.at("side")));
}

TEST(TrunkSession, TakesFewerPicturesAtATimeInEightBitsWhereTheyAreLarge) {
  if (make_cpu_device(2)->support_of(Precision::kInt8) == Support::kNone) GTEST_SKIP() << "no kernels for INT8";
  const auto at_a_time = [](int pixels, const std::string& precision) {
    Experiment config = small_experiment();
    config.mutable_model()->mutable_input()->set_height(pixels);
    config.mutable_model()->mutable_input()->set_width(pixels);
    config.mutable_model()->mutable_layer(1)->mutable_global_average_pooling2d();
    config.MergeFrom(experiment_of(
        "transfer { rules { rule { match: 'conv' trainable: false } } trunk { precision: " + precision + " } }"));
    const TrunkGraph trunk = session_of(config).trunk()->graph();
    return trunk.graph->value(trunk.picture).type.shape.at(0);
  };
  EXPECT_EQ(at_a_time(20, "INT8"), 16);
  EXPECT_EQ(at_a_time(258, "INT8"), 8);   // 16 channels of 256x256 are a MiB
  EXPECT_EQ(at_a_time(1026, "INT8"), 4);  // never fewer
  EXPECT_EQ(at_a_time(1026, "FLOAT32"), 16);
}

TEST(TrunkSession, FollowsWeightsThatAreWritten) {
  // Frozen now, but trained at another stage: a checkpoint holds other values of them.
  Experiment config = small_experiment();
  config.MergeFrom(
      experiment_of("transfer { rules { stage { at_epoch: 2 rule { match: 'conv' trainable: false } } } }"));
  Findings findings;
  const TrainingStage second{1, {3}};
  Session session(config, findings, make_cpu_device(2), {}, {.stage = second});
  session.initialize(1);
  const auto first_tensors = session.tensors(false);
  const Batch batch = made_up_batch(4, 1);
  session.evaluate(batch, 1);
  const auto before = session.result().outputs.at("class");
  auto other = first_tensors;
  for (NamedTensor& tensor : other) {
    if (tensor.name == "conv/kernel") std::reverse(tensor.values.begin(), tensor.values.end());
  }
  session.restore_changing(other, false, "test");
  session.evaluate(batch, 1);
  EXPECT_NE(session.result().outputs.at("class"), before);
  session.restore_changing(first_tensors, false, "test");
  session.evaluate(batch, 1);
  EXPECT_EQ(session.result().outputs.at("class"), before);
}

/// The ONNX model of tests between a convolution and a head, for batches of `batch` alone unless that is 0.
ModelFiles onnx_files(int batch) {
  onnx::ModelProto model = small_onnx_model();
  auto* shape = model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (batch > 0) shape->mutable_dim(0)->set_dim_value(batch);
  return files_of(model);
}

Experiment with_onnx(const std::string& before, const std::string& rules) {
  return experiment_of("model { input { height: 20 width: 20 channels: 1 } " + before +
                       " layer { name: 'net' onnx { path: 'm.onnx' } } layer { name: 'box' dense { units: 4 } } } "
                       "train { batch_size: 4 optimizer { sgd { learning_rate: 0.1 } } loss { output: 'box' "
                       "mean_squared_error {} } } transfer { rules { " +
                       rules + " } }");
}

const char* const kFrozenNet = "rule { match: 'net' trainable: false }";

TEST(TrunkSession, TakesBatchesOfTrainingWhereAModelFileAllowsNoOther) {
  Session fixed = session_of(with_onnx("", kFrozenNet), onnx_files(4));
  Session open = session_of(with_onnx("", kFrozenNet), onnx_files(0));
  EXPECT_EQ(fixed.make_trunk()->batch(), 4);
  EXPECT_EQ(open.make_trunk()->batch(), 16);
  for (const int count : {4, 3}) {
    const Batch batch = made_up_batch(count, 5);
    fixed.evaluate(batch, 1);
    open.evaluate(batch, 1);
    EXPECT_EQ(fixed.result().outputs.at("box"), open.result().outputs.at("box"));
  }
}

TEST(TrunkSession, WhatIsFrozenBehindATrainedLayerIsNoTrunk) {
  const std::string before = "layer { name: 'first' conv2d { filters: 1 kernel_size: 3 padding: SAME } }";
  Session session = session_of(with_onnx(before, kFrozenNet), onnx_files(0));
  EXPECT_FALSE(session.has_trunk());
  const auto first = tensor_of(session, "first/kernel"), net = tensor_of(session, "net/conv.w");
  const auto mean = tensor_of(session, "net/bn.mean");
  session.train_step(made_up_batch(4, 1), 0.1, 1, 1);
  EXPECT_NE(tensor_of(session, "first/kernel"), first);
  EXPECT_EQ(tensor_of(session, "net/conv.w"), net);
  EXPECT_EQ(tensor_of(session, "net/bn.mean"), mean);
}

TEST(TrunkSession, FoldsANormalizationIntoTheConvolutionBeforeIt) {
  const Session session = session_of(with_onnx("", kFrozenNet), onnx_files(0));
  const auto trunk = session.make_trunk();
  EXPECT_GT(trunk->stats().kernels, 1) << "what folds the weights, once";
  EXPECT_EQ(trunk->kernels(), 1) << "convolution, normalization and relu";
}

TEST(TrunkSession, ReadsTheSameTensorsAgainWithNumbersThatTheTrunkIsGiven) {
  const Session session = session_of(experiment_of(
      "model { input { height: 8 width: 8 channels: 3 } layer { name: 'scaled' rescaling { scale: [1, 2, 3] } } layer "
      "{ name: 'conv' conv2d { filters: 8 kernel_size: 3 } } layer { flatten {} } layer { name: 'box' dense { units: 4 "
      "} } } train { batch_size: 4 optimizer { sgd {} } loss { output: 'box' mean_squared_error {} } } transfer { "
      "rules { rule { match: 'conv' trainable: false } } }"));
  std::vector<NamedTensor> tensors = session.changing_tensors(false);
  const auto before = tensors_sha256(tensors);
  ASSERT_EQ(tensors.size(), 3U) << "the head's, and the scale";
  for (NamedTensor& tensor : tensors) tensor.values.clear();
  session.read_again(tensors);
  EXPECT_EQ(tensors_sha256(tensors), before);
}

/// Whole runs of the command line's small experiment.
class TrunkRun : public TempFolderTest {
 protected:
  EffectiveRecord run(const std::string& file, const std::vector<std::string>& overrides) {
    RunOptions options;
    options.runs_root = in("runs");
    const RunOutcome outcome =
        run_experiment(prepare(load_experiment(file, overrides), {}), make_cpu_device(2), options);
    EXPECT_EQ(outcome.end, RunEnd::kDone) << outcome.message;
    return load_run(outcome.folder);
  }

  static std::vector<double> numbers(const google::protobuf::RepeatedPtrField<MetricValue>& values) {
    std::vector<double> found;
    for (const MetricValue& value : values) found.push_back(value.value());
    return found;
  }

  const std::string tiny_ = THAW_SOURCE_DIR "/tests/runner/tiny.pbtxt";
};

TEST_F(TrunkRun, IsAnotherGroupsWhereItsWeightsAreCalledOtherwise) {
  write_plain(in("m.onnx"), small_onnx_model().SerializeAsString());
  const auto key_of = [&](const std::string& layer) {
    write_plain(
        in("e.pbtxt"),
        "name: 'e' data { train { synthesis { samples: 20 canvas { height: 20 width: 20 } glyphs { characters: "
        "'01' size: 8 scale_min: 0.8 scale_max: 1 slant: 0 rotation: 0 thickness_max: 2 } } } } model { input { "
        "height: 20 "
        "width: 20 channels: 1 } layer { name: '" +
            layer +
            "' onnx { path: 'm.onnx' } } layer { name: 'digit' dense { units: 2 activation: SOFTMAX } } } train "
            "{ epochs: 1 batch_size: 4 optimizer { adam {} } loss { output: 'digit' categorical_cross_entropy "
            "{} } } transfer { rules { rule { match: '" +
            layer + "' trainable: false } } }");
    return group_key(prepare(load_experiment(in("e.pbtxt"), {}), DataRoots{{folder_}}));
  };
  const std::string key = key_of("net");
  EXPECT_EQ(key.size(), 64u);
  EXPECT_EQ(key_of("net"), key);
  EXPECT_NE(key_of("other"), key) << "a run keeps its weights by name";
}

TEST_F(TrunkRun, BestWeightsOfAnEarlierStageAreJudgedByFeaturesOfTheirOwn) {
  for (const std::string cache : {"true", "false"}) {
    const EffectiveRecord record =
        run(tiny_, {"transfer={rules { rule { match: 'conv2d' learning_rate_multiplier: 1 } stage { at_epoch: 3 rule "
                    "{ match: 'conv2d' trainable: false } } } trunk { cache: " +
                        cache + " } }",
                    "train.best={ metric: 'loss' direction: MAX }", "data.train.synthesis.same_every_epoch=true"});
    ASSERT_EQ(record.finished->best_epoch(), 1) << "the worst one, so that what was frozen later is not as it was";
    EXPECT_THAT(numbers(record.evaluation->value()),
                Pointwise(::testing::DoubleNear(1e-6), numbers(record.epochs[0].validation())))
        << cache;
  }
}

TEST_F(TrunkRun, WithoutAValidationSetTheTrunkJudgesInItsOwnPrecision) {
  if (make_cpu_device(2)->support_of(Precision::kInt8) == Support::kNone) {
    GTEST_SKIP() << "this processor has no kernels for int8";
  }
  write_plain(
      in("augmented.pbtxt"),
      "name: 'augmented' data { train { variants: 2 augmentation { random_brightness {} } synthesis { samples: 40 "
      "same_every_epoch: true canvas { height: 24 width: 24 } glyphs { characters: '012' size: 10 scale_max: 1 "
      "slant: 0 rotation: 0 thickness_max: 2 } } } } "
      "model { input { height: 24 width: 24 channels: 1 } layer { conv2d { filters: 16 kernel_size: 3 "
      "activation: RELU } } layer { flatten {} } layer { name: 'label' dense { units: 3 activation: SOFTMAX } } } "
      "train { epochs: 2 batch_size: 16 optimizer { adam {} } loss { output: 'label' categorical_cross_entropy {} "
      "} }");
  const auto judged = [&](const std::string& trunk) {
    return numbers(run(in("augmented.pbtxt"),
                       {"transfer={rules { rule { match: 'conv2d' trainable: false } } trunk { " + trunk + " } }"})
                       .evaluation->value());
  };
  const auto kept = judged("precision: INT8");
  EXPECT_EQ(kept, judged("precision: INT8 cache: false"));
  EXPECT_NE(kept, judged("precision: FLOAT32"));
}

std::string summary_of(const std::string& file, const std::vector<std::string>& overrides) {
  return summarize(prepare(load_experiment(file, overrides), {}), make_cpu_device(2), {});
}

TEST_F(TrunkRun, ItsSummaryIsOfTheStageThatItBeginsIn) {
  // Nothing could be learned without the stage, which is there from the first step on.
  const std::string transfer =
      "transfer={rules { rule { match: '*' trainable: false } stage { at_epoch: 1 rule { match: 'conv2d' trainable: "
      "true } } } }";
  const std::string text = summary_of(tiny_, {transfer});
  EXPECT_THAT(text, HasSubstr("parameters: 31,271, 160 trainable\n"));
  EXPECT_THAT(text, Not(HasSubstr("frozen trunk")));
  EXPECT_EQ(run(tiny_, {transfer, "train.epochs=1"}).started.plan().trainable_parameters(), 160);
}

TEST_F(TrunkRun, ItsSummarySaysWhyNothingIsKeptAndWhatIsNotKnown) {
  const auto summary = [&](const std::string& trunk) {
    return summary_of(tiny_,
                      {"data.train.synthesis.same_every_epoch=true",
                       "transfer={rules { rule { match: 'conv2d' trainable: false } } trunk { " + trunk + " } }"});
  };
  EXPECT_THAT(summary("cache: false"),
              HasSubstr(", in every epoch (cache: false); its features take 7,744 bytes each\n"));
  EXPECT_THAT(summary(""), HasSubstr(", once for each; its features take 7,744 bytes each\n"));
  if (make_cpu_device(2)->support_of(Precision::kInt8) == Support::kNone) return;
  EXPECT_THAT(
      summary("precision: INT8"),
      HasSubstr("\n  the frozen trunk is counted as if it ran in f32: what its pictures ask of int8 is not known "
                "yet\n"));
}

}  // namespace
}  // namespace thaw
