// A network of the zoo as a layer: where it is cut, what it makes of pixels, what it refuses.
#include "zoo/zoo_layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "tests/train/experiment_text.h"
#include "tests/zoo/run_layers.h"
#include "zoo/catalogue.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::string pictures(int height, int width, int channels = 3) {
  return "input { height: " + std::to_string(height) + " width: " + std::to_string(width) +
         " channels: " + std::to_string(channels) + " } ";
}

std::string zoo(const std::string& fields) { return "layer { name: 'net' zoo { " + fields + " } }"; }

std::vector<std::string> names(const std::vector<ParameterInit>& parameters) {
  std::vector<std::string> found;
  for (const ParameterInit& parameter : parameters) found.push_back(parameter.name);
  return found;
}

TEST(ZooLayer, IsCutWhereUntilSays) {
  const LayerInfo layer = composed(pictures(150, 150) + zoo("name: 'inception_v3' until: 'mixed7'")).layers[0];
  EXPECT_EQ(layer.output_shape, (Shape{768, 7, 7}));
  EXPECT_EQ(layer.parameters, 8975264);  // Keras
  EXPECT_EQ(layer.type, "Zoo inception_v3, until mixed7");
  EXPECT_EQ(layer.inner.back().name, "net/mixed7");
  EXPECT_EQ(layer.inner.back().from, "net/activation_60, net/activation_63, net/activation_68, net/activation_69");
}

TEST(ZooLayer, HasNothingThatItsCutDoesNotNeed) {
  const ComposedModel model = composed(pictures(96, 96) + zoo("name: 'inception_v3' until: 'conv2d_9'"));
  std::vector<std::string> kernels;
  for (const std::string& name : names(model.parameters)) {
    if (name.ends_with("/kernel")) kernels.push_back(name);
  }
  EXPECT_THAT(kernels,
              ElementsAre("net/conv2d/kernel", "net/conv2d_1/kernel", "net/conv2d_2/kernel", "net/conv2d_3/kernel",
                          "net/conv2d_4/kernel", "net/conv2d_8/kernel", "net/conv2d_9/kernel"));
}

TEST(ZooLayer, CallsParametersAsKerasDoes) {
  EXPECT_THAT(names(composed(pictures(64, 64) + zoo("name: 'mobilenet_v1' until: 'conv_dw_1_bn'")).parameters),
              UnorderedElementsAre("net/conv1/kernel", "net/conv1_bn/gamma", "net/conv1_bn/beta",
                                   "net/conv1_bn/moving_mean", "net/conv1_bn/moving_variance",
                                   "net/conv_dw_1/depthwise_kernel", "net/conv_dw_1_bn/gamma", "net/conv_dw_1_bn/beta",
                                   "net/conv_dw_1_bn/moving_mean", "net/conv_dw_1_bn/moving_variance"));
}

TEST(ZooLayer, ANormalizationWithoutScaleHasNoneToLearn) {
  const ComposedModel model = composed(pictures(75, 75) + zoo("name: 'inception_v3' until: 'activation'"));
  EXPECT_THAT(names(model.parameters),
              UnorderedElementsAre("net/conv2d/kernel", "net/batch_normalization/ones", "net/batch_normalization/beta",
                                   "net/batch_normalization/moving_mean", "net/batch_normalization/moving_variance"));
  EXPECT_EQ(model.parameters[1].role, ParameterRole::kConstant);
  EXPECT_EQ(model.layers[0].parameters, 864 + 96);
  EXPECT_EQ(model.layers[0].trainable_parameters, 864 + 32);
}

TEST(ZooLayer, ListsPaddingsThatItsConvolutionsTakeOver) {
  const LayerInfo layer = composed(pictures(64, 96) + zoo("name: 'resnet50' until: 'conv1_conv'")).layers[0];
  EXPECT_EQ(layer.inner[1].name, "net/conv1_pad");
  EXPECT_EQ(layer.inner[1].output_shape, (Shape{3, 70, 102}));
  EXPECT_EQ(layer.output_shape, (Shape{64, 32, 48}));
}

TEST(ZooLayer, MayEndInAPadding) {
  const LayerOutput padded =
      run_layers(pictures(1, 2) + zoo("name: 'resnet50' until: 'conv1_pad' preprocessing: false"), {1, 2, 3, 4, 5, 6});
  ASSERT_EQ(padded.shape, (Shape{1, 3, 7, 8}));
  EXPECT_EQ(padded.values[3 * 8 + 3], 1);
  EXPECT_EQ(padded.values[3 * 8 + 4], 2);
  EXPECT_EQ(padded.values[2 * 56 + 3 * 8 + 4], 6);
  EXPECT_EQ(std::accumulate(padded.values.begin(), padded.values.end(), 0.0F), 21);
}

