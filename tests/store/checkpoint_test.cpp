#include "runner/store/checkpoint.h"

#include <cstring>

#include "runner/store/durable_file.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

class CheckpointTest : public TempFolderTest {
 protected:
  std::vector<float> weights_ = {0.5F, -0.0F, 1e-45F, 3};
  std::vector<float> bias_ = {-1};

  CheckpointView view(std::int64_t step) {
    CheckpointView made{step, {}, {{"weight", {2, 2}, weights_}, {"bias", {1}, bias_}}};
    made.metadata.set_real("best_loss", 0.1);
    made.metadata.set_integer("epoch", 3);
    return made;
  }

  std::string step_path(std::int64_t step) { return in(checkpoint_name(step)); }

  void flip_byte(const std::string& path, std::size_t at) {
    std::string bytes = read_file(path);
    bytes.at(at) = static_cast<char>(bytes[at] ^ 1);
    write_plain(path, bytes);
  }
};

TEST_F(CheckpointTest, ComesBackBitByBit) {
  write_checkpoint(in("best.safetensors"), view(938));
  const Checkpoint back = read_checkpoint(in("best.safetensors"));
  EXPECT_EQ(back.path, in("best.safetensors"));
  EXPECT_EQ(back.step, 938);
  EXPECT_EQ(back.metadata.real("best_loss"), 0.1);
  EXPECT_EQ(back.metadata.integer("epoch"), 3);
  ASSERT_EQ(back.tensors.size(), 2U);
  EXPECT_EQ(back.tensor("bias").values, bias_);
  EXPECT_EQ(back.tensor("weight").shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(std::memcmp(back.tensor("weight").values.data(), weights_.data(), 4 * sizeof(float)), 0);
  EXPECT_EQ(message_of<InputError>([&] { back.tensor("gamma"); }),
            in("best.safetensors") + ": has no tensor \"gamma\"");
}

TEST_F(CheckpointTest, ACheckpointReadAndWrittenAgainIsTheSameFile) {
  write_checkpoint(in("a"), view(5));
  const Checkpoint back = read_checkpoint(in("a"));
  CheckpointView again{back.step, back.metadata, {}};
  for (const NamedTensor& tensor : back.tensors) again.tensors.push_back(tensor.view());
  write_checkpoint(in("b"), again);
  EXPECT_EQ(read_file(in("a")), read_file(in("b")));
}

TEST_F(CheckpointTest, NamesSortByStep) {
  EXPECT_EQ(checkpoint_name(938), "step-000000938.safetensors");
  EXPECT_EQ(checkpoint_name(1234567890123), "step-1234567890123.safetensors");
}

TEST_F(CheckpointTest, NoFlippedBitGoesUnnoticed) {
  write_checkpoint(in("a"), view(5));
  const std::string good = read_file(in("a"));
  for (std::size_t at = 0; at < good.size(); ++at) {
    write_plain(in("a"), good);
    flip_byte(in("a"), at);
    ASSERT_NE(message_of<InputError>([&] { read_checkpoint(in("a")); }), "nothing was thrown") << at;
  }
  EXPECT_EQ(message_of<InputError>([&] { read_checkpoint(in("a")); }),
            in("a") + ": damaged: its content does not match its SHA-256");
}

TEST_F(CheckpointTest, ASafetensorsFileThatIsNoCheckpointIsRefused) {
  write_safetensors(in("a"), {}, {});
  EXPECT_EQ(message_of<InputError>([&] { read_checkpoint(in("a")); }), in("a") + ": step: missing");
  write_safetensors(in("a"), {}, {{"step", "1"}});
  EXPECT_EQ(message_of<InputError>([&] { read_checkpoint(in("a")); }), in("a") + ": content_sha256: missing");
}

TEST_F(CheckpointTest, KeepsTheNewestTwo) {
  write_checkpoint(in("best.safetensors"), view(1));
  save_checkpoint(folder_, view(1));
  EXPECT_EQ(names(folder_), (std::set<std::string>{"best.safetensors", checkpoint_name(1)}));
  save_checkpoint(folder_, view(2));
  EXPECT_EQ(names(folder_), (std::set<std::string>{"best.safetensors", checkpoint_name(1), checkpoint_name(2)}));
  save_checkpoint(folder_, view(10));
  EXPECT_EQ(names(folder_), (std::set<std::string>{"best.safetensors", checkpoint_name(2), checkpoint_name(10)}));
  save_checkpoint(folder_, view(10));
  EXPECT_EQ(names(folder_), (std::set<std::string>{"best.safetensors", checkpoint_name(2), checkpoint_name(10)}));
}

TEST_F(CheckpointTest, ACheckpointBelowADamagedOneReplacesIt) {
  for (const int step : {1, 2}) save_checkpoint(folder_, view(step));
  flip_byte(step_path(2), 200);
  ASSERT_EQ(find_latest(folder_).checkpoint->step, 1);
  save_checkpoint(folder_, view(1));
  EXPECT_EQ(names(folder_), std::set<std::string>{checkpoint_name(1)});
}

TEST_F(CheckpointTest, FindsTheNewest) {
  EXPECT_FALSE(find_latest(folder_).checkpoint.has_value());
  for (const int step : {9, 10}) save_checkpoint(folder_, view(step));
  write_file_durably(in("step-99.safetensors"), "another's");
  write_file_durably(in("step-000000011.safetensors.tmp"), "half");
  write_file_durably(in("best.safetensors"), "not looked at");
  const LatestCheckpoint latest = find_latest(folder_);
  EXPECT_EQ(latest.checkpoint->step, 10);
  EXPECT_EQ(latest.warnings, std::vector<std::string>{});
}

TEST_F(CheckpointTest, GoesBackBeforeDamagedOnesAndSaysSo) {
  for (const int step : {1, 2}) save_checkpoint(folder_, view(step));
  write_file_durably(step_path(3), "");
  std::filesystem::copy_file(step_path(1), step_path(4));
  flip_byte(step_path(2), read_file(step_path(2)).size() - 1);
  const LatestCheckpoint latest = find_latest(folder_);
  EXPECT_EQ(latest.checkpoint->step, 1);
  const std::string goes_back = "; going back to the checkpoint before it";
  EXPECT_EQ(latest.warnings,
            (std::vector<std::string>{step_path(4) + ": holds step 1" + goes_back,
                                      step_path(3) + ": not a safetensors file: it has only 0 bytes" + goes_back,
                                      step_path(2) + ": damaged: its content does not match its SHA-256" + goes_back}));
  EXPECT_EQ(message_of<IoError>([&] { find_latest(in("gone")); }), in("gone") + ": list: No such file or directory");
}

TEST_F(CheckpointTest, AFullDiskLeavesTheOldOnes) {
  for (const int step : {1, 2}) save_checkpoint(folder_, view(step));
  std::filesystem::create_symlink("/dev/full", step_path(3) + ".tmp");
  EXPECT_EQ(message_of<IoError>([&] { save_checkpoint(folder_, view(3)); }),
            step_path(3) + ".tmp: write: No space left on device");
  EXPECT_EQ(names(folder_), (std::set<std::string>{checkpoint_name(1), checkpoint_name(2)}));
  EXPECT_EQ(find_latest(folder_).checkpoint->step, 2);
}

}  // namespace
}  // namespace thaw
