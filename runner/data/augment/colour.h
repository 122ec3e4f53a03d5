#pragma once

#include <opencv2/core.hpp>

#include "runner/data/random.h"
#include "schemas/experiment.pb.h"

// Changes of what pixels look like. Each draws how from `draws` and keeps values within 0..1.
namespace thaw {

void change_brightness(const RandomBrightness& brightness, Draws& draws, cv::Mat& picture);
void change_contrast(const RandomContrast& contrast, Draws& draws, cv::Mat& picture);
/// Colour pictures only. Grey is 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).
void change_saturation(const RandomSaturation& saturation, Draws& draws, cv::Mat& picture);
/// Colour pictures only: turns the hue of HSV.
void change_hue(const RandomHue& hue, Draws& draws, cv::Mat& picture);
void cut_out(const Cutout& cutout, Draws& draws, cv::Mat& picture);

}  // namespace thaw
