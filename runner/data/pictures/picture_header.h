#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace thaw {

/// What the beginning of a picture's file says about it.
struct PictureHeader {
  std::string format;  ///< "JPEG", "PNG", "BMP", "WebP", "TIFF"
  std::int64_t height = 0, width = 0;
  int orientation = 1;                  ///< EXIF's: 1 upright, 2..8 mirrored or turned
  std::size_t tiff_orientation_at = 0;  ///< TIFF: the byte that says so; 0: none
};

/// Reads the header, without decoding. A JPEG is followed to its end: a decoder fills up what is missing and says
/// nothing. Throws InputError with the cause ("is empty", "is no JPEG, ...", "truncated: ...").
/// Sources: ITU-T T.81 (JPEG), RFC 2083 and the PNG extension eXIf, RFC 9649 (WebP), TIFF 6.0, EXIF 2.3.
PictureHeader read_picture_header(std::span<const std::uint8_t> bytes);

}  // namespace thaw
