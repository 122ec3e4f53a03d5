#include "zoo/catalogue.h"

#include "zoo/families.h"

namespace thaw {
namespace {

using namespace preprocessings;
using Describe = Network (*)(std::int64_t, bool);

ZooEntry keras(const char* name, const Preprocessing& preprocessing, Describe describe) {
  return {.name = name, .source = "Keras", .preprocessing = &preprocessing, .describe = describe};
}

ZooEntry torchvision(const char* name, Describe describe) {
  return {.name = name, .source = "torchvision", .preprocessing = &kStandard, .describe = describe};
}

/// Of Keras's example for CIFAR-10.
ZooEntry cifar(const char* name, Describe describe) {
  return {.name = name,
          .source = "Keras's example",
          .input_size = 32,
          .least_size = 8,
          .classes = 10,
          .preprocessing = &kNone,
          .describe = describe};
}

std::vector<ZooEntry> make_catalogue() {
  std::vector<ZooEntry> all = {
      torchvision("resnet18",
                  [](std::int64_t classes, bool) {
                    return resnet_basic({2, 2, 2, 2}, classes);
                  }),
      torchvision("resnet34",
                  [](std::int64_t classes, bool) {
                    return resnet_basic({3, 4, 6, 3}, classes);
                  }),
      keras("resnet50", kCaffe,
            [](std::int64_t classes, bool) {
              return resnet_bottleneck({3, 4, 6, 3}, classes);
            }),
      keras("resnet101", kCaffe,
            [](std::int64_t classes, bool) {
              return resnet_bottleneck({3, 4, 23, 3}, classes);
            }),
      keras("resnet152", kCaffe,
            [](std::int64_t classes, bool) {
              return resnet_bottleneck({3, 8, 36, 3}, classes);
            }),
      cifar("resnet20", [](std::int64_t classes, bool) { return resnet_cifar(3, classes); }),
      cifar("resnet32", [](std::int64_t classes, bool) { return resnet_cifar(5, classes); }),
      cifar("resnet44", [](std::int64_t classes, bool) { return resnet_cifar(7, classes); }),
      cifar("resnet56", [](std::int64_t classes, bool) { return resnet_cifar(9, classes); }),
      keras("inception_v3", kSymmetric, [](std::int64_t classes, bool) { return inception_v3(classes); }),
      keras("vgg16", kCaffe,
            [](std::int64_t classes, bool) {
              return vgg({2, 2, 3, 3, 3}, classes);
            }),
      keras("vgg19", kCaffe,
            [](std::int64_t classes, bool) {
              return vgg({2, 2, 4, 4, 4}, classes);
            }),
      keras("mobilenet_v1", kSymmetric, [](std::int64_t classes, bool) { return mobilenet_v1(1, classes); }),
      keras("mobilenet_v1_075", kSymmetric, [](std::int64_t classes, bool) { return mobilenet_v1(0.75, classes); }),
      keras("mobilenet_v1_050", kSymmetric, [](std::int64_t classes, bool) { return mobilenet_v1(0.5, classes); }),
      keras("mobilenet_v1_025", kSymmetric, [](std::int64_t classes, bool) { return mobilenet_v1(0.25, classes); }),
      keras("mobilenet_v2", kSymmetric, [](std::int64_t classes, bool) { return mobilenet_v2(classes); }),
      torchvision("squeezenet1_0", [](std::int64_t classes, bool) { return squeezenet(0, classes); }),
      torchvision("squeezenet1_1", [](std::int64_t classes, bool) { return squeezenet(1, classes); }),
      keras("efficientnet_b0", kOwnLayers, efficientnet_b0),
      keras("densenet121", kStandard,
            [](std::int64_t classes, bool) {
              return densenet({6, 12, 24, 16}, classes);
            }),
  };
  for (ZooEntry& entry : all) {
    if (entry.name != "inception_v3") continue;
    entry.input_size = 299;
    entry.least_size = 75;
  }
  return all;
}

}  // namespace

const std::vector<ZooEntry>& zoo_catalogue() {
  static const std::vector<ZooEntry> all = make_catalogue();
  return all;
}

const ZooEntry* find_zoo_entry(const std::string& name) {
  for (const ZooEntry& entry : zoo_catalogue()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace thaw
