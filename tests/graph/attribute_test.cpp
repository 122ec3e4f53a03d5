#include "graph/attribute.h"

#include <gmock/gmock.h>

#include "graph/shape.h"
#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"

namespace thaw {
namespace {

TEST(Attributes, GiveTheirValueOrTheFallback) {
  const Attributes attributes{
      {"axis", std::int64_t{1}}, {"alpha", 0.5}, {"mode", "same"}, {"pads", std::vector<std::int64_t>{1, 2}}};
  EXPECT_EQ(attributes.integer("axis"), 1);
  EXPECT_EQ(attributes.real("alpha"), 0.5);
  EXPECT_EQ(attributes.text("mode"), "same");
  EXPECT_THAT(attributes.integers("pads"), ::testing::ElementsAre(1, 2));
  EXPECT_EQ(attributes.integer("group", 3), 3);
  EXPECT_EQ(attributes.real("beta", 2), 2);
  EXPECT_EQ(attributes.text("none", "x"), "x");
  EXPECT_THAT(attributes.integers("strides", {4}), ::testing::ElementsAre(4));
  EXPECT_TRUE(attributes.has("axis"));
  EXPECT_FALSE(attributes.has("group"));
}

TEST(Attributes, RefuseAnotherType) {
  const Attributes attributes{{"alpha", 0.5}};
  EXPECT_EQ(message_of<InternalError>([&] { attributes.integer("alpha"); }),
            "attribute alpha has another type than it is read as");
}

TEST(Attributes, PrintByName) {
  const Attributes attributes{{"pads", std::vector<std::int64_t>{1, 2}},
                              {"alpha", 0.5},
                              {"empty", std::vector<std::int64_t>{}},
                              {"mode", "same"}};
  EXPECT_EQ(to_text(attributes), "alpha=0.5 empty=[] mode=same pads=[1,2]");
  EXPECT_EQ(to_text(Attributes{}), "");
}

TEST(Shape, PrintsAndCounts) {
  EXPECT_EQ(to_text(Shape{64, 16, 73, 73}), "64x16x73x73");
  EXPECT_EQ(to_text(Shape{}), "scalar");
  EXPECT_EQ(to_text(TensorType{DType::kInt32, {7}}), "i32 7");
  EXPECT_EQ(to_text(TensorType{DType::kFloat32, {2, 3}}), "f32 2x3");
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({2, 3, 4}), 24);
  EXPECT_EQ(byte_count({DType::kInt32, {5}}), 20);
}

TEST(Shape, RefusesToOverflow) {
  EXPECT_EQ(message_of<InternalError>([] {
              element_count({1LL << 40, 1LL << 40});
            }),
            "shape 1099511627776x1099511627776 is too large");
}

}  // namespace
}  // namespace thaw
