#include <map>

#include "tests/data/source_test.h"

namespace thaw {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

class FingerprintTest : public SourceTest {
 protected:
  std::string fingerprint(const Source& source, const std::string& purpose = "train", std::uint64_t seed = 1) const {
    std::vector<SourceError> errors;
    const auto opened = open_source(source, {.roots = roots(), .seed = seed, .split = purpose}, errors);
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
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->SetDouble(&message, field, reflection->GetDouble(message, field) * 1.01);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->SetString(&message, field, reflection->GetString(message, field) + "7");
    default:
      FAIL() << "no other value for " << field->full_name();
  }
}

// Calls `visit(path, message, field)` for each field of `message` that holds a value, at any depth. All must be set,
// but for the alternatives of a oneof.
template <typename Visit>
void for_each_value(Message& message, const std::string& path, const Visit& visit) {
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
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

TEST_F(FingerprintTest, DependsOnEveryFieldOfTheRecipe) {
  write_sprites(20, 10);
  const std::string idx = "sprites { idx { images: 'images.idx' labels: 'labels.idx' classes: 10 } }";
  const std::string glyphs =
      "glyphs { characters: '0123' size: 20 scale_min: 0.7 scale_max: 1.1 slant: 20 rotation: 15 thickness_max: 3 }";
  const std::set<std::string> changes_nothing = {"shuffle", "synthesis.sprites.idx.images",
                                                 "synthesis.sprites.idx.labels"};
  // `take` and `samples` both say how many there are; the smaller one counts.
  const std::set<std::string> hidden = {"synthesis.samples"};
  for (const std::string& sprites : {idx, glyphs}) {
    Source source = parse(std::string("synthesis { ") + kCommon + sprites + " } take: 17 shuffle: true");
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
