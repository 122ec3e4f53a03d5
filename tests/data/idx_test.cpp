#include "runner/data/idx.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <vector>

#include "runner/data/random.h"
#include "runner/store/sha256.h"
#include "tests/data/idx_files.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

class IdxTest : public TempFolderTest {
 protected:
  std::string image_error(const std::string& bytes, const std::string& name = "images.idx") const {
    write_plain(in(name), bytes);
    return message_of<InputError>([&] { read_idx_images(in(name), name); });
  }

  std::string label_error(const std::string& bytes) const {
    write_plain(in("labels.idx"), bytes);
    return message_of<InputError>([&] { read_idx_labels(in("labels.idx"), "labels.idx"); });
  }
};

TEST_F(IdxTest, ReadsPlainFiles) {
  write_plain(in("images"), idx_images(5, 4, 3));
  const IdxImages images = read_idx_images(in("images"), "images");
  EXPECT_EQ(images.count, 5);
  EXPECT_EQ(images.height, 4);
  EXPECT_EQ(images.width, 3);
  EXPECT_EQ(images.pixels[(2 * 4 + 1) * 3 + 2], test_pixel(2, 1, 2));
  EXPECT_EQ(images.sha256, sha256_hex(idx_images(5, 4, 3)));
  write_plain(in("labels"), idx_labels(5, 3));
  const IdxLabels labels = read_idx_labels(in("labels"), "labels");
  EXPECT_THAT(labels.all(), ::testing::ElementsAre(0, 1, 2, 0, 1));
  EXPECT_EQ(labels.sha256, sha256_hex(idx_labels(5, 3)));
}

TEST_F(IdxTest, ReadsGzipWhateverItsName) {
  const std::string packed = gzip(idx_images(5, 4, 3));
  for (const std::string name : {"images.gz", "images"}) {
    write_plain(in(name), packed);
    const IdxImages images = read_idx_images(in(name), name);
    EXPECT_EQ(images.count, 5);
    EXPECT_EQ(images.pixels[5 * 4 * 3 - 1], test_pixel(4, 3, 2));
    EXPECT_EQ(images.sha256, sha256_hex(packed));
  }
}

TEST_F(IdxTest, ReadsAPlainFileThatIsNamedGz) {
  write_plain(in("labels.gz"), idx_labels(5, 3));
  EXPECT_EQ(read_idx_labels(in("labels.gz"), "labels.gz").count, 5);
}

TEST_F(IdxTest, ReadsJoinedGzipFiles) {
  const std::string bytes = idx_labels(100, 7);
  write_plain(in("labels.gz"), gzip(bytes.substr(0, 6)) + gzip(bytes.substr(6, 50)) + gzip(bytes.substr(56)));
  const IdxLabels labels = read_idx_labels(in("labels.gz"), "labels.gz");
  EXPECT_EQ(std::string(labels.all().begin(), labels.all().end()), bytes.substr(8));
}

TEST_F(IdxTest, ReadsFilesOfManyChunks) {
  std::string bytes = idx_header(0x803, {300, 40, 50});
  Draws draws(1, "pixels");  // So that gzip cannot shrink it to one chunk.
  for (int i = 0; i < 300 * 40 * 50; ++i) bytes += static_cast<char>(draws.below(256));
  for (const std::string& stored : {bytes, gzip(bytes)}) {
    ASSERT_GT(stored.size(), 2U * 256 * 1024);
    write_plain(in("images"), stored);
    const IdxImages images = read_idx_images(in("images"), "images");
    EXPECT_EQ(bytes.compare(16, std::string::npos, reinterpret_cast<const char*>(images.pixels.get()), 600000), 0);
    EXPECT_EQ(images.sha256, sha256_hex(stored));
  }
}

TEST_F(IdxTest, RefusesAnotherMagicNumber) {
  EXPECT_EQ(image_error("P5 28 28 255\n"), "images.idx: starts with 0x50352032, expected 0x00000803 (IDX images)");
  EXPECT_EQ(label_error("P5 28 28 255\n"), "labels.idx: starts with 0x50352032, expected 0x00000801 (IDX labels)");
  EXPECT_EQ(image_error(idx_labels(5, 3)),
            "images.idx: starts with 0x00000801 (IDX labels), expected 0x00000803 (IDX images)");
  EXPECT_EQ(label_error(gzip(idx_images(5, 4, 3))),
            "labels.idx: starts with 0x00000803 (IDX images), expected 0x00000801 (IDX labels)");
}

