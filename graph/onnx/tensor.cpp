#include "graph/onnx/tensor.h"

#include <onnx/onnx_pb.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <stdexcept>

#include "schemas/diagnostic.h"

namespace thaw::onnx_io {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX stores little-endian numbers");

double half_to_double(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == 31)
    return fraction ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  return sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
}

double bfloat_to_double(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

template <typename T>
void read_all(const std::string& bytes, std::vector<double>& values, double (*convert)(T)) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    T raw;
    std::memcpy(&raw, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = convert(raw);
  }
}
template <typename T>
double plain(T value) {
  return static_cast<double>(value);
}

std::size_t byte_width(ElementType type) {
  switch (type) {
    case ElementType::kFloat64:
    case ElementType::kInt64:
    case ElementType::kUint64:
      return 8;
    case ElementType::kFloat32:
    case ElementType::kInt32:
    case ElementType::kUint32:
      return 4;
    case ElementType::kFloat16:
    case ElementType::kBfloat16:
    case ElementType::kInt16:
    case ElementType::kUint16:
      return 2;
    default:
      return 1;
  }
}

void read_raw(const std::string& bytes, Literal& literal) {
  auto& v = literal.values;
  switch (literal.type) {
    case ElementType::kFloat32:
      return read_all<float>(bytes, v, plain);
    case ElementType::kFloat64:
      return read_all<double>(bytes, v, plain);
    case ElementType::kFloat16:
      return read_all<std::uint16_t>(bytes, v, half_to_double);
    case ElementType::kBfloat16:
      return read_all<std::uint16_t>(bytes, v, bfloat_to_double);
    case ElementType::kInt8:
      return read_all<std::int8_t>(bytes, v, plain);
    case ElementType::kInt16:
      return read_all<std::int16_t>(bytes, v, plain);
    case ElementType::kInt32:
      return read_all<std::int32_t>(bytes, v, plain);
    case ElementType::kInt64:
      return read_all<std::int64_t>(bytes, v, plain);
    case ElementType::kUint8:
    case ElementType::kBool:
      return read_all<std::uint8_t>(bytes, v, plain);
    case ElementType::kUint16:
      return read_all<std::uint16_t>(bytes, v, plain);
    case ElementType::kUint32:
      return read_all<std::uint32_t>(bytes, v, plain);
    case ElementType::kUint64:
      return read_all<std::uint64_t>(bytes, v, plain);
  }
}

/// How many numbers a tensor says it has: no more than its bytes can hold, so that a few bytes of file ask for no
/// memory.
std::int64_t element_count_of(const onnx::TensorProto& proto) {
  std::int64_t count = 1;
  for (const std::int64_t extent : proto.dims()) {
    if (extent < 0) throw std::runtime_error("has a negative extent");
    if (__builtin_mul_overflow(count, extent, &count))
      throw std::runtime_error("has more elements than can be counted");
  }
  return count;
}

std::pair<std::int64_t, std::int64_t> external_range(const onnx::TensorProto& proto, std::string& location) {
  std::int64_t offset = 0, length = -1;
  const auto number = [](const std::string& text) {
    std::size_t end = 0;
    const std::int64_t value = text.empty() || text[0] == '-' ? -1 : std::stoll(text, &end);
    if (value < 0 || end != text.size()) throw std::invalid_argument(text);
    return value;
  };
  for (const auto& entry : proto.external_data()) {
    try {
      if (entry.key() == "location") location = entry.value();
      if (entry.key() == "offset") offset = number(entry.value());
      if (entry.key() == "length") length = number(entry.value());
    } catch (const std::logic_error&) {
      throw std::runtime_error("external data: " + entry.key() + " is no number");
    }
  }
  return {offset, length};
}

