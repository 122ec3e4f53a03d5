#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runner/data/augment/augment.h"
#include "runner/data/sample.h"

namespace thaw {

/// What is done to samples, and which draws decide how.
struct AugmentationPlan {
  Augmentations augmentations;
  int variants = 0;  ///< epoch e draws variant e modulo this; 0: a new one every epoch
  std::uint64_t seed = 1;
  std::string split;
};

/// A sample's picture before anything is done to it, CV_32F, at least of the input's size; its own memory.
using WholePicture = std::function<cv::Mat(std::uint64_t epoch, std::int64_t index)>;

/// `source` with random changes. `whole_picture` gives pictures that random_crop has not yet cut to the input's size;
/// null: the source's own. Where pixels are moved or samples mixed, boxes and masks are gone.
///
/// Changes of sample i in epoch e are drawn from (seed, split, variant of e, i). Mixup's partner is drawn among the
/// other samples, and looks as it does itself in that epoch, before it is mixed. The first objects of a mixed sample
/// are its own.
std::shared_ptr<const SampleSource> augment(std::shared_ptr<const SampleSource> source, AugmentationPlan plan,
                                            WholePicture whole_picture = {});

}  // namespace thaw
