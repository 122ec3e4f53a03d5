#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace thaw {

/// The most pixels that a picture from a file may have: a file of a few bytes can announce terabytes.
inline constexpr std::int64_t kMostPixels = 200'000'000;

/// Decodes a JPEG, PNG, BMP, WebP or TIFF to rows x columns of CV_8UC3 (red, green, blue), upright as EXIF says.
/// Grey becomes colour, 16 bits become 8, palettes and CMYK are resolved, transparency is dropped.
/// Throws InputError with the cause.
cv::Mat decode_picture(std::span<const std::uint8_t> bytes);

}  // namespace thaw
