#pragma once

#include <opencv2/core.hpp>

namespace thaw {

/// 0..255 as 0..1: rows x columns of CV_32F, as many channels.
cv::Mat to_fractions(const cv::Mat& picture);

/// Pixel after pixel (CV_32F) to plane after plane: channels x height x width.
void to_planes(const cv::Mat& picture, float* planes);
/// The other way round.
cv::Mat from_planes(const float* planes, cv::Size size, int channels);

/// to_planes(to_fractions(picture)) in one pass.
void to_fraction_planes(const cv::Mat& picture, float* planes);

}  // namespace thaw
