#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thaw {

/// Named facts kept as text. Numbers come back exactly: to the last bit, infinities included.
///
/// The getters throw InputError naming the key and the file it was read from.
class Metadata {
 public:
  using Entries = std::map<std::string, std::string>;

  Metadata() = default;
  /// `source`: the file, for messages.
  Metadata(Entries entries, std::string source) : entries_(std::move(entries)), source_(std::move(source)) {}

  void set(const std::string& key, std::string_view text) { entries_[key] = text; }
  void set_integer(const std::string& key, std::int64_t value);
  void set_real(const std::string& key, double value);
  void set_reals(const std::string& key, std::span<const double> values);
  void erase(const std::string& key) { entries_.erase(key); }

  bool has(const std::string& key) const { return entries_.contains(key); }
  const std::string& text(const std::string& key) const;
  std::int64_t integer(const std::string& key) const;
  double real(const std::string& key) const;
  std::vector<double> reals(const std::string& key) const;

  const Entries& entries() const { return entries_; }

 private:
  template <typename Number>
  Number number(const std::string& key, std::string_view text) const;
  [[noreturn]] void refuse(const std::string& key, const std::string& cause) const;

  Entries entries_;
  std::string source_ = "metadata";
};

}  // namespace thaw
