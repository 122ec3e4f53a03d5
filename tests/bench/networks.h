#pragma once

#include <string>
#include <vector>

#include "graph/builder.h"

namespace thaw::bench {

/// Which network, and how large. torch_networks.py describes the same ones to PyTorch.
struct NetworkOptions {
  std::string name;          ///< one of network_names()
  std::int64_t batch = 0;    ///< 0: what the benchmark measures
  std::int64_t pixels = 0;   ///< height and width of the images; 0: what the benchmark measures
  std::int64_t classes = 0;  ///< 0: what the benchmark measures
  bool is_training = true;   ///< false: stored statistics, no loss
};

/// A running statistic and what this batch says of it; moved once the step's update is known to have happened.
struct RunningStatistic {
  ValueId running, batch;
  std::int64_t unbiased_count;  ///< over how many numbers a variance was taken; 0 for a mean
};

struct Network {
  ValueId image = kNoValue;   ///< f32 [N, 3, pixels, pixels]
  ValueId label = kNoValue;   ///< i32, a class a picture or a pixel; training only
  ValueId logits = kNoValue;  ///< [N, classes] or [N, classes, pixels, pixels]
  ValueId loss = kNoValue;    ///< scalar: the mean cross-entropy; training only
  std::vector<RunningStatistic> statistics;
};

std::vector<std::string> network_names();

/// `options` with every 0 replaced by what the benchmark measures. Throws InputError if there is no such network.
NetworkOptions with_defaults(NetworkOptions options);

/// Appends the network to the builder's graph:
///
///   resnet50  He et al. 2016 with the stride in the 3x3 convolutions ("v1.5", as torchvision has it)
///   unet      Ronneberger et al. 2015 with same padding, batch normalization, and transposed convolutions 2x2
///   fcn8      Long et al. 2015: VGG16, fc6 and fc7 as convolutions, scores of three depths joined; without dropout
Network build_network(Builder& builder, const NetworkOptions& options);

}  // namespace thaw::bench
