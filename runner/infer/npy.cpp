#include "runner/infer/npy.h"

#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using onnx_io::ElementType;
using onnx_io::Literal;

constexpr char kMagic[] = "\x93NUMPY";
constexpr std::size_t kMagicSize = 6;

struct Header {
  std::string type;  ///< "<f4"
  Shape shape;
};

/// The header is a Python dictionary of three entries in any order.
Header parse_header(const std::string& text) {
  std::smatch found;
  Header header;
  if (!std::regex_search(text, found, std::regex("'descr'\\s*:\\s*'([^']*)'")))
    throw std::runtime_error("is of no plain type");
  header.type = found[1];
  if (!std::regex_search(text, found, std::regex("'fortran_order'\\s*:\\s*(True|False)")))
    throw std::runtime_error("has no order");
  if (found[1] == "True") throw std::runtime_error("is in Fortran order; save it with numpy.ascontiguousarray");
  if (!std::regex_search(text, found, std::regex("'shape'\\s*:\\s*\\(([0-9, ]*)\\)")))
    throw std::runtime_error("has no shape");
  std::istringstream extents(found[1]);
  for (std::string extent; std::getline(extents, extent, ',');) {
    if (extent.find_first_of("0123456789") != std::string::npos) header.shape.push_back(std::stoll(extent));
  }
  return header;
}

template <typename T>
void read_numbers(const std::string& bytes, std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    T number;
    std::memcpy(&number, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(number);
  }
}

struct NumberType {
  ElementType element;
  std::size_t width;
  void (*read)(const std::string&, std::vector<double>&);
};

const std::map<std::string, NumberType>& number_types() {
  static const std::map<std::string, NumberType> all{
      {"<f4", {ElementType::kFloat32, 4, read_numbers<float>}},
      {"<f8", {ElementType::kFloat64, 8, read_numbers<double>}},
      {"|i1", {ElementType::kInt8, 1, read_numbers<std::int8_t>}},
      {"<i2", {ElementType::kInt16, 2, read_numbers<std::int16_t>}},
      {"<i4", {ElementType::kInt32, 4, read_numbers<std::int32_t>}},
      {"<i8", {ElementType::kInt64, 8, read_numbers<std::int64_t>}},
      {"|u1", {ElementType::kUint8, 1, read_numbers<std::uint8_t>}},
      {"<u2", {ElementType::kUint16, 2, read_numbers<std::uint16_t>}},
      {"<u4", {ElementType::kUint32, 4, read_numbers<std::uint32_t>}},
      {"<u8", {ElementType::kUint64, 8, read_numbers<std::uint64_t>}},
      {"|b1", {ElementType::kBool, 1, read_numbers<std::uint8_t>}},
  };
  return all;
}

Literal decode(const std::string& bytes) {
  if (bytes.size() < kMagicSize + 4 || bytes.compare(0, kMagicSize, kMagic, kMagicSize) != 0) {
    throw std::runtime_error("is not a NumPy array file");
  }
  const bool is_wide = bytes[kMagicSize] > 1;  // from format 2 on the header's length takes four bytes
  const std::size_t length_size = is_wide ? 4 : 2, begin = kMagicSize + 2 + length_size;
  if (bytes.size() < begin) throw std::runtime_error("ends within its header");
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + kMagicSize + 2, length_size);
  if (bytes.size() - begin < length) throw std::runtime_error("ends within its header");
  const Header header = parse_header(bytes.substr(begin, length));
  const auto type = number_types().find(header.type);
  if (type == number_types().end())
    throw std::runtime_error("is of type '" + header.type + "', which thaw does not read");

  std::int64_t count = 1;
  const std::string data = bytes.substr(begin + length);
  for (const std::int64_t extent : header.shape) {
    if (__builtin_mul_overflow(count, extent, &count))
      throw std::runtime_error("has more elements than can be counted");
  }
  if (data.size() / type->second.width != static_cast<std::size_t>(count) || data.size() % type->second.width != 0) {
    throw std::runtime_error("holds " + std::to_string(data.size()) + " bytes, its shape " + to_text(header.shape) +
                             " needs " + std::to_string(count) + " x " + std::to_string(type->second.width));
  }
  Literal literal{type->second.element, header.shape, std::vector<double>(static_cast<std::size_t>(count))};
  type->second.read(data, literal.values);
  return literal;
}

}  // namespace

Literal read_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path + ": no such file");
  std::ostringstream bytes;
  bytes << file.rdbuf();
  try {
    return decode(bytes.str());
  } catch (const std::logic_error&) {
    throw InputError(path + ": has an extent that cannot be counted");
  } catch (const std::runtime_error& error) {
    throw InputError(path + ": " + error.what());
  }
}

std::string npy_bytes(const Shape& shape, const std::vector<float>& values) {
  std::string extents;
  for (const std::int64_t extent : shape) extents += std::to_string(extent) + ",";
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + extents + "), }";
  constexpr std::size_t kAlignment = 64, kPrefix = kMagicSize + 4;
  header.resize((kPrefix + header.size() + kAlignment) / kAlignment * kAlignment - kPrefix, ' ');
  header.back() = '\n';
  const auto length = static_cast<std::uint16_t>(header.size());
  std::string bytes(kMagic, kMagicSize);
  bytes += '\x01';
  bytes += '\0';
  bytes.append(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return bytes;
}

}  // namespace thaw
