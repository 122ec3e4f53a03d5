// Parameters against Keras 3.15 (count_params(), running statistics included) and torchvision 0.29 (parameters(),
// learned ones alone), not against what thaw said once.
#include <gtest/gtest.h>

#include "tests/zoo/run_layers.h"
#include "zoo/catalogue.h"

namespace thaw {
namespace {

struct Published {
  const char* name;
  std::int64_t without_top, with_top;
};

LayerInfo network(const std::string& name, bool include_top) {
  const ZooEntry& entry = *find_zoo_entry(name);
  const std::string size = std::to_string(entry.input_size);
  return composed("input { height: " + size + " width: " + size + " channels: 3 } layer { zoo { name: '" + name + "' " +
                  (include_top ? "include_top: true classes: " + std::to_string(entry.classes) : "") + " } }")
      .layers.at(0);
}

class KerasCount : public ::testing::TestWithParam<Published> {};

TEST_P(KerasCount, IsKept) {
  EXPECT_EQ(network(GetParam().name, false).parameters, GetParam().without_top);
  EXPECT_EQ(network(GetParam().name, true).parameters, GetParam().with_top);
}

const Published kKeras[] = {{"resnet50", 23587712, 25636712},
                            {"resnet101", 42658176, 44707176},
                            {"resnet152", 58370944, 60419944},
                            {"inception_v3", 21802784, 23851784},
                            {"vgg16", 14714688, 138357544},
                            {"vgg19", 20024384, 143667240},
                            {"mobilenet_v1", 3228864, 4253864},
                            {"mobilenet_v1_075", 1832976, 2601976},
                            {"mobilenet_v1_050", 829536, 1342536},
                            {"mobilenet_v1_025", 218544, 475544},
                            {"mobilenet_v2", 2257984, 3538984},
                            {"efficientnet_b0", 4049571, 5330571},
                            {"densenet121", 7037504, 8062504},
                            // Keras's example for CIFAR-10, whose classifier has 64 x 10 + 10 numbers.
                            {"resnet20", 274442 - 650, 274442},
                            {"resnet32", 470218 - 650, 470218},
                            {"resnet44", 665994 - 650, 665994},
                            {"resnet56", 861770 - 650, 861770}};
const auto name_of = [](const auto& test) { return std::string(test.param.name); };
INSTANTIATE_TEST_SUITE_P(Zoo, KerasCount, ::testing::ValuesIn(kKeras), name_of);

class TorchvisionCount : public ::testing::TestWithParam<Published> {};

TEST_P(TorchvisionCount, IsKept) {
  EXPECT_EQ(network(GetParam().name, false).trainable_parameters, GetParam().without_top);
  EXPECT_EQ(network(GetParam().name, true).trainable_parameters, GetParam().with_top);
}

const Published kTorchvision[] = {{"resnet18", 11176512, 11689512},
                                  {"resnet34", 21284672, 21797672},
                                  {"squeezenet1_0", 735424, 1248424},
                                  {"squeezenet1_1", 722496, 1235496}};
INSTANTIATE_TEST_SUITE_P(Zoo, TorchvisionCount, ::testing::ValuesIn(kTorchvision), name_of);

TEST(ZooCounts, HaveNoGap) { EXPECT_EQ(std::size(kKeras) + std::size(kTorchvision), zoo_catalogue().size()); }

TEST(ZooCounts, InnerLayersAddUp) {
  for (const ZooEntry& entry : zoo_catalogue()) {
    const LayerInfo whole = network(entry.name, true);
    std::int64_t parameters = 0, trainable = 0, flops = 0;
    for (const LayerInfo& inner : whole.inner) {
      parameters += inner.parameters;
      trainable += inner.trainable_parameters;
      flops += inner.flops;
    }
    EXPECT_EQ(parameters, whole.parameters) << entry.name;
    EXPECT_EQ(trainable, whole.trainable_parameters) << entry.name;
    EXPECT_EQ(flops, whole.flops) << entry.name;
  }
}

}  // namespace
}  // namespace thaw
