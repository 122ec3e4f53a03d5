#include "runner/infer/npy.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

class NpyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "thaw_npy_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& bytes) const {
    const std::string path = folder_ + "/a.npy";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  /// A file of format 1.0 with that header and data.
  std::string file(const std::string& header, const std::string& data) const {
    return write(std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + data);
  }
  std::string refusal(const std::string& path) const {
    return message_of<InputError>([&] { read_npy(path); }).substr(path.size());
  }

  std::string folder_;
};

TEST_F(NpyTest, ReadsWhatItWrites) {
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 0}, Shape{2, 3, 4}}) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < element_count(shape); ++i) values.push_back(0.5F * static_cast<float>(i) - 1);
    const std::string bytes = npy_bytes(shape, values);
    EXPECT_EQ((bytes.size() - values.size() * sizeof(float)) % 64, 0u);
    const auto read = read_npy(write(bytes));
    EXPECT_EQ(read.shape, shape);
    EXPECT_EQ(read.values, std::vector<double>(values.begin(), values.end()));
  }
}

TEST_F(NpyTest, ReadsOtherNumbersAndOrdersOfTheHeader) {
  const std::string path =
      file("{'shape': (2, ), 'fortran_order': False, 'descr': '<i2', }", std::string("\x01\x00\xfe\xff", 4));
  EXPECT_THAT(read_npy(path).values, ElementsAre(1, -2));
  EXPECT_THAT(
      read_npy(file("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", std::string("\x01\x00", 2))).values,
      ElementsAre(1, 0));
}

TEST_F(NpyTest, SaysWhatIsWrong) {
  EXPECT_EQ(refusal(folder_ + "/gone.npy"), ": no such file");
  EXPECT_EQ(refusal(write("")), ": is not a NumPy array file");
  EXPECT_EQ(refusal(write("PK\x03\x04 a zip of arrays")), ": is not a NumPy array file");
  EXPECT_EQ(refusal(write(std::string("\x93NUMPY\x01\x00\xff\x00{", 11))), ": ends within its header");
  EXPECT_EQ(refusal(file("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", "abcd")),
            ": is in Fortran order; save it with numpy.ascontiguousarray");
  EXPECT_EQ(refusal(file("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "abcd")),
            ": is of type '>f4', which thaw does not read");
  EXPECT_EQ(refusal(file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "abcd")),
            ": is of no plain type");
  EXPECT_EQ(refusal(file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "abcd")),
            ": holds 4 bytes, its shape 2 needs 2 x 4");
  EXPECT_EQ(refusal(file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "abcd")),
            ": has more elements than can be counted");
  EXPECT_EQ(refusal(file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,)}", "abcd")),
            ": has an extent that cannot be counted");
}

}  // namespace
}  // namespace thaw
