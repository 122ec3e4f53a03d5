#include <map>

#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

class FingerprintTest : public PictureTest {
 protected:
  std::string fingerprint(const Source& source, const std::string& purpose = "train", std::uint64_t seed = 1) const {
    return fingerprint(source, {.roots = roots(), .seed = seed, .split = purpose, .input = {8, 8, 3}});
  }

  std::string fingerprint(const Source& source, const OpenContext& context) const {
    std::vector<SourceError> errors;
    const auto opened = open_source(source, context, errors);
    for (const SourceError& error : errors) ADD_FAILURE() << error.field << ": " << error.message;
    return opened == nullptr ? "" : opened->fingerprint();
  }
};

// Another valid value.
void change(Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->SetBool(&message, field, !reflection->GetBool(message, field));
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->SetInt32(&message, field, reflection->GetInt32(message, field) + 1);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->SetInt64(&message, field, reflection->GetInt64(message, field) + 1);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* values = field->enum_type();
      const int next = (reflection->GetEnumValue(message, field) + 1) % values->value_count();
      return reflection->SetEnumValue(&message, field, next);
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->SetDouble(&message, field, reflection->GetDouble(message, field) * 1.01);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->SetString(&message, field, reflection->GetString(message, field) + "7");
    default:
      FAIL() << "no other value for " << field->full_name();
  }
}

// Calls `visit(path, message, field)` for each field of `message` that holds a value, at any depth. All must be set,
// but for the alternatives of a oneof; elements of repeated messages are visited each, other repeated fields have tests
// of their own.
template <typename Visit>
void for_each_value(Message& message, const std::string& path, const Visit& visit) {
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->is_repeated()) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      const int size = message.GetReflection()->FieldSize(message, field);
      ASSERT_GT(size, 0) << field->full_name() << ": new? give it a value in this test";
      for (int k = 0; k < size; ++k) {
        for_each_value(*message.GetReflection()->MutableRepeatedMessage(&message, field, k),
                       path + field->name() + "[" + std::to_string(k) + "].", visit);
      }
      continue;
    }
    const bool is_set = message.GetReflection()->HasField(message, field);
    if (!is_set && field->containing_oneof() != nullptr) continue;
    ASSERT_TRUE(is_set) << field->full_name() << ": new? give it a value in this test";
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      for_each_value(*message.GetReflection()->MutableMessage(&message, field), path + field->name() + ".", visit);
    } else {
      visit(path + field->name(), message, field);
    }
  }
}

constexpr const char* kCommon =
    "canvas { height: 80 width: 81 channels: 1 } objects { min: 1 max: 2 overlap: true } samples: 18 noise: 0.1 "
    "same_every_epoch: false ";

constexpr const char* kOnEverySource =
    "shuffle: true skip_unreadable: true variants: 2 resizing { mode: CROP_TO_ASPECT_RATIO short_side: 10 } "
    "augmentation { random_flip { mode: VERTICAL } } "
    "augmentation { random_translation { height_factor: 0.1 width_factor: 0.2 } } "
    "augmentation { random_rotation { degrees: 10 } } augmentation { random_zoom { min: 0.8 max: 1.3 } } "
    "augmentation { random_crop { padding: 3 } } augmentation { random_brightness { delta: 0.1 } } "
    "augmentation { random_contrast { delta: 0.2 } } augmentation { random_saturation { delta: 0.3 } } "
    "augmentation { random_hue { degrees: 30 } } augmentation { cutout { size: 0.3 } } "
    "augmentation { mixup { alpha: 0.4 } } ";

