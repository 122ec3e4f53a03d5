#include "ops/parameter_store.h"

#include "schemas/diagnostic.h"

namespace thaw {

const ParameterStore::Entry& ParameterStore::get(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw InternalError("no parameter is called " + name);
  return found->second;
}

void ParameterStore::add(const std::string& name, const TensorType& type, LayoutPtr layout, bool is_state) {
  Entry entry{type, layout, device_->allocate(layout->bytes()), is_state};
  if (!entries_.emplace(name, std::move(entry)).second) throw InternalError("parameter " + name + " exists already");
}

void ParameterStore::write(const std::string& name, const std::vector<float>& values) {
  const Entry& entry = get(name);
  mark_changed();
  if (static_cast<std::int64_t>(values.size()) != element_count(entry.type.shape)) {
    throw InternalError("parameter " + name + " has another number of elements");
  }
  if (entry.type.dtype == DType::kInt32) {
    const std::vector<std::int32_t> integers(values.begin(), values.end());
    device_->copy_in(entry.type, integers.data(), entry.memory->data(), entry.layout);
    return;
  }
  device_->copy_in(entry.type, values.data(), entry.memory->data(), entry.layout);
}

std::vector<float> ParameterStore::read(const std::string& name) const {
  std::vector<float> values;
  read(name, values);
  return values;
}

void ParameterStore::read(const std::string& name, std::vector<float>& values) const {
  const Entry& entry = get(name);
  values.resize(static_cast<std::size_t>(element_count(entry.type.shape)));
  if (entry.type.dtype == DType::kInt32) {
    std::vector<std::int32_t> integers(values.size());
    device_->copy_out(entry.type, entry.memory->data(), entry.layout, integers.data());
    values.assign(integers.begin(), integers.end());
    return;
  }
  device_->copy_out(entry.type, entry.memory->data(), entry.layout, values.data());
}

std::vector<std::string> ParameterStore::names() const {
  std::vector<std::string> found;
  for (const auto& [name, entry] : entries_) found.push_back(name);
  return found;
}

std::size_t ParameterStore::bytes() const {
  std::size_t total = 0;
  for (const auto& [name, entry] : entries_) total += entry.memory->bytes();
  return total;
}

}  // namespace thaw
