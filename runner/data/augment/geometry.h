#pragma once

#include <opencv2/core.hpp>

#include "runner/data/random.h"
#include "schemas/experiment.pb.h"

// Changes that move what is seen. Each draws how from `draws`; what comes in from outside is black.
namespace thaw {

void flip_at_random(const RandomFlip& flip, Draws& draws, cv::Mat& picture);
void translate_at_random(const RandomTranslation& translation, Draws& draws, cv::Mat& picture);
void rotate_at_random(const RandomRotation& rotation, Draws& draws, cv::Mat& picture);
void zoom_at_random(const RandomZoom& zoom, Draws& draws, cv::Mat& picture);
/// Cuts `size` out of the picture with its border. The picture is at least that large.
void crop_at_random(const RandomCrop& crop, cv::Size size, Draws& draws, cv::Mat& picture);

}  // namespace thaw