TEST_F(IdxTest, SaysThatGzIsNotGzip) {
  EXPECT_EQ(
      image_error("<html>not found</html>", "images.gz"),
      "images.gz: starts with 0x3c68746d, expected 0x00000803 (IDX images); it is named .gz, but its content is no "
      "gzip");
  EXPECT_EQ(image_error(gzip("<html>not found</html>"), "images.gz"),
            "images.gz: starts with 0x3c68746d, expected 0x00000803 (IDX images)");
}

TEST_F(IdxTest, RefusesAShortHeader) {
  EXPECT_EQ(image_error(""), "images.idx: ends within its header, before its magic number");
  EXPECT_EQ(image_error(idx_images(5, 4, 3).substr(0, 3)),
            "images.idx: ends within its header, before its magic number");
  EXPECT_EQ(image_error(idx_images(5, 4, 3).substr(0, 11)), "images.idx: ends within its header, before dimension 2");
  EXPECT_EQ(label_error(gzip(idx_labels(5, 3).substr(0, 4))), "labels.idx: ends within its header, before dimension 1");
}

TEST_F(IdxTest, RefusesTruncatedFiles) {
  const std::string bytes = idx_images(5, 4, 3);
  EXPECT_EQ(image_error(bytes.substr(0, 40)),
            "images.idx: truncated: 40 bytes cannot hold the 5 x 4 x 3 pixels that its header announces");
  EXPECT_EQ(image_error(bytes.substr(0, bytes.size() - 1)),
            "images.idx: truncated: has 59 of the 60 bytes (5 x 4 x 3 pixels) that its header announces");
  EXPECT_EQ(image_error(gzip(bytes.substr(0, 40))),
            "images.idx: truncated: has 24 of the 60 bytes (5 x 4 x 3 pixels) that its header announces");
  EXPECT_EQ(label_error(gzip(idx_labels(5, 3).substr(0, 8))),
            "labels.idx: truncated: has 0 of the 5 bytes (5 labels) that its header announces");
}

TEST_F(IdxTest, RefusesSurplusBytes) {
  EXPECT_EQ(image_error(idx_images(5, 4, 3) + "x"),
            "images.idx: goes on after the 5 x 4 x 3 pixels that its header announces");
  EXPECT_EQ(label_error(gzip(idx_labels(5, 3) + "x")),
            "labels.idx: goes on after the 5 labels that its header announces");
}

TEST_F(IdxTest, RefusesAbsurdDimensionsBeforeTakingMemory) {
  constexpr std::uint32_t kMost = 0xffffffff;
  const std::string header = idx_header(0x803, {kMost, kMost, kMost});
  EXPECT_EQ(
      image_error(header),
      "images.idx: truncated: 16 bytes cannot hold the 4294967295 x 4294967295 x 4294967295 pixels that its header "
      "announces");
  const std::string packed = gzip(header);
  EXPECT_EQ(image_error(packed),
            "images.idx: truncated: " + std::to_string(packed.size()) +
                " bytes cannot hold the 4294967295 x 4294967295 x 4294967295 pixels that its header "
                "announces");
}

TEST_F(IdxTest, RefusesEmptySets) {
  EXPECT_EQ(image_error(idx_header(0x803, {0, 28, 28})),
            "images.idx: its header announces 0 x 28 x 28 pixels: nothing to read");
  EXPECT_EQ(label_error(idx_header(0x801, {0})), "labels.idx: its header announces 0 labels: nothing to read");
}

TEST_F(IdxTest, RefusesDamagedGzip) {
  const std::string packed = gzip(idx_images(5, 4, 3));
  EXPECT_EQ(image_error(packed.substr(0, packed.size() / 2)), "images.idx: damaged gzip data: ends too early");
  EXPECT_EQ(image_error(packed.substr(0, packed.size() - 1)), "images.idx: damaged gzip data: ends too early");
  std::string wrong_sum = packed;
  wrong_sum[packed.size() - 8] ^= 1;
  EXPECT_EQ(image_error(wrong_sum), "images.idx: damaged gzip data: incorrect data check");
  std::string wrong_method = packed;
  wrong_method[2] = 7;
  EXPECT_EQ(image_error(wrong_method), "images.idx: damaged gzip data: unknown compression method");
  EXPECT_EQ(image_error(packed + "more"), "images.idx: damaged gzip data: incorrect header check");
}

TEST_F(IdxTest, RefusesWhatIsNoFile) {
  EXPECT_EQ(message_of<InputError>([&] { read_idx_images(folder_, "folder"); }), "folder: is no regular file");
  // Opening a pipe would wait for ever.
  ASSERT_EQ(::mkfifo(in("pipe").c_str(), 0600), 0);
  EXPECT_EQ(message_of<InputError>([&] { read_idx_labels(in("pipe"), "pipe"); }), "pipe: is no regular file");
}

}  // namespace
}  // namespace thaw
