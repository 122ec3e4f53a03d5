#include <unistd.h>

#include <filesystem>

#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

class ImageFolderTest : public PictureTest {};

const std::string kPets = "image_folder { path: 'pets' }";

TEST_F(ImageFolderTest, HasOneClassAFolder) {
  write_pets(3, 2);
  const auto source = open_at(kPets);
  EXPECT_EQ(source->size(), 5);
  EXPECT_THAT(source->class_names(), ElementsAre("cat", "dog"));
  EXPECT_THAT(source->class_counts(), ElementsAre(3, 2));
  EXPECT_EQ(source->description(), "image folder pets, 5 pictures, scaled to 8x6");
  EXPECT_FALSE(source->has_boxes());
  EXPECT_EQ(source->variants(), 1);
  EXPECT_EQ(source->max_objects(), 1);
  EXPECT_THAT(source->warnings(), IsEmpty());
  for (int i = 0; i < 5; ++i) {
    const DrawnSample sample = draw(*source, 3, i);
    EXPECT_THAT(labels_of(sample), ElementsAre(i < 3 ? 0 : 1));
    for (const int y : {0, 5}) {
      for (const int x : {0, 7}) {
        EXPECT_EQ(value_at(sample, *source, 0, y, x), static_cast<float>(i) / 255.0F);
        EXPECT_EQ(value_at(sample, *source, 1, y, x), static_cast<float>(y * 16) / 255.0F);
        EXPECT_EQ(value_at(sample, *source, 2, y, x), static_cast<float>(x * 16) / 255.0F);
      }
    }
  }
}

TEST_F(ImageFolderTest, UsesTheClassesThatAreNamedInTheirOrder) {
  write_pets(3, 2);
  write_picture("pets/eel/0.png", numbered_picture(99));
  const auto source = open_at("image_folder { path: 'pets' classes: ['eel', 'cat'] }");
  EXPECT_THAT(source->class_names(), ElementsAre("eel", "cat"));
  EXPECT_THAT(source->class_counts(), ElementsAre(1, 3));
}

TEST_F(ImageFolderTest, ReadsNamesOfEveryKind) {
  for (const char* folder : {"grüße und küsse", "<script>alert(1)<br>", "猫"}) {
    write_picture("pets/" + std::string(folder) + "/a b\"&.png", numbered_picture(1 + folder[0] % 50));
  }
  write_picture("pets/odd\n\x1b\xff/x.JPEG", numbered_picture(5));
  const auto source = open_at(kPets);
  EXPECT_THAT(source->class_names(),
              ElementsAre("<script>alert(1)<br>", "grüße und küsse", "odd\\x0a\\x1b\\xff", "猫"));
  EXPECT_EQ(source->size(), 4);
}

TEST_F(ImageFolderTest, WalksIntoFoldersAndFollowsLinks) {
  write_pets(1, 1);
  write_picture("pets/cat/young/9.png", numbered_picture(9));
  write_picture("elsewhere/eels/1.png", numbered_picture(11));
  fs::create_directory_symlink(in("elsewhere/eels"), in("pets/eel"));
  fs::create_symlink(in("elsewhere/eels/1.png"), in("pets/dog/7.png"));
  fs::create_directory_symlink(in("pets"), in("pets/cat/circle"));
  const auto source = open_at(kPets);
  EXPECT_THAT(source->class_names(), ElementsAre("cat", "dog", "eel"));
  EXPECT_THAT(source->class_counts(), ElementsAre(2, 2, 1));
  EXPECT_THAT(
      warnings_of(*source),
      ElementsAre("train data: pets (DIR/pets): 1 entry is no picture by name (or hidden, or a link to a folder) "
                  "and left out: cat/circle",
                  "train data: 1 pair of identical pictures with different labels:\n"
                  "    dog/7.png (dog) and eel/1.png (eel)"));
}

TEST_F(ImageFolderTest, LeavesOutWhatIsNoPictureByName) {
  write_pets(1, 1);
  for (const char* name :
       {"pets/README", "pets/cat/Thumbs.db", "pets/cat/a.gif", "pets/.cache/x.png", "pets/dog/.x.png"}) {
    write_bytes(name, "x");
  }
  const auto source = open_at(kPets);
  EXPECT_EQ(source->size(), 2);
  EXPECT_THAT(warnings_of(*source),
              ElementsAre("train data: pets (DIR/pets): 5 entries are no picture by name (or hidden, or a link to a "
                          "folder) and left out: .cache, README, cat/Thumbs.db and 2 more"));
}

TEST_F(ImageFolderTest, SaysWhatIsMissing) {
  EXPECT_THAT(picture_errors(kPets), ElementsAre("image_folder.path: pets: no such file; looked for DIR/pets"));
  write_bytes("pets", "a file");
  EXPECT_THAT(picture_errors(kPets), ElementsAre("image_folder.path: pets (DIR/pets): is no folder"));
  fs::remove(in("pets"));
  fs::create_directory(in("pets"));
  const std::string no_folders =
      "image_folder.path: pets (DIR/pets): has no folders; expected one folder of pictures for each class, named after "
      "it";
  EXPECT_THAT(picture_errors(kPets), ElementsAre(no_folders));
  write_picture("pets/1.png", numbered_picture(1));
  EXPECT_THAT(picture_errors(kPets), ElementsAre(no_folders));
  write_picture("pets/cat/1.png", numbered_picture(1));
  EXPECT_THAT(picture_errors(kPets),
              ElementsAre("image_folder.path: pets (DIR/pets): has only one class, \"cat\": there "
                          "is nothing to tell it from"));
  write_bytes("pets/dog/notes.txt", "x");
  EXPECT_THAT(
      picture_errors(kPets),
      ElementsAre("image_folder.path: pets (DIR/pets): the folder \"dog\" has no pictures (JPEG, PNG, BMP, WebP "
                  "or TIFF, told by their names)"));
  EXPECT_THAT(picture_errors("image_folder { path: 'pets' classes: ['cat', 'dgo'] }"),
              ElementsAre("image_folder.classes[1]: pets (DIR/pets): has no folder \"dgo\"; it has cat, dog; nearest: "
                          "dog"));
}

