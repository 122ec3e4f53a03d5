#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// u32 length | u32 CRC-32 of the payload (zlib's) | payload, little-endian: records and journals are made of these.
namespace thaw {

/// The frames of a file, in the order they were written.
struct Frames {
  std::vector<std::string_view> payloads;  ///< into the bytes that were split
  std::vector<std::uint64_t> offsets;      ///< where each frame begins
  std::uint64_t valid_bytes = 0;           ///< where the last whole frame ends; what follows is a torn tail
};

/// Splits `bytes` into frames; `name` stands for the file in messages. A damaged frame after which no whole frame
/// follows is the torn tail of a killed writer and is left out.
/// Throws InputError naming the file and the offset where a damaged frame stands before a whole one.
Frames split_frames(std::string_view bytes, const std::string& name);

/// The frames before the first damaged one, whatever follows it: for readers that would rather show less than nothing.
Frames leading_frames(std::string_view bytes);

/// One frame around the payload.
std::string render_frame(std::string_view payload);

/// The whole file. Throws InputError if it does not exist, IoError if it cannot be read.
std::string read_framed_file(const std::string& path);

/// Refuses the frame of a file that stands at `offset`: throws InputError.
[[noreturn]] void fail_frame(const std::string& name, std::uint64_t offset, const std::string& what);

}  // namespace thaw
