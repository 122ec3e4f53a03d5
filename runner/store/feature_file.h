#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "runner/store/durable_file.h"

// What a frozen trunk makes of pictures, kept in a file:
//   "thaw features 1\n" | 64 hex digits: what the rows depend on | u64 rows | u64 values a row    (little-endian)
//   rows x values f32 | u32 CRC-32 (zlib's) of all before it
namespace thaw {

/// What a file of features holds.
struct FeatureHeader {
  std::string key;  ///< SHA-256, 64 hex digits
  std::int64_t rows = 0;
  std::int64_t row_values = 0;

  std::int64_t file_bytes() const;
};

/// Rows of features, mapped into memory: processes that read one file share its pages.
class FeatureFile {
 public:
  /// The file at `path` if it is there, whole and what `wanted` says; every byte is checked. Otherwise nothing, and in
  /// `damage` why, if there is a file. Throws IoError.
  static std::optional<FeatureFile> open(const std::string& path, const FeatureHeader& wanted, std::string& damage);
  FeatureFile(FeatureFile&& other) noexcept;
  FeatureFile& operator=(FeatureFile&&) = delete;
  ~FeatureFile();

  std::span<const float> row(std::int64_t index) const {
    return {rows_ + index * header_.row_values, static_cast<std::size_t>(header_.row_values)};
  }
  const FeatureHeader& header() const { return header_; }

 private:
  FeatureFile(FeatureHeader header, void* mapped);

  FeatureHeader header_;
  void* mapped_ = nullptr;
  const float* rows_ = nullptr;
};

/// Writes such a file; it appears whole or not at all. Throws IoError.
class FeatureFileWriter {
 public:
  FeatureFileWriter(const std::string& path, FeatureHeader header);
  /// Rows, in order.
  void append(std::span<const float> values);
  /// Throws InternalError if rows are missing.
  void commit();

 private:
  void write(std::string_view bytes);

  FeatureHeader header_;
  DurableFile file_;
  std::uint32_t crc_ = 0;
  std::int64_t values_left_;
};

}  // namespace thaw
