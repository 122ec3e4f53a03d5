#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runner/store/file_handle.h"

// The safetensors format (https://github.com/huggingface/safetensors):
//   u64 length of the header, little-endian
//   header: JSON {"__metadata__": {KEY: TEXT}, NAME: {"dtype": "F32", "shape": [..], "data_offsets": [BEGIN, END]}, ..}
//   data: offsets count from here; the tensors tile it without a hole, row-major, little-endian
namespace thaw {

/// A tensor in memory that others own.
struct TensorView {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

/// A tensor in memory of its own.
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;

  TensorView view() const { return {name, shape, values}; }
};

using TextMap = std::map<std::string, std::string>;

/// Writes F32 tensors durably (DurableFile), sorted by name: the same content gives the same bytes.
/// Throws IoError; InternalError for two tensors of one name or a shape that does not fit its values.
void write_safetensors(const std::string& path, std::vector<TensorView> tensors, const TextMap& metadata);

/// Where a tensor lies in a file.
struct TensorEntry {
  std::string name;
  std::string dtype;  ///< "F32", "F64", "I64", ...
  std::vector<std::int64_t> shape;
  std::int64_t begin = 0;  ///< bytes from the file's start
  std::int64_t end = 0;
};

/// Reads a safetensors file that may be hostile: the header is checked in full before any tensor is read.
///
/// Throws InputError "PATH: not a safetensors file: CAUSE", IoError.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(const std::string& path);

  const TextMap& metadata() const { return metadata_; }
  /// In the order of the data.
  const std::vector<TensorEntry>& tensors() const { return tensors_; }
  const std::string& path() const { return file_.path(); }

  /// The tensor's raw bytes; `bytes` must have the entry's size.
  void read_raw(const TensorEntry& entry, std::span<char> bytes) const;
  /// A tensor of F32, F16, BF16 or F64 (real_numbers.h says how they become floats). Throws InputError for any other
  /// dtype.
  NamedTensor read(const TensorEntry& entry) const;
  /// Reads the file once from its first byte to its last and returns the SHA-256 of exactly what was read. `take` gets
  /// the tensors that `wants` asks for, in the order of the data; all others take no memory. Throws as read() does.
  std::string read_through(const std::function<bool(const TensorEntry&)>& wants,
                           const std::function<void(NamedTensor)>& take) const;

 private:
  void read_header();
  void expect_real(const TensorEntry& entry) const;

  FileHandle file_;
  std::string head_;  ///< all bytes before the data
  TextMap metadata_;
  std::vector<TensorEntry> tensors_;
};

}  // namespace thaw
