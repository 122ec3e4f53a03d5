#include "runner/store/metadata.h"

#include <array>
#include <charconv>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// The shortest text that reads back as the same number.
template <typename Number>
std::string exact_text(Number value) {
  std::array<char, 64> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

}  // namespace

void Metadata::set_integer(const std::string& key, std::int64_t value) { set(key, exact_text(value)); }

void Metadata::set_real(const std::string& key, double value) { set(key, exact_text(value)); }

void Metadata::set_reals(const std::string& key, std::span<const double> values) {
  std::string text;
  for (const double value : values) {
    if (!text.empty()) text += ' ';
    text += exact_text(value);
  }
  set(key, text);
}

const std::string& Metadata::text(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) refuse(key, "missing");
  return found->second;
}

std::int64_t Metadata::integer(const std::string& key) const { return number<std::int64_t>(key, text(key)); }

double Metadata::real(const std::string& key) const { return number<double>(key, text(key)); }

std::vector<double> Metadata::reals(const std::string& key) const {
  std::vector<double> values;
  std::string_view rest = text(key);
  while (!rest.empty()) {
    const std::size_t end = rest.find(' ');
    values.push_back(number<double>(key, rest.substr(0, end)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return values;
}

template <typename Number>
Number Metadata::number(const std::string& key, std::string_view text) const {
  Number value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    refuse(key, "\"" + std::string(text) + "\" is not a number");
  }
  return value;
}

void Metadata::refuse(const std::string& key, const std::string& cause) const {
  throw InputError(source_ + ": " + key + ": " + cause);
}

}  // namespace thaw
