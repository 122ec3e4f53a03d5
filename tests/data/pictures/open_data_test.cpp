#include "runner/data/open_data.h"

#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OpenDataTest : public PictureTest {
 protected:
  OpenedData open_both(const std::string& text, std::uint64_t seed = 1) {
    Data data;
    const ParsedText parsed = parse_text(text, "test", data);
    for (const Diagnostic& finding : parsed.findings) ADD_FAILURE() << finding.text();
    OpenContext opened = context();
    opened.seed = seed;
    opened.tell_progress = [this](std::int64_t done, std::int64_t total) { told_.emplace_back(done, total); };
    std::vector<SourceError> errors;
    OpenedData result = open_data(data, opened, errors);
    errors_.clear();
    for (const SourceError& error : errors) errors_.push_back(error.field + ": " + without_folder(error.message));
    for (std::string& warning : result.warnings) warning = without_folder(warning);
    return result;
  }

  // The numbers (see numbered_picture) of a set's pictures.
  static std::set<int> numbers_of(const SampleSource& source) {
    std::set<int> numbers;
    for (std::int64_t i = 0; i < source.size(); ++i) {
      numbers.insert(static_cast<int>(std::lround(value_at(draw(source, 0, i), source, 0, 0, 0) * 255)));
    }
    return numbers;
  }

  std::vector<std::string> errors_;
  std::vector<std::pair<std::int64_t, std::int64_t>> told_;
};

const std::string kTrain = "train { image_folder { path: 'pets' } } ";
const std::string kBoth = kTrain + "validation { image_folder { path: 'others' } } ";

TEST_F(OpenDataTest, TellsHowFarItIs) {
  write_pets(4, 4);
  write_pets(2, 2, "others", 50);
  open_both(kBoth);
  const auto end_of_training = std::find(told_.begin(), told_.end(), std::pair<std::int64_t, std::int64_t>(8, 8));
  ASSERT_NE(end_of_training, told_.end());
  EXPECT_TRUE(std::is_sorted(told_.begin(), end_of_training));
  EXPECT_EQ(told_.back(), (std::pair<std::int64_t, std::int64_t>(4, 4)));
}

TEST_F(OpenDataTest, OpensBothSets) {
  write_pets(4, 4);
  write_pets(2, 2, "others", 50);
  const OpenedData data = open_both(kBoth);
  EXPECT_THAT(errors_, IsEmpty());
  EXPECT_THAT(data.warnings, IsEmpty());
  EXPECT_EQ(data.train->size(), 8);
  EXPECT_EQ(data.validation->size(), 4);
  EXPECT_EQ(open_both(kTrain).validation, nullptr);
}

TEST_F(OpenDataTest, SetsAShareOfThePicturesAside) {
  write_pets(12, 8);
  const OpenedData data = open_both(kTrain + "validation_split: 0.25");
  EXPECT_THAT(errors_, IsEmpty());
  EXPECT_THAT(data.train->class_counts(), ElementsAre(9, 6));
  EXPECT_THAT(data.validation->class_counts(), ElementsAre(3, 2));
  EXPECT_EQ(data.train->description(), "image folder pets, 15 of 20 pictures, scaled to 8x6");
  std::set<int> all = numbers_of(*data.train), judged = numbers_of(*data.validation);
  for (const int number : judged) EXPECT_TRUE(all.insert(number).second) << number << " is in both";
  EXPECT_EQ(all.size(), 20U);
  EXPECT_EQ(numbers_of(*open_both(kTrain + "validation_split: 0.25").validation), judged);
  EXPECT_NE(numbers_of(*open_both(kTrain + "validation_split: 0.25", 2).validation), judged);
}

TEST_F(OpenDataTest, NeverAugmentsWhatIsSetAside) {
  write_pets(12, 8);
  const OpenedData data = open_both(
      "train { image_folder { path: 'pets' } augmentation { random_brightness {} } variants: 2 } validation_split: "
      "0.25");
  EXPECT_EQ(data.train->variants(), 2);
  EXPECT_EQ(data.validation->variants(), 1);
  EXPECT_EQ(data.validation->augmentation(), "");
  EXPECT_EQ(data.train->augmentation(), "brightness changed by up to 20 %; 2 variants of each sample");
}

TEST_F(OpenDataTest, TakesBeforeItSetsAside) {
  write_pets(12, 8);
  const OpenedData data = open_both("train { image_folder { path: 'pets' } take: 10 } validation_split: 0.2");
  EXPECT_THAT(data.train->class_counts(), ElementsAre(5, 3));
  EXPECT_THAT(data.validation->class_counts(), ElementsAre(1, 1));
}

TEST_F(OpenDataTest, RefusesASplitThatSetsNothingAside) {
  write_pets(2, 2);
  open_both(kTrain + "validation_split: 0.1");
  EXPECT_THAT(errors_,
              ElementsAre("validation_split: sets no picture aside: there are 4, and each class keeps at least "
                          "one to learn from"));
}

TEST_F(OpenDataTest, FindsPicturesThatAreInBothSets) {
  write_pets(6, 9);
  write_pets(6, 8, "others", 0);
  write_picture("others/dog/99.bmp", numbered_picture(0));
  open_both(kBoth);
  EXPECT_THAT(
      errors_,
      ElementsAre("validation: 15 of 15 pictures are in the training data too, pixel for pixel:\n"
                  "    cat/00.png is cat/00.png of the training data\n"
                  "    cat/01.png is cat/01.png of the training data\n"
                  "    cat/02.png is cat/02.png of the training data\n"
                  "    cat/03.png is cat/03.png of the training data\n"
                  "    cat/04.png is cat/04.png of the training data\n"
                  "    cat/05.png is cat/05.png of the training data\n"
                  "    dog/00.png is dog/00.png of the training data\n"
                  "    dog/01.png is dog/01.png of the training data\n"
                  "    dog/02.png is dog/02.png of the training data\n"
                  "    dog/03.png is dog/03.png of the training data\n"
                  "    and 5 more\n"
                  "  expected pictures that training has not seen; data.allow_leakage: true makes this a warning"));
}

