#pragma once

#include <deque>
#include <string>
#include <utility>

namespace thaw {

/// The last few values by key.
template <typename Value>
class LastFew {
 public:
  explicit LastFew(std::size_t most) : most_(most) {}

  const Value* find(const std::string& key) const {
    for (const auto& [known, value] : values_) {
      if (known == key) return &value;
    }
    return nullptr;
  }
  void keep(const std::string& key, Value value) {
    values_.emplace_front(key, std::move(value));
    if (values_.size() > most_) values_.pop_back();
  }

 private:
  std::size_t most_;
  std::deque<std::pair<std::string, Value>> values_;
};

}  // namespace thaw
