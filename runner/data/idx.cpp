#include "runner/data/idx.h"

#include <array>
#include <vector>

#include "runner/data/data_file.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::uint32_t kUnsignedBytes = 0x00000800;

std::string hex(std::uint32_t value) {
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[value >> shift & 15];
  return text;
}

std::string kind_words(std::uint32_t magic) {
  if (magic == (kUnsignedBytes | 1)) return " (IDX labels)";
  if (magic == (kUnsignedBytes | 3)) return " (IDX images)";
  return {};
}

std::uint32_t read_number(DataFile& file, const std::string& what) {
  std::array<std::uint8_t, 4> b{};
  if (file.read(b) != b.size()) throw InputError(file.name() + ": ends within its header, before " + what);
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

void check_magic(const DataFile& file, std::uint32_t magic, std::uint32_t expected) {
  if (magic == expected) return;
  const bool is_named_gz = file.name().find(".gz") != std::string::npos;
  const std::string note = is_named_gz && !file.is_gzip() ? "; it is named .gz, but its content is no gzip" : "";
  throw InputError(file.name() + ": starts with " + hex(magic) + kind_words(magic) + ", expected " + hex(expected) +
                   kind_words(expected) + note);
}

/// What the header announces: "10 x 28 x 28 pixels".
struct Extent {
  std::vector<std::int64_t> dimensions;
  std::string words;
  std::int64_t bytes = 0;
};

// Dimensions are below 2^32 and a stored file below 2^53 bytes, so nothing overflows before the bound is passed.
std::int64_t bytes_within(const std::vector<std::int64_t>& dimensions, std::int64_t most) {
  std::int64_t product = 1;
  for (const std::int64_t dimension : dimensions) {
    if (dimension > 0 && product > most / dimension) return -1;
    product *= dimension;
  }
  return product;
}

Extent read_header(DataFile& file, int dimensions, const std::string& unit) {
  const std::uint32_t expected = kUnsignedBytes | static_cast<std::uint32_t>(dimensions);
  check_magic(file, read_number(file, "its magic number"), expected);
  Extent extent;
  for (int i = 0; i < dimensions; ++i) {
    extent.dimensions.push_back(read_number(file, "dimension " + std::to_string(i + 1)));
    extent.words += (i == 0 ? "" : " x ") + std::to_string(extent.dimensions.back());
  }
  extent.words += " " + unit;
  extent.bytes = bytes_within(extent.dimensions, file.most_bytes());
  if (extent.bytes == 0) throw InputError(file.name() + ": its header announces " + extent.words + ": nothing to read");
  if (extent.bytes < 0) {
    throw InputError(file.name() + ": truncated: " + std::to_string(file.stored_bytes()) + " bytes cannot hold the " +
                     extent.words + " that its header announces");
  }
  return extent;
}

std::unique_ptr<std::uint8_t[]> read_values(DataFile& file, const Extent& extent) {
  const auto size = static_cast<std::size_t>(extent.bytes);
  auto values = std::make_unique_for_overwrite<std::uint8_t[]>(size);
  const std::size_t found = file.read({values.get(), size});
  if (found != size) {
    throw InputError(file.name() + ": truncated: has " + std::to_string(found) + " of the " + std::to_string(size) +
                     " bytes (" + extent.words + ") that its header announces");
  }
  std::array<std::uint8_t, 1> surplus{};
  if (file.read(surplus) != 0) {
    throw InputError(file.name() + ": goes on after the " + extent.words + " that its header announces");
  }
  return values;
}

}  // namespace

IdxImages read_idx_images(const std::string& path, const std::string& name) {
  DataFile file(path, name);
  const Extent extent = read_header(file, 3, "pixels");
  IdxImages images{name, extent.dimensions[0], extent.dimensions[1], extent.dimensions[2], nullptr, {}};
  images.pixels = read_values(file, extent);
  images.sha256 = file.sha256();
  return images;
}

IdxLabels read_idx_labels(const std::string& path, const std::string& name) {
  DataFile file(path, name);
  const Extent extent = read_header(file, 1, "labels");
  IdxLabels labels{name, extent.dimensions[0], nullptr, {}};
  labels.values = read_values(file, extent);
  labels.sha256 = file.sha256();
  return labels;
}

}  // namespace thaw