TEST_F(OpenDataTest, WarnsOfLeakageThatIsAllowed) {
  write_pets(3, 3);
  write_pets(2, 2, "others", 50);
  write_picture("others/dog/same.bmp", numbered_picture(4));
  const OpenedData data = open_both(kBoth + "allow_leakage: true");
  EXPECT_THAT(errors_, IsEmpty());
  EXPECT_THAT(data.warnings, ElementsAre("validation data: 1 of 5 pictures are in the training data too, pixel for "
                                         "pixel:\n    dog/same.bmp is dog/01.png of the training data"));
}

TEST_F(OpenDataTest, LooksForLeakageInWhatIsUsedOnly) {
  write_pets(10, 10);
  write_pets(1, 1, "others", 0);
  int leaks = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    open_both("train { image_folder { path: 'pets' } take: 4 } validation { image_folder { path: 'others' } }", seed);
    leaks += errors_.empty() ? 0 : 1;
  }
  EXPECT_GT(leaks, 2);
  EXPECT_LT(leaks, 18);
}

TEST_F(OpenDataTest, TakesTheNextPictureForOneThatCannotBeRead) {
  write_pets(10, 10);
  const std::string text = "train { image_folder { path: 'pets' } take: 8 skip_unreadable: true }";
  const std::set<int> whole = numbers_of(*open_both(text).train);
  EXPECT_EQ(whole.size(), 8U);
  const int victim = *whole.begin();
  write_bytes("pets/cat/" + two_digits(victim) + ".png", "torn");
  const OpenedData data = open_both(text);
  EXPECT_THAT(data.train->class_counts(), ElementsAre(4, 4));
  std::set<int> rest = whole;
  rest.erase(victim);
  const std::set<int> found = numbers_of(*data.train);
  EXPECT_TRUE(std::includes(found.begin(), found.end(), rest.begin(), rest.end()));
  EXPECT_THAT(data.warnings,
              ElementsAre("train data: image folder pets: left out 1 picture that cannot be read:\n    cat/" +
                          two_digits(victim) +
                          ".png: is no JPEG, PNG, BMP, WebP or TIFF: it begins with the bytes 74 6f 72 6e"));
  open_both("train { image_folder { path: 'pets' } take: 8 }");
  EXPECT_THAT(errors_,
              ElementsAre("train.image_folder.path: 1 of 8 pictures cannot be read:\n    cat/" + two_digits(victim) +
                          ".png: is no JPEG, PNG, BMP, WebP or TIFF: it begins with the bytes 74 6f 72 6e\n"
                          "  expected pictures that can be read; skip_unreadable: true leaves out those that "
                          "cannot"));
}

TEST_F(OpenDataTest, CannotTakeMoreThanCanBeRead) {
  write_pets(2, 2);
  write_bytes("pets/cat/00.png", "");
  open_both("train { image_folder { path: 'pets' } take: 4 skip_unreadable: true }");
  EXPECT_THAT(errors_,
              ElementsAre("train.take: is 4, but only 3 of 4 pictures can be read:\n    cat/00.png: is empty"));
  open_both("train { image_folder { path: 'pets' } take: 5 }");
  EXPECT_THAT(errors_, ElementsAre("train.take: is 5, but there are 4 samples"));
}

TEST_F(OpenDataTest, HasTheSameClassesInBothSets) {
  write_pets(2, 2);
  write_picture("others/dog/1.png", numbered_picture(70));
  const OpenedData data = open_both(kBoth);
  EXPECT_THAT(errors_, IsEmpty());
  EXPECT_THAT(data.validation->class_counts(), ElementsAre(0, 1));
  EXPECT_THAT(data.warnings, ElementsAre("validation data: others (DIR/others): has no pictures of class \"cat\""));
  write_picture("others/cat/1.png", numbered_picture(71));
  open_both(kTrain + "validation { image_folder { path: 'others' classes: ['dog', 'cat'] } }");
  EXPECT_THAT(errors_, ElementsAre("validation: class 0 (from 0) is \"dog\", but in the training data it is \"cat\""));
}

TEST_F(OpenDataTest, SaysWhatIsWrongWithBothSets) {
  open_both(kBoth);
  EXPECT_THAT(errors_, ElementsAre("train.image_folder.path: pets: no such file; looked for DIR/pets",
                                   "validation.image_folder.path: others: no such file; looked for DIR/others"));
}

TEST_F(OpenDataTest, JudgesPicturesByTrainingOnSynthesizedOnes) {
  write_plain(in("images.idx"), idx_images(20, 4, 3));
  write_plain(in("labels.idx"), idx_labels(20, 3));
  const OpenedData data = open_both(
      "train { synthesis { canvas { height: 6 width: 8 channels: 3 } sprites { idx { images: 'images.idx' labels: "
      "'labels.idx' classes: 5 } } } } validation { idx { images: 'images.idx' labels: 'labels.idx' } }");
  EXPECT_THAT(errors_, IsEmpty());
  EXPECT_EQ(data.validation->classes(), 5);
}

}  // namespace
}  // namespace thaw
