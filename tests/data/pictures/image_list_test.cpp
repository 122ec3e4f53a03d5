#include "runner/data/pictures/csv.h"
#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::vector<std::string>> fields_of(const std::string& text, std::vector<std::string>& problems) {
  const Csv csv = parse_csv(text, "list", problems);
  std::vector<std::vector<std::string>> rows = {csv.header.fields};
  for (const CsvRow& row : csv.rows) rows.push_back(row.fields);
  return rows;
}

TEST(Csv, ReadsRfc4180) {
  std::vector<std::string> problems;
  EXPECT_THAT(fields_of("\xef\xbb\xbf"
                        "a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n\r\n,\n\"\",z",
                        problems),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("x, \"y\"", "two\nlines"), ElementsAre("", ""),
                          ElementsAre("", "z")));
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(fields_of("", problems), ElementsAre(IsEmpty()));
}

TEST(Csv, SaysWhereItIsWrong) {
  std::vector<std::string> problems;
  fields_of("a,b\n1\n\"x\ny\",2\n\"x\"y,2\n1,2,3\n\"open,2\n", problems);
  EXPECT_THAT(problems,
              ElementsAre("list: line 2: has 1 fields, but the header names 2 columns",
                          "list: line 5: text goes on after the closing quote of a field; a quote inside quotes is "
                          "written \"\"",
                          "list: line 6: has 3 fields, but the header names 2 columns",
                          "list: line 7: the quote that opens a field is never closed",
                          "list: line 7: has 1 fields, but the header names 2 columns"));
}

class ImageListTest : public PictureTest {
 protected:
  void write_list(const std::string& text) const {
    for (int i = 0; i < 4; ++i) write_picture("pics/" + std::to_string(i) + ".png", numbered_picture(i));
    write_bytes("pics/list.csv", text);
  }

  static std::string list(const std::string& more = {}) { return "image_list { path: 'pics/list.csv' " + more + " }"; }
};

TEST_F(ImageListTest, HasOneLabelALine) {
  write_list("label,note,image\ndog,x,0.png\ncat,y,1.png\ndog,z,2.png\n");
  const auto source = open_at(list());
  EXPECT_THAT(source->class_names(), ElementsAre("cat", "dog"));
  EXPECT_THAT(source->class_counts(), ElementsAre(1, 2));
  EXPECT_EQ(source->description(), "image list pics/list.csv, 3 pictures, scaled to 8x6");
  EXPECT_THAT(labels_of(draw(*source, 0, 0)), ElementsAre(1));
  EXPECT_EQ(value_at(draw(*source, 0, 2), *source, 0, 0, 0), 2 / 255.0F);
}

TEST_F(ImageListTest, HasSeveralLabelsALineOrNone) {
  write_list("file,tags\n0.png,sun | sea\n1.png,\n2.png,sea\n3.png, sky|sun|sea\n");
  const auto source = open_at(list("image_column: 'file' label_column: 'tags'"));
  EXPECT_THAT(source->class_names(), ElementsAre("sea", "sky", "sun"));
  EXPECT_THAT(source->class_counts(), ElementsAre(3, 1, 2));
  EXPECT_EQ(source->max_objects(), 3);
  EXPECT_EQ(source->min_objects(), 0);
  EXPECT_THAT(labels_of(draw(*source, 0, 0)), ElementsAre(0, 2));
  EXPECT_THAT(labels_of(draw(*source, 0, 1)), IsEmpty());
  EXPECT_THAT(labels_of(draw(*source, 0, 3)), ElementsAre(0, 1, 2));
}

TEST_F(ImageListTest, SurvivesAnEmptySeparator) {
  write_list("image,label\n0.png,a|b\n1.png,c\n");
  EXPECT_THAT(open_at(list("separator: ''"))->class_names(), ElementsAre("a|b", "c"));
}

TEST_F(ImageListTest, HasOneColumnAClass) {
  write_list("sun,image,sea\n1,0.png,1\n0,1.png,0\n 1 ,2.png,0\n");
  const auto source = open_at(list("class_column: ['sea', 'sun']"));
  EXPECT_THAT(source->class_names(), ElementsAre("sea", "sun"));
  EXPECT_THAT(labels_of(draw(*source, 0, 0)), ElementsAre(0, 1));
  EXPECT_THAT(labels_of(draw(*source, 0, 1)), IsEmpty());
  EXPECT_THAT(labels_of(draw(*source, 0, 2)), ElementsAre(1));
}

