#include "runner/store/feature_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::string_view kMagic = "thaw features 1\n";
constexpr std::int64_t kHeaderBytes = 96;
constexpr std::int64_t kCrcBytes = 4;

std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string header_bytes(const FeatureHeader& header) {
  return std::string(kMagic) + header.key + little_endian(static_cast<std::uint64_t>(header.rows), 8) +
         little_endian(static_cast<std::uint64_t>(header.row_values), 8);
}

std::uint32_t crc_of(std::uint32_t crc, std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Another process may remove it at any moment, to make room.
std::optional<FileHandle> open_if_there(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  try {
    return FileHandle(path, O_RDONLY);
  } catch (const IoError&) {
    if (!std::filesystem::exists(path, error)) return std::nullopt;
    throw;
  }
}

}  // namespace

std::int64_t FeatureHeader::file_bytes() const {
  return kHeaderBytes + rows * row_values * static_cast<std::int64_t>(sizeof(float)) + kCrcBytes;
}

FeatureFile::FeatureFile(FeatureHeader header, void* mapped)
    : header_(std::move(header)),
      mapped_(mapped),
      rows_(reinterpret_cast<const float*>(static_cast<const char*>(mapped) + kHeaderBytes)) {}

FeatureFile::FeatureFile(FeatureFile&& other) noexcept
    : header_(std::move(other.header_)), mapped_(std::exchange(other.mapped_, nullptr)), rows_(other.rows_) {}

FeatureFile::~FeatureFile() {
  if (mapped_ != nullptr) ::munmap(mapped_, static_cast<std::size_t>(header_.file_bytes()));
}

std::optional<FeatureFile> FeatureFile::open(const std::string& path, const FeatureHeader& wanted,
                                             std::string& damage) {
  damage.clear();
  const std::optional<FileHandle> found = open_if_there(path);
  if (!found) return {};
  const FileHandle& file = *found;
  if (file.size_bytes() != wanted.file_bytes()) {
    damage = "it has " + std::to_string(file.size_bytes()) + " bytes instead of " + std::to_string(wanted.file_bytes());
    return {};
  }
  const auto bytes = static_cast<std::size_t>(wanted.file_bytes());
  void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.descriptor(), 0);
  if (mapped == MAP_FAILED) throw IoError(path, "mmap", errno);
  FeatureFile features(wanted, mapped);
  const std::string_view content(static_cast<const char*>(mapped), bytes);
  const std::string_view checked = content.substr(0, bytes - kCrcBytes);
  if (content.substr(0, kHeaderBytes) != header_bytes(wanted)) {
    damage = "its first bytes are those of another file";
    return {};
  }
  if (content.substr(checked.size()) != little_endian(crc_of(0, checked), kCrcBytes)) {
    damage = "its checksum is wrong";
    return {};
  }
  return features;
}

FeatureFileWriter::FeatureFileWriter(const std::string& path, FeatureHeader header)
    : header_(std::move(header)), file_(path), values_left_(header_.rows * header_.row_values) {
  write(header_bytes(header_));
}

void FeatureFileWriter::write(std::string_view bytes) {
  crc_ = crc_of(crc_, bytes);
  file_.write(bytes);
}

void FeatureFileWriter::append(std::span<const float> values) {
  values_left_ -= static_cast<std::int64_t>(values.size());
  write({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

void FeatureFileWriter::commit() {
  if (values_left_ != 0) throw InternalError("features: " + std::to_string(values_left_) + " values are missing");
  file_.write(little_endian(crc_, kCrcBytes));
  file_.commit();
}

}  // namespace thaw