/// The typed fields hold what raw_data does not; 16-bit reals lie as bits in int32_data.
void read_fields(const onnx::TensorProto& proto, Literal& literal) {
  auto& v = literal.values;
  const auto take = [&](const auto& field, const auto& convert) {
    if (static_cast<std::size_t>(field.size()) != v.size()) {
      throw std::runtime_error("holds " + std::to_string(field.size()) + " elements, its shape " +
                               to_text(literal.shape) + " says " + std::to_string(v.size()));
    }
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = convert(field[static_cast<int>(i)]);
  };
  const auto same = [](auto value) { return static_cast<double>(value); };
  switch (literal.type) {
    case ElementType::kFloat32:
      return take(proto.float_data(), same);
    case ElementType::kFloat64:
      return take(proto.double_data(), same);
    case ElementType::kInt64:
      return take(proto.int64_data(), same);
    case ElementType::kUint32:
    case ElementType::kUint64:
      return take(proto.uint64_data(), same);
    case ElementType::kFloat16:
      return take(proto.int32_data(), [](int bits) { return half_to_double(static_cast<std::uint16_t>(bits)); });
    case ElementType::kBfloat16:
      return take(proto.int32_data(), [](int bits) { return bfloat_to_double(static_cast<std::uint16_t>(bits)); });
    default:
      return take(proto.int32_data(), same);
  }
}

/// Elements that the message really carries, by its own fields; -1 where they lie in raw_data or another file.
std::int64_t carried(const onnx::TensorProto& proto) {
  return std::int64_t{proto.float_data_size()} + proto.double_data_size() + proto.int64_data_size() +
         proto.uint64_data_size() + proto.int32_data_size();
}

}  // namespace

Literal decode(const onnx::TensorProto& proto, const std::string& folder) {
  Literal literal;
  try {
    literal.type = element_type_of(proto.data_type());
  } catch (const std::out_of_range&) {
    const std::string name =
        onnx::TensorProto::DataType_IsValid(proto.data_type())
            ? onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(proto.data_type()))
            : std::to_string(proto.data_type());
    throw std::runtime_error("has the element type " + name + ", which thaw does not read");
  }
  if (proto.has_segment()) throw std::runtime_error("is stored in segments, which thaw does not read");
  const std::int64_t count = element_count_of(proto);
  literal.shape.assign(proto.dims().begin(), proto.dims().end());

  std::string external;
  const bool is_external = proto.data_location() == onnx::TensorProto::EXTERNAL;
  if (is_external) {
    std::string location;
    const auto [offset, length] = external_range(proto, location);
    external = read_external(folder, location, offset, length);
  }
  const std::string& raw = is_external ? external : proto.raw_data();
  const auto width = static_cast<std::int64_t>(byte_width(literal.type));
  const bool has_fields = !is_external && carried(proto) > 0;
  std::int64_t expected = 0;
  if (!has_fields &&
      (__builtin_mul_overflow(count, width, &expected) || expected != static_cast<std::int64_t>(raw.size()))) {
    throw std::runtime_error("holds " + std::to_string(raw.size()) + " bytes, its shape " + to_text(literal.shape) +
                             " of " + name_of(literal.type) + " needs " + std::to_string(count) + " x " +
                             std::to_string(width));
  }
  if (has_fields && carried(proto) != count) {
    throw std::runtime_error("holds " + std::to_string(carried(proto)) + " elements, its shape " +
                             to_text(literal.shape) + " says " + std::to_string(count));
  }
  literal.values.resize(static_cast<std::size_t>(count));
  if (has_fields) {
    read_fields(proto, literal);
  } else {
    read_raw(raw, literal);
  }
  return literal;
}

Literal read_tensor_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  onnx::TensorProto proto;
  if (!file) throw InputError(path + ": no such file");
  if (!proto.ParseFromIstream(&file)) throw InputError(path + ": is not an ONNX tensor (a serialized TensorProto)");
  try {
    return decode(proto, std::filesystem::path(path).parent_path().string());
  } catch (const std::runtime_error& error) {
    throw InputError(path + ": the tensor " + error.what());
  }
}

}  // namespace thaw::onnx_io
