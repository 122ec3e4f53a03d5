#include "runner/data/pictures/picture_header.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "runner/data/pictures/byte_reader.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::uint32_t kWidthTag = 256, kHeightTag = 257, kOrientationTag = 274;
constexpr std::string_view kPngBegin("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kExifBegin("Exif\0\0", 6);

/// The first directory of a TIFF file, which is also what EXIF is wrapped in.
class TiffDirectory {
 public:
  explicit TiffDirectory(std::span<const std::uint8_t> bytes) : reader_(bytes, ByteReader(bytes).has(0, "MM")) {
    begin_ = reader_.number(4, 4);
    entries_ = reader_.number(begin_, 2);
  }

  /// The value of a tag that holds one whole number of 16 or 32 bits.
  std::optional<std::uint32_t> value(std::uint32_t tag) const {
    const std::size_t entry = entry_of(tag);
    if (entry == 0) return std::nullopt;
    const std::uint32_t type = reader_.number(entry + 2, 2);
    if (type == 3) return reader_.number(entry + 8, 2);
    if (type == 4) return reader_.number(entry + 8, 4);
    return std::nullopt;
  }

  /// Where the last byte of a tag's 16-bit value is; 0: there is no such tag.
  std::size_t byte_of(std::uint32_t tag) const {
    const std::size_t entry = entry_of(tag);
    return entry == 0 ? 0 : entry + 8 + (reader_.is_big_endian() ? 1 : 0);
  }

 private:
  std::size_t entry_of(std::uint32_t tag) const {
    for (std::uint32_t i = 0; i < entries_; ++i) {
      const std::size_t entry = std::size_t{begin_} + 2 + std::size_t{12} * i;
      if (reader_.number(entry, 2) == tag) return entry;
    }
    return 0;
  }

  ByteReader reader_;
  std::uint32_t begin_ = 0, entries_ = 0;
};

bool is_tiff(const ByteReader& reader) {
  return reader.has(0, std::string_view("II*\0", 4)) || reader.has(0, std::string_view("MM\0*", 4));
}

// Damaged EXIF is no reason to refuse a picture.
int orientation_of(std::span<const std::uint8_t> tiff) {
  if (!is_tiff(ByteReader(tiff))) return 1;
  try {
    const std::uint32_t value = TiffDirectory(tiff).value(kOrientationTag).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  } catch (const InputError&) {
    return 1;
  }
}

// Where the entropy-coded data of a scan ends: at the next marker that is neither a stuffed 0 nor a restart.
std::size_t end_of_scan(const ByteReader& reader, std::size_t at) {
  const auto bytes = reader.from(0);
  for (; at + 1 < bytes.size(); ++at) {
    if (bytes[at] != 0xff) continue;
    const std::uint8_t next = bytes[at + 1];
    if (next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  throw InputError("truncated: the JPEG data ends before its end-of-image marker");
}

bool is_frame(std::uint32_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

PictureHeader read_jpeg(const ByteReader& reader) {
  constexpr std::uint32_t kEnd = 0xd9, kScan = 0xda, kApplication1 = 0xe1;
  PictureHeader header{"JPEG"};
  bool has_orientation = false;
  for (std::size_t at = 2;;) {
    if (at + 1 >= reader.size()) throw InputError("truncated: the JPEG data ends before its end-of-image marker");
    if (reader.number(at, 1) != 0xff) throw InputError("damaged: no JPEG marker where one has to be");
    const std::uint32_t marker = reader.number(at + 1, 1);
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    if (marker == kEnd) break;
    const std::uint32_t length = reader.number(at + 2, 2);
    if (length < 2) throw InputError("damaged: a JPEG segment of impossible length");
    const std::size_t body = at + 4;
    if (is_frame(marker)) {
      header.height = reader.number(body + 1, 2);
      header.width = reader.number(body + 3, 2);
    } else if (marker == kApplication1 && reader.has(body, kExifBegin) && !has_orientation) {
      header.orientation = orientation_of(reader.part(body, length - 2).subspan(kExifBegin.size()));
      has_orientation = true;
    }
    at += 2 + std::size_t{length};
    if (marker == kScan) at = end_of_scan(reader, at);
  }
  return header;
}

PictureHeader read_png(const ByteReader& reader) {
  PictureHeader header{"PNG", reader.number(20, 4), reader.number(16, 4)};
  for (std::size_t at = kPngBegin.size(); at + 12 <= reader.size();) {
    const std::size_t length = reader.number(at, 4);
    if (reader.has(at + 4, "eXIf") && length <= reader.size() - at - 12) {
      header.orientation = orientation_of(reader.part(at + 8, length));
      break;
    }
    if (length > reader.size()) break;
    at += 12 + length;
  }
  return header;
}

PictureHeader read_bmp(std::span<const std::uint8_t> bytes) {
  const ByteReader reader(bytes, false);
  constexpr std::uint32_t kOldHeader = 12;
  if (reader.number(14, 4) == kOldHeader) return {"BMP", reader.number(20, 2), reader.number(18, 2)};
  const auto height = static_cast<std::int32_t>(reader.number(22, 4));  // negative: rows from the top
  const auto width = static_cast<std::int32_t>(reader.number(18, 4));
  return {"BMP", std::abs(std::int64_t{height}), width};
}

PictureHeader read_webp(std::span<const std::uint8_t> bytes) {
  const ByteReader reader(bytes, false);
  PictureHeader header{"WebP"};
  if (reader.has(12, "VP8 ")) {
    header.width = reader.number(26, 2) & 0x3fff;
    header.height = reader.number(28, 2) & 0x3fff;
  } else if (reader.has(12, "VP8L")) {
    const std::uint32_t sizes = reader.number(21, 4);
    header.width = (sizes & 0x3fff) + 1;
    header.height = (sizes >> 14 & 0x3fff) + 1;
  } else if (reader.has(12, "VP8X")) {
    header.width = reader.number(24, 3) + 1;
    header.height = reader.number(27, 3) + 1;
    for (std::size_t at = 12; at + 8 <= reader.size();) {
      const std::size_t length = reader.number(at + 4, 4);
      if (length > reader.size() - at - 8) break;
      if (reader.has(at, "EXIF")) {
        const auto chunk = reader.part(at + 8, length);
        const bool has_prefix = ByteReader(chunk).has(0, kExifBegin);
        header.orientation = orientation_of(chunk.subspan(has_prefix ? kExifBegin.size() : 0));
      }
      at += 8 + length + length % 2;
    }
  } else {
    throw InputError("damaged: a WebP without picture data");
  }
  return header;
}

PictureHeader read_tiff(std::span<const std::uint8_t> bytes) {
  const TiffDirectory directory(bytes);
  return {"TIFF", directory.value(kHeightTag).value_or(0), directory.value(kWidthTag).value_or(0),
          orientation_of(bytes), directory.byte_of(kOrientationTag)};
}

std::string beginning(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes.first(std::min<std::size_t>(4, bytes.size()))) {
    text += std::string(text.empty() ? "" : " ") + "0123456789abcdef"[byte >> 4] + "0123456789abcdef"[byte & 15];
  }
  return text;
}

PictureHeader read_any(std::span<const std::uint8_t> bytes) {
  const ByteReader reader(bytes);
  if (reader.has(0, "\xff\xd8")) return read_jpeg(reader);
  if (reader.has(0, kPngBegin)) return read_png(reader);
  if (reader.has(0, "BM")) return read_bmp(bytes);
  if (reader.has(0, "RIFF") && reader.has(8, "WEBP")) return read_webp(bytes);
  if (is_tiff(reader)) return read_tiff(bytes);
  throw InputError("is no JPEG, PNG, BMP, WebP or TIFF: it begins with the bytes " + beginning(bytes));
}

}  // namespace

PictureHeader read_picture_header(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) throw InputError("is empty");
  PictureHeader header = read_any(bytes);
  if (header.height > 0 && header.width > 0) return header;
  throw InputError("damaged: a " + header.format + " of " + std::to_string(header.width) + " x " +
                   std::to_string(header.height) + " pixels");
}

}  // namespace thaw
