#include "runner/store/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using nlohmann::json;

constexpr const char* kMetadataKey = "__metadata__";
constexpr int kDeepestNesting = 3;  // header { tensor { shape [ } }: nothing valid goes deeper

[[noreturn]] void refuse(const std::string& cause) { throw InputError(cause); }

[[noreturn]] void refuse(const std::string& tensor, const std::string& cause) {
  throw InputError("tensor \"" + tensor + "\": " + cause);
}

std::int64_t element_bytes(const std::string& tensor, const std::string& dtype) {
  static const std::map<std::string, std::int64_t> sizes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"F64", 8},     {"I64", 8}, {"U64", 8}};
  const auto found = sizes.find(dtype);
  if (found == sizes.end()) refuse(tensor, "unknown dtype \"" + dtype + "\"");
  return found->second;
}

/// Watches the parser: it would otherwise keep the last of two equal keys and follow any nesting.
class KeyGuard {
 public:
  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    if (depth >= kDeepestNesting &&
        (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start)) {
      refuse("the header is nested too deeply");
    }
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event == json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!open_.back().insert(key).second) refuse("the key \"" + key + "\" stands twice in the header");
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> open_;
};

json parse_json(const std::string& text) {
  auto guard = std::make_shared<KeyGuard>();
  json header;
  try {
    header = json::parse(
        text, [guard](int depth, json::parse_event_t event, json& parsed) { return (*guard)(depth, event, parsed); });
  } catch (const json::parse_error& error) {
    refuse("the header is not JSON (byte " + std::to_string(error.byte) + ")");
  }
  if (!header.is_object()) refuse("the header is not a JSON object");
  return header;
}

TextMap parse_metadata(const json& value) {
  if (!value.is_object()) refuse("__metadata__ is not an object");
  TextMap metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) refuse("__metadata__: \"" + key + "\" is not a string");
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

/// Non-negative integers that fit into 63 bits.
std::vector<std::int64_t> parse_integers(const std::string& tensor, const json& value, const char* field) {
  if (!value.is_array()) refuse(tensor, std::string(field) + " is not a list");
  std::vector<std::int64_t> numbers;
  for (const json& item : value) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() > INT64_MAX) {
      refuse(tensor, std::string(field) + " holds " + item.dump() + ", expected integers from 0");
    }
    numbers.push_back(item.get<std::int64_t>());
  }
  return numbers;
}

TensorEntry parse_entry(const std::string& name, const json& value) {
  if (!value.is_object()) refuse(name, "is not an object");
  for (const auto& [key, unused] : value.items()) {
    if (key != "dtype" && key != "shape" && key != "data_offsets") refuse(name, "unknown key \"" + key + "\"");
  }
  if (value.size() != 3) refuse(name, "needs dtype, shape and data_offsets");
  if (!value["dtype"].is_string()) refuse(name, "dtype is not a string");

  TensorEntry entry;
  entry.name = name;
  entry.dtype = value["dtype"].get<std::string>();
  entry.shape = parse_integers(name, value["shape"], "shape");
  const auto offsets = parse_integers(name, value["data_offsets"], "data_offsets");
  if (offsets.size() != 2) refuse(name, "data_offsets needs two numbers");
  entry.begin = offsets[0];
  entry.end = offsets[1];
  return entry;
}

void check_size(const TensorEntry& entry) {
  const std::int64_t expected = tensor_bytes(entry.shape, element_bytes(entry.name, entry.dtype));
  if (expected < 0) refuse(entry.name, "the shape is too large");
  if (entry.end < entry.begin || entry.end - entry.begin != expected) {
    refuse(entry.name, "data_offsets " + std::to_string(entry.begin) + " to " + std::to_string(entry.end) +
                           " do not hold the " + std::to_string(expected) + " bytes of its shape");
  }
}

void check_tiling(const std::vector<TensorEntry>& tensors, std::int64_t data_size) {
  std::int64_t end = 0;
  for (const TensorEntry& entry : tensors) {
    if (entry.begin != end) {
      refuse(entry.name,
             "begins at byte " + std::to_string(entry.begin) + " of the data, expected " + std::to_string(end));
    }
    end = entry.end;
  }
  if (end != data_size) {
    refuse("the tensors take " + std::to_string(end) + " bytes, the file holds " + std::to_string(data_size));
  }
}

}  // namespace

std::int64_t tensor_bytes(const std::vector<std::int64_t>& shape, std::int64_t element_bytes) {
  // A zero first: 0 x 2^62 x 2^62 is an empty tensor, not an overflow.
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  std::int64_t bytes = element_bytes;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(bytes, dimension, &bytes)) return -1;
  }
  return bytes;
}

std::string render_safetensors_header(const SafetensorsHeader& header) {
  json out = json::object();
  if (!header.metadata.empty()) out[kMetadataKey] = header.metadata;
  for (const TensorEntry& entry : header.tensors) {
    if (entry.name == kMetadataKey) throw InternalError("safetensors: a tensor may not be named \"__metadata__\"");
    if (out.contains(entry.name)) throw InternalError("safetensors: two tensors named \"" + entry.name + "\"");
    out[entry.name] = {{"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text;
  try {
    text = out.dump();
  } catch (const json::type_error&) {
    throw InternalError("safetensors: a name or metadata text is not UTF-8");
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

SafetensorsHeader parse_safetensors_header(const std::string& text, std::int64_t data_size) {
  const json root = parse_json(text);
  SafetensorsHeader header;
  for (const auto& [name, value] : root.items()) {
    if (name == kMetadataKey) {
      header.metadata = parse_metadata(value);
    } else {
      header.tensors.push_back(parse_entry(name, value));
      check_size(header.tensors.back());
    }
  }
  // By end too: an empty tensor shares its begin with the one after it.
  std::sort(header.tensors.begin(), header.tensors.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_tiling(header.tensors, data_size);
  return header;
}

}  // namespace thaw
