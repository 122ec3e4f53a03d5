// Layers that join, grow and pad pictures, against numbers worked out by hand from Keras's definitions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/zoo/run_layers.h"

namespace thaw {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

const std::string kRow = "input { height: 1 width: 2 channels: 1 } ";

TEST(UpSampling2D, RepeatsRowsAndColumns) {
  const LayerOutput grown = run_layers(kRow + "layer { up_sampling2d { size: [2, 3] } }", {1, 2});
  EXPECT_EQ(grown.shape, (Shape{1, 1, 2, 6}));
  EXPECT_THAT(grown.values, ElementsAre(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2));
}

TEST(UpSampling2D, WeighsTheNearestByTheirDistance) {
  const LayerOutput grown = run_layers(kRow + "layer { up_sampling2d { interpolation: BILINEAR } }", {1, 2});
  EXPECT_THAT(grown.values, ElementsAre(1, 1.25, 1.75, 2, 1, 1.25, 1.75, 2));
}

TEST(UpSampling2D, BringsSmallPicturesToALargeNetwork) {
  const ComposedModel model = composed(
      "input { height: 32 width: 32 channels: 3 } layer { up_sampling2d { size: 7 } } layer { zoo { name: 'resnet50' } "
      "} "
      "layer { global_average_pooling2d {} }");
  EXPECT_EQ(model.layers[0].type, "UpSampling2D 7x7");
  EXPECT_EQ(model.layers[1].output_shape, (Shape{2048, 7, 7}));
  EXPECT_EQ(model.layers[2].output_shape, (Shape{2048}));
}

TEST(ZeroPadding2D, TakesOneTwoOrFourNumbers) {
  EXPECT_THAT(run_layers(kRow + "layer { zero_padding2d {} }", {1, 2}).values,
              ElementsAre(0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0));
  EXPECT_THAT(run_layers(kRow + "layer { zero_padding2d { padding: [0, 1] } }", {1, 2}).values,
              ElementsAre(0, 1, 2, 0));
  const LayerOutput uneven = run_layers(kRow + "layer { zero_padding2d { padding: [1, 0, 2, 0] } }", {1, 2});
  EXPECT_EQ(uneven.shape, (Shape{1, 1, 2, 4}));
  EXPECT_THAT(uneven.values, ElementsAre(0, 0, 0, 0, 0, 0, 1, 2));
  EXPECT_EQ(
      findings_of_model(kRow + "layer { zero_padding2d { padding: [1, 2, 3] } }"),
      "model.layer[0].zero_padding2d.padding: layer \"zero_padding2d\": takes one number, two (height, width) or four "
      "(top, bottom, left, right)");
}

TEST(DepthwiseConv2D, KeepsChannelsApart) {
  const std::string model =
      "input { height: 2 width: 2 channels: 2 } layer { name: 'd' depthwise_conv2d { kernel_size: 2 depth_multiplier: "
      "3 "
      "activation: RELU } }";
  const LayerOutput sums =
      run_layers(model, {1, 2, 3, 4, -1, -2, -3, -4}, {{"d/depthwise_kernel", 1.0F}, {"d/bias", 0.5F}});
  EXPECT_EQ(sums.shape, (Shape{1, 6, 1, 1}));
  EXPECT_THAT(sums.values, ElementsAre(10.5, 10.5, 10.5, 0, 0, 0));
  const LayerInfo layer = composed(model).layers[0];
  EXPECT_EQ(layer.parameters, 2 * 3 * 4 + 6);
  EXPECT_EQ(layer.type, "DepthwiseConv2D 2x2, 3 for each channel, relu");
}

TEST(DepthwiseConv2D, CountsFansAsKeras) {
  const ComposedModel model =
      composed("input { height: 9 width: 9 channels: 4 } layer { depthwise_conv2d { kernel_size: 3 } }");
  EXPECT_EQ(model.parameters[0].fan_in, 4 * 9);
  EXPECT_EQ(model.parameters[0].fan_out, 9);
}

TEST(GlobalMaxPooling2D, GivesTheLargestOfEachChannel) {
  const LayerOutput largest =
      run_layers("input { height: 1 width: 3 channels: 2 } layer { global_max_pooling2d {} }", {1, 3, 2, -1, -3, -2});
  EXPECT_EQ(largest.shape, (Shape{1, 2}));
  EXPECT_THAT(largest.values, ElementsAre(3, -1));
}

TEST(Rescaling, TakesChannelsInReverseOrderBeforeItsNumbers) {
  const std::string model =
      "input { height: 1 width: 2 channels: 3 } layer { rescaling { scale: [1, 2, 3] offset: [10, 20, 30] "
      "reverse_channels: true } }";
  EXPECT_THAT(run_layers(model, {1, 2, 3, 4, 5, 6}).values, ElementsAre(15, 16, 26, 28, 33, 36));
  EXPECT_EQ(composed(model).layers[0].type, "Rescaling, channels reversed");
}

TEST(Add, SumsAsManyAsAreNamed) {
  const std::string model = kRow + "layer { name: 'a' rescaling { scale: -2 } } ";
  const std::string more = "layer { name: 'b' from: 'image' rescaling { scale: 10 } } ";
  EXPECT_THAT(run_layers(model + more + "layer { from: ['image', 'a', 'b'] add {} }", {1, -2}).values,
              ElementsAre(9, -18));
  EXPECT_THAT(run_layers(model + "layer { from: ['image', 'a'] add { activation: RELU } }", {1, -2}).values,
              ElementsAre(0, 2));
  const LayerInfo layer = composed(model + "layer { from: ['image', 'a'] add { activation: RELU } }").layers[1];
  EXPECT_EQ(layer.from, "image, a");
  EXPECT_EQ(layer.type, "Add, relu");
}

TEST(Add, RefusesOtherShapes) {
  EXPECT_EQ(findings_of_model(kRow + "layer { name: 'p' zero_padding2d {} } layer { from: ['image', 'p'] add {} }"),
            "model.layer[1].from[1]: layer \"add\": adds layers of one shape, but has 1x1x2 and 1x3x4");
}

TEST(Concatenate, PutsChannelsBesideEachOther) {
  const std::string model =
      kRow + "layer { name: 'a' rescaling { scale: 3 } } layer { from: ['a', 'image'] concatenate {} }";
  const LayerOutput both = run_layers(model, {1, 2});
  EXPECT_EQ(both.shape, (Shape{1, 2, 1, 2}));
  EXPECT_THAT(both.values, ElementsAre(3, 6, 1, 2));
  EXPECT_THAT(
      run_layers(kRow + "layer { name: 'a' flatten {} } layer { from: ['a', 'a'] concatenate {} }", {1, 2}).values,
      ElementsAre(1, 2, 1, 2));
}

TEST(Concatenate, RefusesOtherSizes) {
  EXPECT_EQ(findings_of_model(kRow + "layer { name: 'f' flatten {} } layer { from: ['image', 'f'] concatenate {} }"),
            "model.layer[1].from[1]: layer \"concatenate\": puts layers of one height and width beside each other, but "
            "has 1x1x2 and 2");
}

}  // namespace
}  // namespace thaw
