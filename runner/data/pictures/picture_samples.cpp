#include "runner/data/pictures/picture_samples.h"

#include <algorithm>
#include <utility>

#include "runner/data/augment/pixel_planes.h"
#include "runner/data/recipe_text.h"
#include "runner/store/sha256.h"

namespace thaw {
namespace {

std::string resizing_words(const PictureFit& fit) {
  const std::string size = std::to_string(fit.input.width) + "x" + std::to_string(fit.input.height);
  switch (fit.resizing.mode()) {
    case CROP_TO_ASPECT_RATIO:
      if (fit.resizing.has_short_side()) {
        return "short side " + std::to_string(fit.resizing.short_side()) + ", cut to " + size;
      }
      return "cut and scaled to " + size;
    case PAD_TO_ASPECT_RATIO:
      return "scaled to " + size + " with black bars";
    default:
      return "scaled to " + size;
  }
}

}  // namespace

PictureSamples::PictureSamples(std::shared_ptr<const PictureStore> store, std::vector<std::int64_t> indices,
                               std::vector<std::string> warnings)
    : store_(std::move(store)),
      indices_(std::move(indices)),
      warnings_(std::move(warnings)),
      class_names_(store_->set().class_names()) {
  for (const std::int64_t index : indices_) {
    const auto labels = static_cast<int>(store_->set().labels(index).size());
    max_objects_ = std::max(max_objects_, labels);
    min_objects_ = std::min(min_objects_, labels);
  }
}

std::vector<std::int64_t> PictureSamples::class_counts() const {
  std::vector<std::int64_t> counts(class_names_.size());
  for (const std::int64_t index : indices_) {
    for (const int label : store_->set().labels(index)) ++counts[static_cast<std::size_t>(label)];
  }
  return counts;
}

std::string PictureSamples::description() const {
  const std::int64_t all = store_->set().count();
  std::string text = store_->set().description() + ", ";
  if (size() < all) text += std::to_string(size()) + " of ";
  return text + std::to_string(all) + " pictures, " + resizing_words(store_->fit());
}

// What pictures show and what they are called, not where they lie.
std::string PictureSamples::fingerprint() const {
  Sha256 hash;
  const PictureFit& fit = store_->fit();
  hash.add_sized("thaw pictures 1");
  hash.add_sized(recipe_text(fit.resizing));
  for (const int extent : {fit.input.height, fit.input.width, fit.input.channels}) hash.add_integer(extent);
  hash.add_integer(classes());
  for (const std::string& name : class_names_) hash.add_sized(name);
  hash.add_integer(size());
  for (const std::int64_t index : indices_) {
    const PictureDigest& digest = store_->digest(index);
    hash.add({reinterpret_cast<const char*>(digest.data()), digest.size()});
    const auto labels = store_->set().labels(index);
    hash.add_integer(static_cast<std::int64_t>(labels.size()));
    for (const int label : labels) hash.add_integer(label);
  }
  return hash.hex();
}

void PictureSamples::draw(std::uint64_t, std::int64_t index, const SampleSlot& slot) const {
  const auto labels = store_->set().labels(indices_[static_cast<std::size_t>(index)]);
  for (std::size_t i = 0; i < labels.size(); ++i) slot.objects[i] = {labels[i], {}, 1};
  *slot.object_count = static_cast<int>(labels.size());
  // Where in the picture its objects are is not known.
  if (slot.mask != nullptr) std::fill_n(slot.mask, static_cast<std::int64_t>(height()) * width(), std::uint16_t{0});
  if (slot.image != nullptr) to_fraction_planes(middle_of(picture(index), {width(), height()}), slot.image);
}

}  // namespace thaw