TEST(ZooLayer, KeepsOfItsOldStatisticsWhatItIsTold) {
  const auto momenta = [](const std::string& fields) {
    std::vector<double> found;
    for (const RunningStatistic& statistic : composed(pictures(32, 32) + zoo(fields), true).running) {
      found.push_back(statistic.momentum);
    }
    return found;
  };
  const std::string two = "name: 'resnet20' until: 'batch_normalization_1' ";
  EXPECT_THAT(momenta(two), ElementsAre(0.99, 0.99, 0.99, 0.99));
  EXPECT_THAT(momenta(two + "batch_norm_momentum: 0.8"), ElementsAre(0.8, 0.8, 0.8, 0.8));
  EXPECT_THAT(momenta(two + "batch_norm_momentum: 0"), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(momenta("name: 'mobilenet_v2' until: 'bn_Conv1'"), ElementsAre(0.999, 0.999)) << "its authors'";
}

// ---- pixels

/// What a network makes of one pixel of (0.2, 0.5, 1): its first padding's middle.
std::vector<float> prepared(const std::string& name, const std::string& until) {
  const LayerOutput padded =
      run_layers(pictures(1, 1) + zoo("name: '" + name + "' until: '" + until + "'"), {0.2F, 0.5F, 1});
  const auto height = static_cast<std::size_t>(padded.shape[2]), width = static_cast<std::size_t>(padded.shape[3]);
  std::vector<float> middle;
  for (std::size_t c = 0; c < 3; ++c)
    middle.push_back(padded.values[c * height * width + height / 2 * width + width / 2]);
  return middle;
}

void expect_near(const std::vector<float>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5 * std::abs(expected[i]));
}

TEST(ZooPreprocessing, TurnsToBlueGreenRedLessTheMean) {
  expect_near(prepared("resnet50", "conv1_pad"), {255 - 103.939, 127.5 - 116.779, 51 - 123.68});
}

