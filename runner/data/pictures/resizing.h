#pragma once

#include <opencv2/core.hpp>

#include "runner/data/open.h"
#include "schemas/experiment.pb.h"

namespace thaw {

/// How pictures come to the size of the network's input.
struct PictureFit {
  Resizing resizing;
  PictureExtent input;
  /// Leave what resizing.short_side brings beyond the input's size: random_crop takes its part.
  bool keeps_margin = false;
};

/// `picture` at the input's size and channels (1 or 3), 8 bit: shrunk by area averages, grown bilinearly, each
/// direction by itself. With keeps_margin at least that size. Throws InputError if the picture is too long for its
/// height, or too tall for its width.
cv::Mat fit_picture(const cv::Mat& picture, const PictureFit& fit);

/// The part of that size in the middle, a view.
cv::Mat middle_of(const cv::Mat& picture, cv::Size size);

}  // namespace thaw