TEST_F(FingerprintTest, DependsOnEveryFieldOfTheRecipe) {
  write_sprites(20, 10);
  const std::string idx = "sprites { idx { images: 'images.idx' labels: 'labels.idx' classes: 10 } }";
  const std::string glyphs =
      "glyphs { characters: '0123' size: 20 scale_min: 0.7 scale_max: 1.1 slant: 20 rotation: 15 thickness_max: 3 }";
  // Sizes of pictures from files, and what is done with those that cannot be read, are nothing to synthesized samples.
  const std::set<std::string> changes_nothing = {"shuffle",
                                                 "skip_unreadable",
                                                 "resizing.mode",
                                                 "resizing.short_side",
                                                 "synthesis.sprites.idx.images",
                                                 "synthesis.sprites.idx.labels"};
  // `take` and `samples` both say how many there are; the smaller one counts.
  const std::set<std::string> hidden = {"synthesis.samples"};
  for (const std::string& sprites : {idx, glyphs}) {
    Source source = parse(std::string("synthesis { ") + kCommon + sprites + " } take: 17 " + kOnEverySource);
    const std::string original = fingerprint(source);
    EXPECT_EQ(original.size(), 64U);
    std::map<std::string, std::string> seen = {{original, "the original"}};
    for_each_value(source, "", [&](const std::string& path, Message& message, const FieldDescriptor* field) {
      if (path.ends_with("idx.images") || path.ends_with("idx.labels")) return;
      const std::unique_ptr<Message> kept(message.New());
      kept->CopyFrom(message);
      change(message, field);
      const auto [same, is_new] = seen.emplace(fingerprint(source), path);
      EXPECT_EQ(is_new, !changes_nothing.contains(path) && !hidden.contains(path)) << path << " and " << same->second;
      message.CopyFrom(*kept);
    });
  }
}

// Which fields lead to the same pictures under another name, or say nothing of them.
const std::set<std::string> kNamesAndPlaces = {"shuffle",
                                               "skip_unreadable",
                                               "image_folder.path",
                                               "image_list.path",
                                               "image_list.folder",
                                               "image_list.image_column",
                                               "image_list.label_column",
                                               "image_list.separator",
                                               "idx.images",
                                               "idx.labels"};

TEST_F(FingerprintTest, DependsOnEveryFieldOfPicturesFromFiles) {
  write_pets(9, 9);
  write_sprites(20, 10);
  write_bytes("batch.bin", std::string(3073 * 20, '\3'));
  std::string list = "image,label\n";
  for (int i = 0; i < 9; ++i) list += "cat/" + two_digits(i) + ".png,x\ndog/" + two_digits(i) + ".png,y\n";
  write_bytes("pets/list.csv", list);
  for (const std::string& kind :
       {std::string("image_folder { path: 'pets' }"),
        std::string("image_list { path: 'pets/list.csv' folder: 'pets' image_column: 'image' label_column: 'label' "
                    "separator: '|' }"),
        std::string("cifar10 { path: 'batch.bin' }"),
        std::string("idx { images: 'images.idx' labels: 'labels.idx' classes: 10 }")}) {
    Source source = parse(kind + " take: 16 " + kOnEverySource);
    const std::string original = fingerprint(source);
    std::map<std::string, std::string> seen = {{original, "the original"}};
    for_each_value(source, "", [&](const std::string& path, Message& message, const FieldDescriptor* field) {
      if (kNamesAndPlaces.contains(path) && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) return;
      const std::unique_ptr<Message> kept(message.New());
      kept->CopyFrom(message);
      change(message, field);
      const auto [same, is_new] = seen.emplace(fingerprint(source), path);
      EXPECT_EQ(is_new, !kNamesAndPlaces.contains(path)) << kind << " " << path << " and " << same->second;
      message.CopyFrom(*kept);
    });
  }
}

