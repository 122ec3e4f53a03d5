#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

class BytePicturesTest : public PictureTest {
 protected:
  // Record i: label i modulo 10; red i, green the row, blue the column.
  static std::string records(int count, int first = 0) {
    std::string bytes;
    for (int i = first; i < first + count; ++i) {
      bytes += static_cast<char>(i % 10);
      for (int c = 0; c < 3; ++c) {
        for (int y = 0; y < 32; ++y) {
          for (int x = 0; x < 32; ++x) bytes += static_cast<char>(c == 0 ? i : c == 1 ? y : x);
        }
      }
    }
    return bytes;
  }
};

TEST_F(BytePicturesTest, ReadsCifar10FromSeveralFilesPlainAndPacked) {
  write_bytes("one.bin", records(7));
  write_bytes("two.bin.gz", gzip(records(5, 7)));
  const auto source = open_at("cifar10 { path: ['one.bin', 'two.bin.gz'] }", context({32, 32, 3}));
  EXPECT_EQ(source->size(), 12);
  EXPECT_THAT(source->class_names(),
              ElementsAre("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"));
  EXPECT_THAT(source->class_counts(), ElementsAre(2, 2, 1, 1, 1, 1, 1, 1, 1, 1));
  EXPECT_EQ(source->description(), "CIFAR-10 one.bin, two.bin.gz, 12 pictures, scaled to 32x32");
  const DrawnSample sample = draw(*source, 0, 11);
  EXPECT_THAT(labels_of(sample), ElementsAre(1));
  EXPECT_EQ(value_at(sample, *source, 0, 3, 30), 11 / 255.0F);
  EXPECT_EQ(value_at(sample, *source, 1, 3, 30), 3 / 255.0F);
  EXPECT_EQ(value_at(sample, *source, 2, 3, 30), 30 / 255.0F);
}

TEST_F(BytePicturesTest, RefusesWhatIsNoCifar10) {
  write_bytes("short.bin", records(2).substr(0, 6145));
  write_bytes("short.gz", gzip(records(1) + "x"));
  write_bytes("empty.bin", "");
  std::string bytes = records(2);
  bytes[3073] = 10;
  write_bytes("label.bin", bytes);
  EXPECT_THAT(
      picture_errors("cifar10 { path: ['short.bin', 'short.gz', 'empty.bin', 'label.bin', 'none.bin'] }"),
      ElementsAre(
          "cifar10.path[0]: short.bin (DIR/short.bin): has 6145 bytes, expected a multiple of 3073: a label byte "
          "and 3 x 32 x 32 bytes of colour for each picture",
          "cifar10.path[1]: short.gz (DIR/short.gz): has 3074 bytes once unpacked, expected a multiple of 3073: "
          "a label byte and 3 x 32 x 32 bytes of colour for each picture",
          "cifar10.path[2]: empty.bin (DIR/empty.bin): has 0 bytes, expected a multiple of 3073: a label byte "
          "and 3 x 32 x 32 bytes of colour for each picture",
          "cifar10.path[3]: label.bin (DIR/label.bin): label 10 of picture 1 (from 0), expected 0..9: is this a "
          "CIFAR-10 file?",
          "cifar10.path[4]: none.bin: no such file; looked for DIR/none.bin"));
}

TEST_F(BytePicturesTest, ReadsIdxPicturesInGreyAndInColour) {
  write_sprites(20, 10);
  const std::string idx = "idx { images: 'images.idx' labels: 'labels.idx' }";
  const auto grey = open_at(idx, context({4, 3, 1}));
  EXPECT_EQ(grey->size(), 20);
  EXPECT_EQ(grey->description(), "IDX pictures images.idx, 20 pictures, scaled to 3x4");
  const DrawnSample sample = draw(*grey, 0, 13);
  EXPECT_THAT(labels_of(sample), ElementsAre(3));
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 3; ++x) EXPECT_EQ(value_at(sample, *grey, 0, y, x), test_pixel(13, y, x) / 255.0F);
  }
  const auto colour = open_at(idx, context({4, 3, 3}));
  const DrawnSample same = draw(*colour, 0, 13);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(value_at(same, *colour, c, 2, 1), test_pixel(13, 2, 1) / 255.0F);
}

TEST_F(BytePicturesTest, RefusesBadIdxPictures) {
  write_plain(in("images.idx"), idx_images(20, 4, 3));
  write_plain(in("labels.idx"), idx_labels(21, 10));
  EXPECT_THAT(
      picture_errors("idx { images: 'images.idx' labels: 'labels.idx' classes: 9 }"),
      ElementsAre("idx.labels: labels.idx (DIR/labels.idx): label 9 of sample 9 (from 0), expected 0..8 (classes: "
                  "9); labels out of range: 2",
                  "idx.labels: labels.idx (DIR/labels.idx): has 21 labels, expected 20: one for each picture of "
                  "images.idx (DIR/images.idx)"));
}

TEST_F(BytePicturesTest, IdxValidationHasTheClassesOfTraining) {
  write_sprites(20, 5);
  OpenContext validation = context({4, 3, 1}, "validation");
  validation.class_names = {"0", "1", "2", "3", "4", "5", "6"};
  EXPECT_EQ(open_at("idx { images: 'images.idx' labels: 'labels.idx' }", validation)->classes(), 7);
}

}  // namespace
}  // namespace thaw
