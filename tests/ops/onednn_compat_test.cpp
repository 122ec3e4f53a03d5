// Layouts taken apart and made again: the same answers from oneDNN 2.x and 3.x.
#include "ops/device/cpu/onednn_compat.h"

#include <gmock/gmock.h>

#include "ops/device.h"
#include "ops/device/cpu/onednn_compat_describe.h"
#include "ops/device/cpu/onednn_compat_order.h"

namespace thaw::cpu {
namespace {

using dnnl::memory;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using Tag = memory::format_tag;
using Type = memory::data_type;

memory::desc picture(Tag tag, Type type = Type::f32) { return {{2, 17, 3, 5}, type, tag}; }

TEST(OneDnn, LoadsTheLibraryThatItWasCompiledWith) {
  const std::string expected = "oneDNN " + std::to_string(DNNL_VERSION_MAJOR) + "." +
                               std::to_string(DNNL_VERSION_MINOR) + "." + std::to_string(DNNL_VERSION_PATCH);
  EXPECT_EQ(make_cpu_device(1)->kernel_library(), expected);
}

TEST(OneDnn, NamesTheInstructionSet) { EXPECT_THAT(isa_text(), MatchesRegex("(sse|avx)[a-z0-9_]*")); }

TEST(Blocking, OfBlocks) {
  const auto blocking = blocking_of(picture(Tag::aBcd16b));
  ASSERT_TRUE(blocking);
  EXPECT_EQ(blocking->rank(), 4);
  EXPECT_THAT(blocking->extents, ElementsAre(2, 17, 3, 5));
  EXPECT_THAT(blocking->padded_extents, ElementsAre(2, 32, 3, 5));
  EXPECT_THAT(blocking->strides, ElementsAre(32 * 15, 16 * 15, 16 * 5, 16));
  ASSERT_EQ(blocking->inner.size(), 1U);
  EXPECT_EQ(blocking->inner[0].axis, 1);
  EXPECT_EQ(blocking->inner[0].size, 16);
}

TEST(Blocking, OfSeveralBlocksFromOutermostToInnermost) {
  const auto blocking = blocking_of({{32, 32, 3, 3}, Type::f32, Tag::ABcd4b16a4b});
  ASSERT_TRUE(blocking);
  ASSERT_EQ(blocking->inner.size(), 3U);
  std::vector<std::pair<int, std::int64_t>> inner;
  for (const auto& block : blocking->inner) inner.emplace_back(block.axis, block.size);
  EXPECT_THAT(inner, ElementsAre(std::pair(1, 4), std::pair(0, 16), std::pair(1, 4)));
}

TEST(Blocking, OfStridesAlone) {
  const auto blocking = blocking_of(picture(Tag::acdb));
  ASSERT_TRUE(blocking);
  EXPECT_THAT(blocking->strides, ElementsAre(17 * 15, 1, 17 * 5, 17));
  EXPECT_TRUE(blocking->inner.empty());
}

TEST(Blocking, OfNothingToTakeApart) {
  EXPECT_FALSE(blocking_of(memory::desc()));
  EXPECT_FALSE(blocking_of(picture(Tag::any)));
  const auto part = picture(Tag::abcd).submemory_desc({1, 17, 3, 5}, {1, 0, 0, 0});
  EXPECT_FALSE(blocking_of(part));
}

TEST(FormatText, NamesAxesThenBlocks) {
  EXPECT_EQ(format_text(picture(Tag::abcd)), "abcd");
  EXPECT_EQ(format_text(picture(Tag::acdb)), "acdb");
  EXPECT_EQ(format_text(picture(Tag::aBcd16b)), "aBcd16b");
  EXPECT_EQ(format_text({{32, 32, 3, 3}, Type::f32, Tag::ABcd4b16a4b}), "ABcd4b16a4b");
  EXPECT_EQ(format_text(picture(Tag::aBcd16b, Type::bf16)), "bf16:aBcd16b");
  EXPECT_EQ(format_text(picture(Tag::any)), "opaque");
}

TEST(ReshapedLike, KeepsOrderAndNumbers) {
  for (const Type type : {Type::f32, Type::bf16}) {
    for (const Tag tag : {Tag::abcd, Tag::acdb, Tag::aBcd8b, Tag::aBcd16b}) {
      const memory::desc expected({2, 17, 6, 10}, type, tag);
      EXPECT_EQ(reshaped_like(picture(tag, type), {2, 17, 6, 10}), expected) << format_text(expected);
      EXPECT_EQ(ordered_like(picture(tag, type), {2, 17, 6, 10}), expected);
    }
  }
}

TEST(WithDataType, KeepsTheOrderOfPictures) {
  for (const Tag tag : {Tag::abcd, Tag::acdb, Tag::aBcd4b, Tag::aBcd8b, Tag::aBcd16b}) {
    EXPECT_EQ(with_data_type(picture(tag), Type::bf16), picture(tag, Type::bf16)) << format_text(picture(tag));
  }
  const memory::desc turned({2, 3}, Type::f32, memory::dims{1, 2}), turned_bf16({2, 3}, Type::bf16, memory::dims{1, 2});
  EXPECT_EQ(with_data_type(turned, Type::bf16), turned_bf16);
}

TEST(WithDataType, IsRowMajorWhereTheOrderCannotBeHad) {
  const memory::desc pairs({32, 32, 3, 3}, Type::bf16, Tag::ABcd8b16a2b);
  EXPECT_EQ(with_data_type(pairs, Type::f32), memory::desc({32, 32, 3, 3}, Type::f32, Tag::abcd));
}

TEST(Describe, AnEmptyBiasIsNone) {
  const auto any = [](const memory::dims& dims) { return memory::desc(dims, Type::f32, Tag::any); };
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const auto product = describe<dnnl::inner_product_forward>(engine, {}, dnnl::prop_kind::forward_training, any({2, 3}),
                                                             any({4, 3}), memory::desc(), any({2, 4}));
  EXPECT_EQ(product.bias_desc(), memory::desc());
}

}  // namespace
}  // namespace thaw::cpu
