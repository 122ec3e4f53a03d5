#include "graph/attribute.h"

#include <sstream>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

template <typename T>
T get(const std::map<std::string, Attribute>& items, const std::string& name, T fallback) {
  const auto found = items.find(name);
  if (found == items.end()) return fallback;
  if (const T* value = std::get_if<T>(&found->second)) return *value;
  throw InternalError("attribute " + name + " has another type than it is read as");
}

struct Printer {
  std::ostringstream& out;
  template <typename T>
  void operator()(const std::vector<T>& values) const {
    out << '[';
    for (std::size_t i = 0; i < values.size(); ++i) out << (i ? "," : "") << values[i];
    out << ']';
  }
  template <typename T>
  void operator()(const T& value) const {
    out << value;
  }
};

}  // namespace

std::int64_t Attributes::integer(const std::string& name, std::int64_t fallback) const {
  return get(items_, name, fallback);
}
double Attributes::real(const std::string& name, double fallback) const { return get(items_, name, fallback); }
std::string Attributes::text(const std::string& name, const std::string& fallback) const {
  return get(items_, name, fallback);
}
std::vector<std::int64_t> Attributes::integers(const std::string& name, std::vector<std::int64_t> fallback) const {
  return get(items_, name, std::move(fallback));
}

std::vector<double> Attributes::reals(const std::string& name, std::vector<double> fallback) const {
  return get(items_, name, std::move(fallback));
}

std::string to_text(const Attributes& attributes) {
  std::ostringstream out;
  bool first = true;
  for (const auto& [name, value] : attributes.items()) {
    out << (first ? "" : " ") << name << '=';
    std::visit(Printer{out}, value);
    first = false;
  }
  return out.str();
}

}  // namespace thaw
