#include "runner/data/idx_pair.h"

#include <algorithm>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

template <typename Read>
auto try_read(const Read& read, const std::string& written, const DataRoots& roots, std::vector<std::string>& messages)
    -> std::optional<decltype(read(written, written))> {
  try {
    const std::string path = roots.resolve(written);
    return read(path, full_name(written, path));
  } catch (const InputError& error) {
    messages.emplace_back(error.what());
    return std::nullopt;
  }
}

void check_count(const IdxImages& images, const IdxLabels& labels, std::vector<std::string>& messages) {
  if (images.count == labels.count) return;
  messages.push_back(labels.name + ": has " + std::to_string(labels.count) + " labels, expected " +
                     std::to_string(images.count) + ": one for each picture of " + images.name);
}

void check_labels(const IdxLabels& labels, int classes, std::vector<std::string>& messages) {
  const auto is_outside = [classes](std::uint8_t label) { return label >= classes; };
  const auto all = labels.all();
  const auto first = std::find_if(all.begin(), all.end(), is_outside);
  if (first == all.end()) return;
  messages.push_back(labels.name + ": label " + std::to_string(*first) + " of sample " +
                     std::to_string(first - all.begin()) + " (from 0), expected 0.." + std::to_string(classes - 1) +
                     " (classes: " + std::to_string(classes) +
                     "); labels out of range: " + std::to_string(std::count_if(first, all.end(), is_outside)));
}

void append(std::vector<SourceError>& errors, const std::string& field, const std::vector<std::string>& messages) {
  for (const std::string& message : messages) errors.push_back({field, message});
}

}  // namespace

IdxPair read_idx_pair(const Idx& idx, const IdxPlace& place, std::vector<SourceError>& errors) {
  std::vector<std::string> of_images, of_labels;
  IdxPair pair;
  pair.images = try_read(read_idx_images, idx.images(), place.roots, of_images);
  pair.labels = try_read(read_idx_labels, idx.labels(), place.roots, of_labels);
  pair.classes = idx.has_classes() ? idx.classes() : place.classes;
  if (pair.labels && pair.classes == 0) {
    pair.classes = 1 + *std::max_element(pair.labels->all().begin(), pair.labels->all().end());
  }
  if (pair.labels) check_labels(*pair.labels, pair.classes, of_labels);
  if (pair.images && pair.labels) check_count(*pair.images, *pair.labels, of_labels);
  append(errors, place.field + ".images", of_images);
  append(errors, place.field + ".labels", of_labels);
  return pair;
}

}  // namespace thaw
