#include "runner/data/open.h"

#include "tests/data/source_test.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

class OpenSourceTest : public SourceTest {};

TEST_F(OpenSourceTest, TellsWhatItOpened) {
  write_sprites(20, 10);
  const auto source = open(sprites_on(9, 11));
  EXPECT_EQ(source->size(), 20);
  EXPECT_EQ(source->channels(), 1);
  EXPECT_EQ(source->height(), 9);
  EXPECT_EQ(source->width(), 11);
  EXPECT_EQ(source->max_objects(), 1);
  EXPECT_EQ(source->classes(), 10);
  EXPECT_THAT(source->class_names(), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  EXPECT_EQ(source->description(), "IDX sprites images.idx on a 11x9 canvas");
}

TEST_F(OpenSourceTest, DescribesObjectsAndNoise) {
  write_sprites(20, 10);
  EXPECT_EQ(open(sprites_on(9, 11, "objects { min: 2 max: 3 } noise: 0.25"))->description(),
            "IDX sprites images.idx on a 11x9 canvas, 2 to 3 objects, noise 0.25");
  EXPECT_EQ(open("synthesis { canvas { height: 75 width: 75 } glyphs { characters: 'AB' } }")->description(),
            "characters AB drawn in varied fonts on a 75x75 canvas");
}

TEST_F(OpenSourceTest, HasAsManySamplesAsAskedFor) {
  write_sprites(20, 10);
  EXPECT_EQ(open(sprites_on(9, 11, "samples: 50"))->size(), 50);
  EXPECT_EQ(open(sprites_on(9, 11, "samples: 50", "take: 30"))->size(), 30);
  EXPECT_EQ(open(sprites_on(9, 11, "", "take: 20"))->size(), 20);
  const std::string glyphs = "synthesis { canvas { height: 75 width: 75 } glyphs {} ";
  EXPECT_EQ(open(glyphs + "}")->size(), 10000);
  EXPECT_EQ(open(glyphs + "samples: 7 }")->size(), 7);
}

TEST_F(OpenSourceTest, TakesClassesFromTheFileOrTheLabels) {
  write_sprites(20, 4);
  EXPECT_EQ(open(sprites_on(9, 11))->classes(), 4);
  const std::string idx = "sprites { idx { images: 'images.idx' labels: 'labels.idx' classes: 6 } }";
  const auto source = open("synthesis { canvas { height: 9 width: 11 } " + idx + " }");
  EXPECT_EQ(source->classes(), 6);
  EXPECT_THAT(source->class_counts(), ElementsAre(5, 5, 5, 5, 0, 0));
}

TEST_F(OpenSourceTest, RefusesMissingFiles) {
  EXPECT_THAT(errors_of(sprites_on(9, 11)),
              ElementsAre("synthesis.sprites.idx.images: images.idx: no such file; looked for DIR/images.idx",
                          "synthesis.sprites.idx.labels: labels.idx: no such file; looked for DIR/labels.idx"));
}

TEST_F(OpenSourceTest, NamesAFileAsWrittenAndWhereItWasFound) {
  write_sprites(20, 10);
  write_plain(in("labels.idx"), "nonsense");
  EXPECT_THAT(errors_of(sprites_on(9, 11)),
              ElementsAre("synthesis.sprites.idx.labels: labels.idx (DIR/labels.idx): starts with 0x6e6f6e73, expected "
                          "0x00000801 (IDX labels)"));
  EXPECT_THAT(
      errors_of("synthesis { canvas { height: 9 width: 11 } sprites { idx { images: 'images.idx' labels: '" +
                in("labels.idx") + "' } } }"),
      ElementsAre("synthesis.sprites.idx.labels: DIR/labels.idx: starts with 0x6e6f6e73, expected 0x00000801 (IDX "
                  "labels)"));
}

TEST_F(OpenSourceTest, RefusesLabelsThatDoNotBelongToTheImages) {
  write_sprites(20, 10);
  write_plain(in("labels.idx"), idx_labels(19, 10));
  EXPECT_THAT(
      errors_of(sprites_on(9, 11)),
      ElementsAre("synthesis.sprites.idx.labels: labels.idx (DIR/labels.idx): has 19 labels, expected 20: one for "
                  "each picture of images.idx (DIR/images.idx)"));
}

TEST_F(OpenSourceTest, RefusesLabelsOutOfRange) {
  write_sprites(20, 10);
  EXPECT_THAT(errors_of("synthesis { canvas { height: 9 width: 11 } "
                        "sprites { idx { images: 'images.idx' labels: 'labels.idx' classes: 7 } } }"),
              ElementsAre("synthesis.sprites.idx.labels: labels.idx (DIR/labels.idx): label 7 of sample 7 (from 0), "
                          "expected 0..6 (classes: 7); labels out of range: 6"));
}

TEST_F(OpenSourceTest, RefusesPicturesLargerThanTheCanvas) {
  write_sprites(20, 10);
  const std::string message =
      "synthesis.canvas: box outside the canvas: the pictures of images.idx (DIR/images.idx) are 4 x 3, the canvas is ";
  EXPECT_THAT(errors_of(sprites_on(3, 11)), ElementsAre(message + "3 x 11 (height x width, pixels)"));
  EXPECT_THAT(errors_of(sprites_on(9, 2)), ElementsAre(message + "9 x 2 (height x width, pixels)"));
  EXPECT_THAT(errors_of(sprites_on(4, 3)), ElementsAre());
}

TEST_F(OpenSourceTest, RefusesChannelsThatNoPictureHas) {
  write_sprites(20, 10);
  const std::string sprites = "sprites { idx { images: 'images.idx' labels: 'labels.idx' } }";
  EXPECT_THAT(errors_of("synthesis { canvas { height: 9 width: 9 channels: 4 } " + sprites + " }"),
              ElementsAre("synthesis.canvas.channels: is 4, expected 1 to 3"));
}

TEST_F(OpenSourceTest, RefusesToTakeMoreThanThereIs) {
  write_sprites(20, 10);
  EXPECT_THAT(errors_of(sprites_on(9, 11, "", "take: 21")), ElementsAre("take: is 21, but there are 20 samples"));
  EXPECT_THAT(errors_of(sprites_on(9, 11, "samples: 50", "take: 51")),
              ElementsAre("take: is 51, but there are 50 samples"));
}

TEST_F(OpenSourceTest, RefusesASourceOfNoKind) {
  EXPECT_THAT(errors_of(""), ElementsAre("synthesis: is missing: there is nothing to draw samples from"));
}

TEST_F(OpenSourceTest, TellsAllErrorsAtOnce) {
  write_plain(in("images.idx"), idx_images(20, 4, 3));
  write_plain(in("labels.idx"), idx_labels(21, 10));
  EXPECT_THAT(
      errors_of("synthesis { canvas { height: 3 width: 9 channels: 9 } "
                "sprites { idx { images: 'images.idx' labels: 'labels.idx' classes: 9 } } }"),
      ElementsAre("synthesis.canvas.channels: is 9, expected 1 to 3",
                  "synthesis.sprites.idx.labels: labels.idx (DIR/labels.idx): label 9 of sample 9 (from 0), "
                  "expected 0..8 (classes: 9); labels out of range: 2",
                  "synthesis.sprites.idx.labels: labels.idx (DIR/labels.idx): has 21 labels, expected 20: one for "
                  "each picture of images.idx (DIR/images.idx)",
                  "synthesis.canvas: box outside the canvas: the pictures of images.idx (DIR/images.idx) are 4 x "
                  "3, the canvas is 3 x 9 (height x width, pixels)"));
}

}  // namespace
}  // namespace thaw