TEST_F(FingerprintTest, DependsOnWhatPicturesShowAndAreCalledOnly) {
  write_pets(3, 3);
  const auto of = [&](const std::string& text) { return fingerprint(parse(text)); };
  const std::string original = of("image_folder { path: 'pets' }");
  // The same pictures in another place, under other names, in another format.
  for (int i = 0; i < 3; ++i) {
    write_picture("moved/cat/x" + two_digits(i) + ".bmp", numbered_picture(i));
    write_picture("moved/dog/x" + two_digits(i) + ".bmp", numbered_picture(3 + i));
  }
  EXPECT_EQ(of("image_folder { path: 'moved' }"), original);
  EXPECT_EQ(
      of("image_folder { path: 'moved' classes: ['cat', 'dog'] } resizing { mode: STRETCH } skip_unreadable: true"),
      original);
  EXPECT_NE(of("image_folder { path: 'moved' classes: ['dog', 'cat'] }"), original);
  write_picture("moved/cat/x01.bmp", numbered_picture(42));
  EXPECT_NE(of("image_folder { path: 'moved' }"), original);
  // A list of the same pictures and labels is the same data; other labels, or another name of a class, are not.
  write_bytes("list.csv",
              "i,c\npets/cat/00.png,cat\npets/cat/01.png,cat\npets/cat/02.png,cat\npets/dog/00.png,dog\n"
              "pets/dog/01.png,dog\npets/dog/02.png,dog\n");
  const std::string columns = "image_column: 'i' label_column: 'c' ";
  EXPECT_EQ(of("image_list { path: 'list.csv' " + columns + "}"), original);
  EXPECT_NE(of("image_list { path: 'list.csv' " + columns + "classes: ['cat', 'dog', 'eel'] }"), original);
  write_bytes("list.csv",
              "i,c\npets/cat/00.png,cat\npets/cat/01.png,cat\npets/cat/02.png,cat\npets/dog/00.png,dog\n"
              "pets/dog/01.png,dog\npets/dog/02.png,cat\n");
  EXPECT_NE(of("image_list { path: 'list.csv' " + columns + "}"), original);
  // The network's input is part of it.
  EXPECT_NE(fingerprint(parse("image_folder { path: 'pets' }"), context({8, 9, 3})), original);
  EXPECT_NE(fingerprint(parse("image_folder { path: 'pets' }"), context({8, 8, 1})), original);
  // Nothing is drawn at random: neither seed nor split matter.
  EXPECT_EQ(fingerprint(parse("image_folder { path: 'pets' }"), "validation", 7), original);
}

TEST_F(FingerprintTest, DependsOnSeedAndPurpose) {
  write_sprites(20, 10);
  const Source source = parse(sprites_on(9, 11));
  const std::set<std::string> all = {fingerprint(source), fingerprint(source, "validation"),
                                     fingerprint(source, "train", 2)};
  EXPECT_EQ(all.size(), 3U);
}

TEST_F(FingerprintTest, DependsOnWhatIsInTheFilesNotOnWhereTheyAre) {
  write_sprites(20, 10);
  const std::string original = fingerprint(parse(sprites_on(9, 11)));
  std::filesystem::create_directory(in("elsewhere"));
  std::filesystem::rename(in("images.idx"), in("elsewhere/pictures"));
  const Source moved = parse(
      "synthesis { canvas { height: 9 width: 11 } sprites { idx { images: 'elsewhere/pictures' labels: 'labels.idx' } "
      "} }");
  EXPECT_EQ(fingerprint(moved), original);
  std::string bytes = idx_images(20, 4, 3);
  bytes.back() ^= 1;
  write_plain(in("elsewhere/pictures"), bytes);
  EXPECT_NE(fingerprint(moved), original);
  write_plain(in("elsewhere/pictures"), idx_images(20, 4, 3));
  write_plain(in("labels.idx"), idx_labels(20, 10).replace(8, 1, 1, '\5'));
  EXPECT_NE(fingerprint(moved), original);
}

TEST_F(FingerprintTest, IgnoresDefaultsWrittenOut) {
  write_sprites(20, 10);
  const Source written = parse(
      "synthesis { canvas { height: 9 width: 11 channels: 1 } objects { min: 1 max: 1 overlap: true } samples: 20 "
      "noise: 0 "
      "same_every_epoch: false sprites { idx { images: 'images.idx' labels: 'labels.idx' classes: 10 } } } take: 20");
  EXPECT_EQ(fingerprint(written), fingerprint(parse(sprites_on(9, 11))));
}

}  // namespace
}  // namespace thaw