TEST_F(ImageFolderTest, CannotReadAFolderThatMayNotBeRead) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser may read everything";
  write_pets(1, 1);
  fs::permissions(in("pets/dog"), fs::perms::none);
  EXPECT_THAT(picture_errors(kPets), ElementsAre("image_folder.path: DIR/pets/dog: cannot be read: Permission denied"));
  fs::permissions(in("pets/dog"), fs::perms::owner_all);
}

TEST_F(ImageFolderTest, ListsEveryPictureThatCannotBeRead) {
  write_pets(3, 2);
  write_bytes("pets/cat/01.png", "");
  write_bytes("pets/dog/00.png", "GIF89a");
  fs::create_symlink(in("nowhere"), in("pets/dog/07.png"));
  EXPECT_THAT(picture_errors(kPets),
              ElementsAre("image_folder.path: 3 of 6 pictures cannot be read:\n"
                          "    cat/01.png: is empty\n"
                          "    dog/00.png: is no JPEG, PNG, BMP, WebP or TIFF: it begins with the bytes 47 49 46 38\n"
                          "    dog/07.png: no such file\n"
                          "  expected pictures that can be read; skip_unreadable: true leaves out those that cannot"));
  const auto source = open_at(kPets + " skip_unreadable: true");
  EXPECT_EQ(source->size(), 3);
  EXPECT_THAT(source->class_counts(), ElementsAre(2, 1));
  EXPECT_THAT(warnings_of(*source),
              ElementsAre("train data: image folder pets: left out 3 pictures that cannot be read:\n"
                          "    cat/01.png: is empty\n"
                          "    dog/00.png: is no JPEG, PNG, BMP, WebP or TIFF: it begins with the bytes 47 49 46 38\n"
                          "    dog/07.png: no such file"));
  EXPECT_EQ(source->description(), "image folder pets, 3 of 6 pictures, scaled to 8x6");
}

TEST_F(ImageFolderTest, CannotDoWithoutAnyPicture) {
  write_bytes("pets/cat/1.png", "");
  write_bytes("pets/dog/1.png", "");
  EXPECT_THAT(picture_errors(kPets + " skip_unreadable: true"),
              ElementsAre("image_folder.path: none of the 2 pictures can be read:\n"
                          "    cat/1.png: is empty\n"
                          "    dog/1.png: is empty"));
}

TEST_F(ImageFolderTest, RefusesAnInputThatPicturesCannotHave) {
  write_pets(1, 1);
  EXPECT_THAT(picture_errors(kPets, context({6, 8, 4})),
              ElementsAre(": has pictures that are grey (1) or colour (3), but the model's input has 4 channels"));
  EXPECT_THAT(picture_errors(kPets + " resizing { mode: CROP_TO_ASPECT_RATIO short_side: 7 }"),
              ElementsAre("resizing.short_side: is less than the 8 pixels of the model's input"));
}

TEST_F(ImageFolderTest, ValidationFollowsTheClassesOfTraining) {
  write_pets(2, 2);
  OpenContext validation = context({6, 8, 3}, "validation");
  validation.class_names = {"bee", "cat", "dog"};
  const auto source = open_at(kPets, validation);
  EXPECT_THAT(source->class_names(), ElementsAre("bee", "cat", "dog"));
  EXPECT_THAT(source->class_counts(), ElementsAre(0, 2, 2));
  EXPECT_THAT(warnings_of(*source), ElementsAre("validation data: pets (DIR/pets): has no pictures of class \"bee\""));
  validation.class_names = {"cat", "eel"};
  EXPECT_THAT(
      picture_errors(kPets, validation),
      ElementsAre("image_folder.path: pets (DIR/pets): has a folder \"dog\", but training has no such class; it "
                  "has cat, eel"));
}

TEST_F(ImageFolderTest, NoticesPicturesThatChangeWhileTraining) {
  write_pets(1, 1);
  OpenContext sparing = context();
  sparing.picture_memory_bytes = 0;
  const auto source = open_at(kPets, sparing);
  const auto complaint = [&] {
    try {
      draw(*source, 0, 0);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("fine");
  };
  EXPECT_EQ(complaint(), "fine");
  write_picture("pets/cat/00.png", numbered_picture(77));
  EXPECT_EQ(complaint(), "cat/00.png: shows something else than when the run began");
  fs::remove(in("pets/cat/00.png"));
  EXPECT_EQ(complaint(), "cat/00.png: could be read when the run began, now it cannot: no such file");
  // The truth alone needs no picture.
  Object object;
  int count = 0;
  source->draw(0, 0, {nullptr, &object, &count, nullptr});
  EXPECT_EQ(count, 1);
}

TEST_F(ImageFolderTest, DrawsTheSameWhateverIsKeptInMemory) {
  write_pets(3, 3);
  const std::string text = kPets + " augmentation { random_rotation { degrees: 30 } } augmentation { mixup {} }";
  const auto all = open_at(text);
  for (const std::int64_t bytes : {0, 300, 100'000}) {
    OpenContext sparing = context();
    sparing.picture_memory_bytes = bytes;
    const auto some = open_at(text, sparing);
    EXPECT_EQ(some->fingerprint(), all->fingerprint());
    for (int i = 0; i < 6; ++i) EXPECT_EQ(draw(*some, 2, i), draw(*all, 2, i)) << bytes;
  }
}

}  // namespace
}  // namespace thaw