TEST(ZooPreprocessing, StandardizesByImageNet) {
  const std::vector<double> expected{(0.2 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (1 - 0.406) / 0.225};
  expect_near(prepared("densenet121", "zero_padding2d"), expected);
  expect_near(prepared("efficientnet_b0", "rescaling_1"), expected);
}

TEST(ZooPreprocessing, StretchesToMinusOneAndOne) {
  const ComposedModel model = composed(pictures(75, 75) + zoo("name: 'inception_v3' until: 'conv2d'"));
  EXPECT_THAT(names(model.parameters), ElementsAre("net/conv2d/kernel"));
  // Every output sums 27 pixels of 2 * 0.75 - 1.
  const std::vector<float> grey(3 * 9, 0.75F);
  const LayerOutput sum =
      run_layers(pictures(3, 3) + zoo("name: 'inception_v3' until: 'conv2d'"), grey, {{"net/conv2d/kernel", 1.0F}});
  EXPECT_NEAR(sum.values[0], 27 * 0.5, 1e-5);
}

TEST(ZooPreprocessing, IsNeitherTrainedNorCounted) {
  const ComposedModel model = composed(pictures(32, 32) + zoo("name: 'resnet18' until: 'conv1'"), true);
  EXPECT_THAT(names(model.parameters),
              ElementsAre("net/preprocessing/scale", "net/preprocessing/offset", "net/conv1/kernel"));
  EXPECT_EQ(model.parameters[0].role, ParameterRole::kConstant);
  EXPECT_EQ(model.layers[0].parameters, 64 * 3 * 49);
}

TEST(ZooPreprocessing, CanBeTurnedOff) {
  const ComposedModel model =
      composed(pictures(32, 32, 1) + zoo("name: 'resnet18' until: 'conv1' preprocessing: false"));
  EXPECT_THAT(names(model.parameters), ElementsAre("net/conv1/kernel"));
  EXPECT_EQ(composed(pictures(64, 64) + zoo("name: 'efficientnet_b0' preprocessing: false")).layers[0].parameters,
            4049571 - 7);
}

// ---- what it refuses

TEST(ZooLayer, RefusesPicturesThatAreTooSmall) {
  EXPECT_EQ(findings_of_model(pictures(74, 100) + zoo("name: 'inception_v3'")),
            "model.layer[0].zoo: layer \"net\": inception_v3 takes pictures of at least 75x75, but \"image\" gives "
            "74x100\n  expected larger pictures, or an up_sampling2d layer before it");
  EXPECT_EQ(findings_of_model(pictures(75, 75) + zoo("name: 'inception_v3'")), "fine");
  EXPECT_EQ(findings_of_model(pictures(31, 31) + "layer { name: 'net' from: 'image' zoo { name: 'vgg16' } }"),
            "model.layer[0].from[0]: layer \"net\": vgg16 takes pictures of at least 32x32, but \"image\" gives "
            "31x31\n  expected larger pictures, or an up_sampling2d layer before it");
}

TEST(ZooLayer, TakesSmallerPicturesWhereItIsCutEarly) {
  EXPECT_EQ(findings_of_model(pictures(20, 20) + zoo("name: 'inception_v3' until: 'mixed2'")),
            "model.layer[0].zoo: layer \"net\": inception_v3 until mixed2 takes pictures of at least 27x27, but "
            "\"image\" gives 20x20\n  expected larger pictures, or an up_sampling2d layer before it");
  EXPECT_EQ(findings_of_model(pictures(26, 27) + zoo("name: 'inception_v3' until: 'mixed2'")),
            "model.layer[0].zoo: layer \"net\": inception_v3 until mixed2 takes pictures of at least 27x27, but "
            "\"image\" gives 26x27\n  expected larger pictures, or an up_sampling2d layer before it");
  EXPECT_EQ(findings_of_model(pictures(27, 27) + zoo("name: 'inception_v3' until: 'mixed2'")), "fine");
}

TEST(ZooLayer, RefusesOtherChannelsThanItsPreprocessingTakes) {
  EXPECT_EQ(findings_of_model(pictures(32, 32, 1) + zoo("name: 'resnet50'")),
            "model.layer[0].zoo: layer \"net\": the preprocessing of resnet50 (BGR, 255 x - (103.939, 116.779, "
            "123.68)) takes 3 channels, but \"image\" gives 1\n"
            "  expected channels: 3, or preprocessing: false, which takes any number of channels");
  EXPECT_EQ(findings_of_model(pictures(32, 32, 1) + zoo("name: 'resnet20'")), "fine");
  EXPECT_EQ(findings_of_model(pictures(32, 32, 1) + zoo("name: 'mobilenet_v2'")), "fine");
  EXPECT_EQ(
      findings_of_model(pictures(32, 32, 1) + zoo("name: 'efficientnet_b0'")),
      "model.layer[0].zoo: layer \"net\": the preprocessing of efficientnet_b0 (RGB, (x - (0.485, 0.456, 0.406)) / "
      "(0.229, 0.224, 0.225)) takes 3 channels, but \"image\" gives 1\n"
      "  expected channels: 3, or preprocessing: false, which takes any number of channels");
}

TEST(ZooLayer, RefusesWhatIsNoPicture) {
  EXPECT_EQ(findings_of_model(pictures(32, 32) + "layer { name: 'flat' flatten {} } " + zoo("name: 'vgg16'")),
            "model.layer[1].zoo: layer \"net\": vgg16 takes a picture (channels x height x width), but \"flat\" gives "
            "3072\n  expected a layer that gives pictures");
}

TEST(ZooLayer, TorchvisionsClassifiersGiveNumbersThatALossCannotTake) {
  const std::string training =
      "train { batch_size: 2 optimizer { sgd {} } loss { output: 'net' categorical_cross_entropy {} } }";
  EXPECT_EQ(findings_of(experiment_of("model { " + pictures(32, 32) +
                                      zoo("name: 'resnet18' include_top: true classes: 3") + " } " + training)),
            "model.layer[0].zoo: \"net\" does not end in Softmax, but its categorical_cross_entropy needs one\n"
            "  expected a layer { activation { function: SOFTMAX } } behind it, with the loss");
}

// ---- checks that need no picture

std::vector<std::string> checks(const std::string& fields) {
  std::vector<std::string> found;
  for (const Diagnostic& finding :
       check_zoo(experiment_of("model { layer { zoo { " + fields + " } } }").model().layer(0).zoo())) {
    found.push_back(finding.text());
  }
  return found;
}

TEST(ZooChecks, EveryLayerOfEveryNetworkWillDo) {
  for (const ZooEntry& entry : zoo_catalogue()) {
    const Network network = entry.describe(entry.classes, true);
    EXPECT_TRUE(network.has_top()) << entry.name;
    std::set<std::string> taken;
    for (const InnerLayer& inner : network.layers()) {
      EXPECT_TRUE(taken.insert(inner.name).second) << entry.name << " has two layers " << inner.name;
      EXPECT_THAT(checks("name: '" + entry.name + "' include_top: true until: '" + inner.name + "'"), ElementsAre());
    }
  }
}

TEST(ZooChecks, TheResolvedFileOfARunPasses) {
  EXPECT_THAT(checks("name: 'resnet50' include_top: false classes: 1000 preprocessing: true"), ElementsAre());
}

}  // namespace
}  // namespace thaw
