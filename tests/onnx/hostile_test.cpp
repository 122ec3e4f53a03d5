// Models that were made to do harm: each is refused with its place and reason, and nothing outside its folder is read.
// tests/onnx/hostile/*.pbtxt are ModelProtos as text; the comment that each begins with is the message expected.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <onnx/onnx_pb.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "graph/onnx/read.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The comment lines that the file begins with.
std::string expected_message(const std::string& text) {
  std::istringstream lines(text);
  std::string message;
  for (std::string line; std::getline(lines, line) && line.rfind("# ", 0) == 0;) {
    message += (message.empty() ? "" : "\n") + line.substr(2);
  }
  return message;
}

std::vector<fs::path> case_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(THAW_SOURCE_DIR "/tests/onnx/hostile")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// A folder "inside" with a model, data and traps beside it, and a file "outside.bin" that must not be read.
class HostileModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "thaw_hostile_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    const fs::path inside = root_ / "inside";
    fs::create_directories(inside / "folder");
    fs::create_directories(root_ / "elsewhere");
    const std::string twelve_bytes(12, '\1');
    for (const fs::path& path : {inside / "data.bin", root_ / "outside.bin", root_ / "elsewhere" / "outside.bin"}) {
      std::ofstream(path) << twelve_bytes;
    }
    fs::create_symlink(root_ / "outside.bin", inside / "link.bin");
    fs::create_directory_symlink(root_ / "elsewhere", inside / "linked_folder");
    fs::create_hard_link(root_ / "outside.bin", inside / "hard.bin");
    ASSERT_EQ(::mkfifo((inside / "pipe").c_str(), 0600), 0);
  }
  void TearDown() override { fs::remove_all(root_); }

  /// What reading the bytes says, with "MODEL" for the file's path; empty if it was accepted.
  std::string message_for(const std::string& bytes) const {
    const std::string path = (root_ / "inside" / "model.onnx").string();
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      OnnxFile::open(path).translate(operators());
      return {};
    } catch (const InputError& error) {
      std::string message = error.what();
      for (std::size_t at = 0; (at = message.find(path)) != std::string::npos;)
        message.replace(at, path.size(), "MODEL");
      return message;
    }
  }

  fs::path root_;
};

class HostileModel : public HostileModelTest, public ::testing::WithParamInterface<fs::path> {
 public:
  static std::string name_of(const ::testing::TestParamInfo<fs::path>& info) { return info.param.stem(); }
};

TEST_P(HostileModel, IsRefusedWithItsPlaceAndReason) {
  const std::string text = contents(GetParam());
  onnx::ModelProto model;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &model));
  EXPECT_EQ(message_for(model.SerializeAsString()), expected_message(text));
  EXPECT_NE(expected_message(text), "");
}

INSTANTIATE_TEST_SUITE_P(Onnx, HostileModel, ::testing::ValuesIn(case_files()), HostileModel::name_of);

TEST_F(HostileModelTest, BytesThatAreNoModelAreRefused) {
  const std::string garbage = "\xff\xfe\x00 this is no protobuf";
  for (const std::string& bytes : {garbage, std::string("\x08\x08\x3a\x7f", 4)}) {
    EXPECT_EQ(message_for(bytes), "MODEL: is not an ONNX model (a serialized ModelProto)");
  }
  EXPECT_EQ(message_for(""), "MODEL: holds no graph with outputs");
  EXPECT_THROW(OnnxFile::open((root_ / "nowhere.onnx").string()), InputError);
  EXPECT_THROW(OnnxFile::open((root_ / "inside").string()), InputError);
}

}  // namespace
}  // namespace thaw
