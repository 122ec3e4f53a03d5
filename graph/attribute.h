#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace thaw {

using Attribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;

/// A node's attributes, by ONNX name.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, Attribute>> items) : items_(items) {}

  bool has(const std::string& name) const { return items_.count(name) > 0; }
  void set(const std::string& name, Attribute value) { items_[name] = std::move(value); }

  /// The attribute, or `fallback` where it is absent. Throws InternalError if it is of another type.
  std::int64_t integer(const std::string& name, std::int64_t fallback = 0) const;
  double real(const std::string& name, double fallback = 0) const;
  std::string text(const std::string& name, const std::string& fallback = {}) const;
  std::vector<std::int64_t> integers(const std::string& name, std::vector<std::int64_t> fallback = {}) const;
  std::vector<double> reals(const std::string& name, std::vector<double> fallback = {}) const;

  const std::map<std::string, Attribute>& items() const { return items_; }
  bool operator==(const Attributes&) const = default;

 private:
  std::map<std::string, Attribute> items_;
};

/// "kernel_shape=[3,3] strides=[1,1]".
std::string to_text(const Attributes& attributes);

}  // namespace thaw
