#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ops/device.h"

namespace thaw {

/// The tensors that outlive a step: weights and optimizer slots, by name, in the layout their kernels chose.
/// Programs of one model share a store. The outside sees them row-major.
class ParameterStore {
 public:
  explicit ParameterStore(std::shared_ptr<Device> device) : device_(std::move(device)) {}

  struct Entry {
    TensorType type;
    LayoutPtr layout;
    std::unique_ptr<DeviceMemory> memory;
    bool is_state = false;
  };

  bool has(const std::string& name) const { return entries_.count(name) > 0; }
  /// Throws InternalError if there is none.
  const Entry& get(const std::string& name) const;
  /// Allocates zeroed memory for a new entry.
  void add(const std::string& name, const TensorType& type, LayoutPtr layout, bool is_state);

  /// Row-major copies; integers (indices) are converted, exact up to 2^24. Throws InternalError if the size is another.
  void write(const std::string& name, const std::vector<float>& values);
  std::vector<float> read(const std::string& name) const;
  /// Into a vector that may have its memory already.
  void read(const std::string& name, std::vector<float>& values) const;

  /// Counts the changes: programs compute anew what they made of weights when it is another.
  std::uint64_t version() const { return version_; }
  /// A program updated weights in place.
  void mark_changed() { ++version_; }

  std::vector<std::string> names() const;
  std::size_t bytes() const;

 private:
  std::shared_ptr<Device> device_;
  std::uint64_t version_ = 1;
  std::map<std::string, Entry> entries_;
};

}  // namespace thaw