TEST_F(ImageListTest, FindsPicturesInAnotherFolder) {
  write_list("image,label\n0.png,a\n1.png,b\n");
  write_bytes("lists/l.csv", "image,label\n0.png,a\n1.png,b\n");
  EXPECT_EQ(open_at("image_list { path: 'lists/l.csv' folder: 'pics' }")->size(), 2);
  EXPECT_THAT(picture_errors("image_list { path: 'lists/l.csv' folder: 'pix' }"),
              ElementsAre("image_list.folder: pix: no such file; looked for DIR/pix"));
  EXPECT_THAT(picture_errors("image_list { path: 'lists/l.csv' }"),
              ElementsAre("image_list.path: 2 of 2 pictures cannot be read:\n"
                          "    0.png: no such file\n"
                          "    1.png: no such file\n"
                          "  expected pictures that can be read; skip_unreadable: true leaves out those that cannot"));
}

TEST_F(ImageListTest, SaysWhichLineIsWrong) {
  const std::string begin = "image_list.path: pics/list.csv (DIR/pics/list.csv): ";
  write_list("");
  EXPECT_THAT(picture_errors(list()), ElementsAre(begin + "is empty; expected a line that names the columns"));
  write_list("image,label\n");
  EXPECT_THAT(picture_errors(list()), ElementsAre(begin + "names no pictures"));
  write_list("\nimages,label\n0.png,a\n");
  EXPECT_THAT(picture_errors(list()),
              ElementsAre(begin + "line 2: has no column \"image\"; it has images, label; nearest: images"));
  write_list("image,label\n0.png,a|\n1.png,b|b\n,a\n");
  EXPECT_THAT(picture_errors(list()),
              ElementsAre(begin + "line 2: has an empty label beside \"|\"",
                          begin + "line 3: has the label \"b\" twice", begin + "line 4: names no picture"));
  write_list("image,label\n0.png,cat\n1.png,dgo\n");
  EXPECT_THAT(
      picture_errors(list("classes: ['cat', 'dog']")),
      ElementsAre(begin + "line 3: has the label \"dgo\", which is none of the classes cat, dog; nearest: dog"));
  write_list("image,a,b\n0.png,1,0\n1.png,yes,\n");
  EXPECT_THAT(picture_errors(list("class_column: ['a', 'b']")),
              ElementsAre(begin + "line 3: has \"yes\" in column \"a\", expected 0 or 1",
                          begin + "line 3: has \"\" in column \"b\", expected 0 or 1"));
  write_list("image,label\n0.png,\n1.png,\n");
  EXPECT_THAT(picture_errors(list()), ElementsAre(begin + "no line has a label in column \"label\""));
  write_list("image,label\n\xff.png,x\n");
  EXPECT_THAT(picture_errors(list()), ElementsAre(begin + "is no UTF-8 text"));
  std::string many = "image,label\n";
  for (int i = 0; i < 30; ++i) many += "x\n";
  write_list(many);
  const auto errors = picture_errors(list());
  ASSERT_EQ(errors.size(), 21U);
  EXPECT_EQ(errors[0], begin + "line 2: has 1 fields, but the header names 2 columns");
  EXPECT_EQ(errors[20], begin + "and 10 more mistakes like these");
}

TEST_F(ImageListTest, ValidationFollowsTheClassesOfTraining) {
  write_list("image,label\n0.png,b\n");
  OpenContext validation = context({6, 8, 3}, "validation");
  validation.class_names = {"a", "b"};
  EXPECT_THAT(labels_of(draw(*open_at(list(), validation), 0, 0)), ElementsAre(1));
  validation.class_names = {"a", "c"};
  EXPECT_THAT(picture_errors(list(), validation),
              ElementsAre("image_list.path: pics/list.csv (DIR/pics/list.csv): line 2: has the label \"b\", which is "
                          "none of the classes a, c"));
}

}  // namespace
}  // namespace thaw
