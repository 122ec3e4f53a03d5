#include "runner/data/pictures/leakage.h"

#include <algorithm>
#include <map>

#include "runner/data/pictures/open_picture_set.h"

namespace thaw {
namespace {

constexpr std::size_t kMostPairs = 10;

std::string label_words(const PictureSet& set, std::int64_t index) {
  const std::vector<std::string> names = set.class_names();
  std::string text;
  for (const int label : set.labels(index)) text += (text.empty() ? "" : ", ") + names[static_cast<std::size_t>(label)];
  return text.empty() ? "no label" : text;
}

// One pair a line.
std::string pair_lines(const std::vector<std::string>& pairs) {
  std::string text;
  for (std::size_t i = 0; i < std::min(pairs.size(), kMostPairs); ++i) text += "\n    " + pairs[i];
  if (pairs.size() > kMostPairs) text += "\n    and " + std::to_string(pairs.size() - kMostPairs) + " more";
  return text;
}

}  // namespace

std::string leakage(const PictureSamples& train, const PictureSamples& validation) {
  std::map<PictureDigest, std::int64_t> known;
  for (const std::int64_t index : train.indices()) known.emplace(train.store().digest(index), index);
  std::vector<std::string> pairs;
  for (const std::int64_t index : validation.indices()) {
    const auto found = known.find(validation.store().digest(index));
    if (found == known.end()) continue;
    pairs.push_back(validation.store().set().name(index) + " is " + train.store().set().name(found->second) +
                    " of the training data");
  }
  if (pairs.empty()) return {};
  return std::to_string(pairs.size()) + " of " + std::to_string(validation.size()) +
         " pictures are in the training data too, pixel for pixel:" + pair_lines(pairs);
}

std::vector<std::string> label_conflicts(const PictureStore& store, const std::vector<std::int64_t>& indices) {
  const PictureSet& set = store.set();
  std::map<PictureDigest, std::int64_t> known;
  std::vector<std::string> pairs;
  for (const std::int64_t index : indices) {
    const auto [found, is_new] = known.emplace(store.digest(index), index);
    const auto first = set.labels(found->second), second = set.labels(index);
    if (is_new || std::equal(first.begin(), first.end(), second.begin(), second.end())) continue;
    pairs.push_back(set.name(found->second) + " (" + label_words(set, found->second) + ") and " + set.name(index) +
                    " (" + label_words(set, index) + ")");
  }
  if (pairs.empty()) return {};
  return {std::to_string(pairs.size()) + (pairs.size() == 1 ? " pair" : " pairs") +
          " of identical pictures with different labels:" + pair_lines(pairs)};
}

}  // namespace thaw
