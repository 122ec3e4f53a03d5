#pragma once

#include <google/protobuf/repeated_field.h>

#include <opencv2/core.hpp>
#include <string>

#include "runner/data/random.h"
#include "schemas/experiment.pb.h"

namespace thaw {

using Augmentations = google::protobuf::RepeatedPtrField<Augmentation>;

/// Makes one change to `picture` (CV_32FC1 or CV_32FC3: red, green, blue; 0..1), as `draws` says. `size` is the
/// input's: what random_crop cuts out; the others leave the size as it is. Not for mixup, which takes two pictures.
void apply_augmentation(const Augmentation& augmentation, cv::Size size, Draws& draws, cv::Mat& picture);

/// What it does: "mirrored left to right (half of them)".
std::string augmentation_words(const Augmentation& augmentation);

/// Whether it moves what is seen: boxes no longer fit.
bool moves_pixels(const Augmentation& augmentation);

/// A number of 0..1 with the density of Beta(alpha, alpha): the share that a sample keeps in mixup.
double draw_mixup_share(double alpha, Draws& draws);

}  // namespace thaw
