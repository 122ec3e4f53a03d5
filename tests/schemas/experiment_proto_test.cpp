// The schema itself: what `thaw explain` promises about every field must be there and make sense.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>

#include "schemas/documentation.h"
#include "schemas/field_places.h"
#include "schemas/rule_words.h"

namespace thaw {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

TEST(ExperimentProto, DocumentsEveryField) {
  std::set<std::string> bare;
  for (const FieldPlace& place : all_fields(documented_experiment())) {
    const Descriptor* type = place.field->message_type();
    if (comment_of(*place.field).empty() && (type == nullptr || comment_of(*type).empty())) bare.insert(place.path);
    if (type != nullptr && comment_of(*type).empty()) bare.insert(type->name());
  }
  EXPECT_EQ(bare, std::set<std::string>{});
}

TEST(ExperimentProto, DocumentsEveryEnumeration) {
  std::set<std::string> bare;
  const google::protobuf::FileDescriptor& file = *documented_experiment().file();
  for (int i = 0; i < file.enum_type_count(); ++i) {
    if (comment_of(*file.enum_type(i)).empty()) bare.insert(file.enum_type(i)->name());
    for (int k = 0; k < file.enum_type(i)->value_count(); ++k) {
      if (comment_of(*file.enum_type(i)->value(k)).empty()) bare.insert(file.enum_type(i)->value(k)->name());
    }
  }
  EXPECT_EQ(bare, std::set<std::string>{});
}

double default_of(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return field.default_value_int32();
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(field.default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return field.default_value_uint32();
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(field.default_value_uint64());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return field.default_value_double();
    default:
      return 0;
  }
}

TEST(ExperimentProto, HasDefaultsWithinTheirLimits) {
  for (const FieldPlace& place : all_fields(documented_experiment())) {
    const FieldRules& r = rules_of(*place.field);
    if (!place.field->has_default_value()) continue;
    EXPECT_FALSE(r.required()) << place.path << " is required: its default never applies";
    const double value = default_of(*place.field);
    EXPECT_GE(value, r.has_min() ? r.min() : value) << place.path;
    EXPECT_LE(value, r.has_max() ? r.max() : value) << place.path;
    EXPECT_TRUE(!r.has_above() || value > r.above()) << place.path;
    EXPECT_TRUE(!r.has_below() || value < r.below()) << place.path;
  }
}

TEST(ExperimentProto, SaysInWordsWhatEveryPatternMeans) {
  for (const FieldPlace& place : all_fields(documented_experiment())) {
    EXPECT_EQ(rules_of(*place.field).has_pattern(), rules_of(*place.field).has_pattern_note()) << place.path;
  }
}

TEST(RuleWords, PrintNumbersShortAndExact) {
  EXPECT_EQ(number_words(0.1), "0.1");
  EXPECT_EQ(number_words(1e6), "1000000");
  EXPECT_EQ(number_words(1e-7), "1e-07");
  EXPECT_EQ(number_words(1e300), "1e+300");
  EXPECT_EQ(number_words(-0.0), "0");
}

TEST(RuleWords, ListAlternatives) {
  EXPECT_EQ(one_of_words({}), "");
  EXPECT_EQ(one_of_words({"a"}), "a");
  EXPECT_EQ(one_of_words({"a", "b"}), "a or b");
  EXPECT_EQ(one_of_words({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace thaw
