#include "runner/store/run_weights.h"

#include "runner/store/checkpoint.h"
#include "runner/store/durable_file.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

class RunWeightsTest : public TempFolderTest {
 protected:
  RunWeightsTest() { make_folders(in("checkpoints")); }

  void write(const std::string& name, std::int64_t step, const std::vector<NamedTensor>& tensors) {
    CheckpointView view;
    view.step = step;
    view.metadata.set_integer("epoch", 3);
    for (const NamedTensor& tensor : tensors) view.tensors.push_back(tensor.view());
    write_checkpoint(in("checkpoints/" + name), view);
  }

  const NamedTensor a_{"a", {1}, {1}}, b_{"b", {1}, {2}}, other_b_{"b", {1}, {7}};
};

TEST_F(RunWeightsTest, ThereAreNoneBeforeAnEpochIsDone) {
  EXPECT_FALSE(read_run_weights(folder_));
  EXPECT_FALSE(read_run_weights(folder_, WhichWeights::kLast));
  EXPECT_FALSE(read_run_weights(in("nowhere")));
  EXPECT_FALSE(read_run_weights(in("nowhere"), WhichWeights::kLast));
}

TEST_F(RunWeightsTest, TheBestAreThoseOfTheirFile) {
  write("best.safetensors", 30, {b_, a_});
  const auto weights = read_run_weights(folder_);
  ASSERT_TRUE(weights);
  ASSERT_EQ(weights->tensors.size(), 2U);
  EXPECT_EQ(weights->tensors[0].name, "a");
  EXPECT_EQ(weights->tensors[1].values, b_.values);
  EXPECT_EQ(weights->origin, "best, epoch 3");
  EXPECT_EQ(weights->step, 30);
  EXPECT_EQ(weights->paths, (std::vector<std::string>{in("checkpoints/best.safetensors")}));
}

TEST_F(RunWeightsTest, TheLastAreTheNewestCheckpoints) {
  write("best.safetensors", 30, {a_});
  write(checkpoint_name(30), 30, {a_});
  write(checkpoint_name(40), 40, {b_});
  const auto weights = read_run_weights(folder_, WhichWeights::kLast);
  ASSERT_TRUE(weights);
  EXPECT_EQ(weights->origin, "last, step 40");
  ASSERT_EQ(weights->tensors.size(), 1U);
  EXPECT_EQ(weights->tensors[0].name, "b");
}

TEST_F(RunWeightsTest, WhatNeverChangesMayLieInAFileOfItsOwn) {
  write("frozen.safetensors", 0, {a_, other_b_});
  write("best.safetensors", 30, {b_});
  write(checkpoint_name(40), 40, {b_});
  for (const WhichWeights which : {WhichWeights::kBest, WhichWeights::kLast}) {
    const auto weights = read_run_weights(folder_, which);
    ASSERT_TRUE(weights);
    ASSERT_EQ(weights->tensors.size(), 2U);
    EXPECT_EQ(weights->tensors[0].values, a_.values);
    EXPECT_EQ(weights->tensors[1].values, b_.values) << "a checkpoint goes before it";
    EXPECT_EQ(weights->paths.size(), 2U);
    EXPECT_EQ(weights->paths[0], in("checkpoints/frozen.safetensors"));
  }
}

TEST_F(RunWeightsTest, DamageIsAnError) {
  write("best.safetensors", 30, {a_});
  std::string bytes = read_file(in("checkpoints/best.safetensors"));
  bytes.back() ^= 1;
  write_plain(in("checkpoints/best.safetensors"), bytes);
  EXPECT_EQ(message_of<InputError>([&] { read_run_weights(folder_); }),
            in("checkpoints/best.safetensors") + ": damaged: its content does not match its SHA-256");
}

}  // namespace
}  // namespace thaw
