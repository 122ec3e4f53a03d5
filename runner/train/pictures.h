#pragma once

#include <string>

#include "runner/data/sample.h"

namespace thaw {

/// Writes channels x height x width values in 0..1 as a PNG, durably. Channels: 1 (grey) or 3 (red, green, blue).
void write_png(const std::string& path, const float* image, int channels, int height, int width);

}  // namespace thaw
