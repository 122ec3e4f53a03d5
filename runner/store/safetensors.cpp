#include "runner/store/safetensors.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <utility>

#include "runner/store/durable_file.h"
#include "runner/store/real_numbers.h"
#include "runner/store/safetensors_header.h"
#include "runner/store/sha256.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::int64_t kLengthBytes = 8;
constexpr std::int64_t kChunkBytes = 1 << 20;
constexpr std::int64_t kLargeBytes = 64 << 20;             ///< a tensor that would crowd the cache of files
constexpr std::int64_t kLargestHeaderBytes = 100'000'000;  // the format's own limit

std::string_view bytes_of(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

SafetensorsHeader lay_out(const std::vector<TensorView>& tensors, const TextMap& metadata) {
  SafetensorsHeader header{metadata, {}};
  std::int64_t begin = 0;
  for (const TensorView& tensor : tensors) {
    const std::int64_t bytes = tensor_bytes(tensor.shape, sizeof(float));
    if (bytes != static_cast<std::int64_t>(tensor.values.size_bytes())) {
      throw InternalError("safetensors: tensor \"" + tensor.name + "\" has " + std::to_string(tensor.values.size()) +
                          " values, which does not fit its shape");
    }
    header.tensors.push_back({tensor.name, "F32", tensor.shape, begin, begin + bytes});
    begin += bytes;
  }
  return header;
}

}  // namespace

void write_safetensors(const std::string& path, std::vector<TensorView> tensors, const TextMap& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  const std::string header = render_safetensors_header(lay_out(tensors, metadata));
  const std::uint64_t length = header.size();

  DurableFile file(path);
  std::array<char, kLengthBytes> prefix{};
  std::memcpy(prefix.data(), &length, sizeof length);
  file.write(std::string(prefix.data(), prefix.size()) + header);
  for (const TensorView& tensor : tensors) {
    const std::string_view bytes = bytes_of(tensor.values);
    static_cast<std::int64_t>(bytes.size()) >= kLargeBytes ? file.write_past_cache(bytes) : file.write(bytes);
  }
  file.commit();
}

SafetensorsReader::SafetensorsReader(const std::string& path) : file_(path, O_RDONLY) {
  try {
    read_header();
  } catch (const InputError& error) {
    throw InputError(path + ": not a safetensors file: " + error.what());
  }
}

void SafetensorsReader::read_header() {
  const std::int64_t file_bytes = file_.size_bytes();
  if (file_bytes < kLengthBytes) throw InputError("it has only " + std::to_string(file_bytes) + " bytes");
  std::array<char, kLengthBytes> prefix{};
  file_.read_at(0, prefix);
  std::uint64_t length = 0;
  std::memcpy(&length, prefix.data(), sizeof length);
  const std::int64_t limit = std::min(kLargestHeaderBytes, file_bytes - kLengthBytes);
  if (length > static_cast<std::uint64_t>(limit)) {
    throw InputError("its header would take " + std::to_string(length) + " bytes, at most " + std::to_string(limit) +
                     " are possible");
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  file_.read_at(kLengthBytes, text);

  const std::int64_t data_begin = kLengthBytes + static_cast<std::int64_t>(length);
  SafetensorsHeader header = parse_safetensors_header(text, file_bytes - data_begin);
  head_ = std::string(prefix.data(), prefix.size()) + text;
  metadata_ = std::move(header.metadata);
  tensors_ = std::move(header.tensors);
  for (TensorEntry& entry : tensors_) {
    entry.begin += data_begin;
    entry.end += data_begin;
  }
}

void SafetensorsReader::read_raw(const TensorEntry& entry, std::span<char> bytes) const {
  if (static_cast<std::int64_t>(bytes.size()) != entry.end - entry.begin) {
    throw InternalError("safetensors: tensor \"" + entry.name + "\" read into a buffer of another size");
  }
  file_.read_at(entry.begin, bytes);
}

void SafetensorsReader::expect_real(const TensorEntry& entry) const {
  if (real_number_bytes(entry.dtype) > 0) return;
  throw InputError(path() + ": tensor \"" + printable(entry.name) + "\" is " + entry.dtype +
                   ", expected F32, F16, BF16 or F64");
}

NamedTensor SafetensorsReader::read(const TensorEntry& entry) const {
  expect_real(entry);
  NamedTensor tensor{entry.name, entry.shape, {}};
  if (entry.dtype == "F32") {
    tensor.values.resize(static_cast<std::size_t>(entry.end - entry.begin) / sizeof(float));
    read_raw(entry, {reinterpret_cast<char*>(tensor.values.data()), tensor.values.size() * sizeof(float)});
    return tensor;
  }
  std::vector<char> raw(static_cast<std::size_t>(entry.end - entry.begin));
  read_raw(entry, raw);
  tensor.values = real_numbers(entry.dtype, raw);
  return tensor;
}

std::string SafetensorsReader::read_through(const std::function<bool(const TensorEntry&)>& wants,
                                            const std::function<void(NamedTensor)>& take) const {
  Sha256 sha;
  sha.add(head_);
  std::vector<char> chunk;
  for (const TensorEntry& entry : tensors_) {
    const bool is_wanted = wants(entry);
    if (is_wanted) expect_real(entry);
    const bool is_float = is_wanted && entry.dtype == "F32";
    const std::int64_t largest = is_wanted ? entry.end - entry.begin : kChunkBytes;
    NamedTensor tensor{entry.name, entry.shape, {}};
    for (std::int64_t at = entry.begin; at < entry.end; at += largest) {
      const auto size = static_cast<std::size_t>(std::min(largest, entry.end - at));
      if (is_float) tensor.values.resize(size / sizeof(float));
      if (!is_float) chunk.resize(size);
      const std::span<char> bytes(is_float ? reinterpret_cast<char*>(tensor.values.data()) : chunk.data(), size);
      file_.read_at(at, bytes);
      sha.add({bytes.data(), bytes.size()});
      if (is_wanted && !is_float) tensor.values = real_numbers(entry.dtype, bytes);
    }
    if (is_wanted) take(std::move(tensor));
  }
  return sha.hex();
}

}  // namespace thaw
