#include "runner/data/synthesis.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <span>
#include <sstream>
#include <utility>

#include "runner/data/noise.h"
#include "runner/store/sha256.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr int kPlacementDraws = 100;
constexpr int kMostObjects = 100;  // The schema's limit of Objects.max.

struct Rect {
  int x = 0, y = 0, width = 0, height = 0;

  bool covers_part_of(const Rect& other) const {
    return x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height;
  }
};

// `sprite` onto `canvas` at `place`; the brighter one is seen.
void blend(const SpriteView& sprite, const Rect& place, int canvas_width, float* canvas) {
  for (int y = 0; y < sprite.height; ++y) {
    const std::uint8_t* from = sprite.row(y);
    float* to = canvas + static_cast<std::int64_t>(place.y + y) * canvas_width + place.x;
    for (int x = 0; x < sprite.width; ++x) {
      const float value = static_cast<float>(from[x]) / 255.0F;
      to[x] = to[x] > value ? to[x] : value;
    }
  }
}

// Marks what blend() will show of `sprite`.
void mark(const SpriteView& sprite, const Rect& place, int canvas_width, int number, const SampleSlot& slot) {
  for (int y = 0; y < sprite.height; ++y) {
    const std::int64_t start = static_cast<std::int64_t>(place.y + y) * canvas_width + place.x;
    for (int x = 0; x < sprite.width; ++x) {
      const bool is_seen = static_cast<float>(sprite.row(y)[x]) / 255.0F > slot.image[start + x];
      if (is_seen) slot.mask[start + x] = static_cast<std::uint16_t>(number);
    }
  }
}

class SynthesizedSamples : public SampleSource {
 public:
  SynthesizedSamples(const Synthesis& recipe, std::unique_ptr<SpriteSet> sprites, std::int64_t size, DrawKey key)
      : recipe_(recipe),
        sprites_(std::move(sprites)),
        size_(size),
        shown_sprites_(static_cast<std::uint32_t>(std::min(size, sprites_->count()))),
        key_(std::move(key)),
        height_(recipe.canvas().height()),
        width_(recipe.canvas().width()) {}

  std::int64_t size() const override { return size_; }
  int channels() const override { return recipe_.canvas().channels(); }
  int height() const override { return height_; }
  int width() const override { return width_; }
  int max_objects() const override { return recipe_.objects().max(); }
  int classes() const override { return sprites_->classes(); }
  std::vector<std::string> class_names() const override { return sprites_->class_names(); }
  std::vector<std::int64_t> class_counts() const override;
  std::string description() const override;
  std::string fingerprint() const override;
  int variants() const override { return recipe_.same_every_epoch() ? 1 : 0; }
  void draw(std::uint64_t epoch, std::int64_t index, const SampleSlot& slot) const override;

 private:
  std::int64_t pixels() const { return static_cast<std::int64_t>(height_) * width_; }
  bool find_place(std::span<const Rect> taken, Rect& place, Draws& draws) const;
  void finish_image(float* image, Draws& draws) const;

  Box box_of(const Rect& rect) const {
    const auto w = static_cast<float>(width_);
    const auto h = static_cast<float>(height_);
    return {static_cast<float>(rect.x) / w, static_cast<float>(rect.y) / h, static_cast<float>(rect.x + rect.width) / w,
            static_cast<float>(rect.y + rect.height) / h};
  }

  Synthesis recipe_;
  std::unique_ptr<SpriteSet> sprites_;
  std::int64_t size_;
  std::uint32_t shown_sprites_;
  DrawKey key_;
  int height_;
  int width_;
};

std::vector<std::int64_t> SynthesizedSamples::class_counts() const {
  std::vector<std::int64_t> counts(classes());
  if (max_objects() == 1) {
    for (std::int64_t i = 0; i < shown_sprites_; ++i) {
      counts[sprites_->label(i)] += size_ / shown_sprites_ + (i < size_ % shown_sprites_ ? 1 : 0);
    }
    return counts;
  }
  std::vector<Object> objects(max_objects());
  int object_count = 0;
  for (std::int64_t i = 0; i < size_; ++i) {
    draw(0, i, {nullptr, objects.data(), &object_count});
    for (int k = 0; k < object_count; ++k) ++counts[objects[k].label];
  }
  return counts;
}

std::string SynthesizedSamples::description() const {
  std::ostringstream text;
  text << sprites_->description() << " on a " << width_ << "x" << height_ << " canvas";
  const Objects& objects = recipe_.objects();
  if (objects.max() > 1) text << ", " << objects.min() << " to " << objects.max() << " objects";
  if (recipe_.noise() > 0) text << ", noise " << recipe_.noise();
  return text.str();
}

// Written field by field from the values in force, so that a default written out changes nothing, and neither does the
// place of a file.
std::string SynthesizedSamples::fingerprint() const {
  const Canvas& canvas = recipe_.canvas();
  const Objects& objects = recipe_.objects();
  std::ostringstream text;
  text << std::setprecision(17) << "thaw synthesis 1\nseed " << key_.seed << " purpose " << key_.purpose << "\ncanvas "
       << canvas.height() << " " << canvas.width() << " " << canvas.channels() << "\nobjects " << objects.min() << " "
       << objects.max() << " overlap " << objects.overlap() << "\nsamples " << size_ << " same "
       << recipe_.same_every_epoch() << " noise " << recipe_.noise() << "\n"
       << sprites_->recipe();
  return sha256_hex(text.str());
}

void SynthesizedSamples::draw(std::uint64_t epoch, std::int64_t index, const SampleSlot& slot) const {
  Draws draws(key_.seed, key_.purpose, recipe_.same_every_epoch() ? 0 : epoch, static_cast<std::uint64_t>(index));
  if (slot.image != nullptr) std::fill_n(slot.image, pixels(), 0.0F);
  if (slot.mask != nullptr) std::fill_n(slot.mask, pixels(), std::uint16_t{0});
  const int wanted = draws.between(recipe_.objects().min(), recipe_.objects().max());
  std::array<Rect, kMostObjects> places;
  int placed = 0;
  for (int i = 0; i < wanted; ++i) {
    const std::int64_t shown = i == 0 ? index % shown_sprites_ : draws.below(shown_sprites_);
    const SpriteView sprite = sprites_->sprite(shown, draws);
    Rect& place = places[placed];
    place = {0, 0, sprite.width, sprite.height};
    if (!find_place({places.data(), static_cast<std::size_t>(placed)}, place, draws)) continue;
    slot.objects[placed] = {sprite.label, box_of(place)};
    ++placed;
    if (slot.mask != nullptr) mark(sprite, place, width_, placed, slot);
    if (slot.image != nullptr) blend(sprite, place, width_, slot.image);
  }
  *slot.object_count = placed;
  if (slot.image != nullptr) finish_image(slot.image, draws);
}

// A place for an object of the size of `place`; false if no free one came up.
bool SynthesizedSamples::find_place(std::span<const Rect> taken, Rect& place, Draws& draws) const {
  for (int attempt = 0; attempt < kPlacementDraws; ++attempt) {
    place.x = draws.between(0, width_ - place.width);
    place.y = draws.between(0, height_ - place.height);
    const auto is_covered = [&place](const Rect& other) { return place.covers_part_of(other); };
    if (recipe_.objects().overlap() || std::none_of(taken.begin(), taken.end(), is_covered)) return true;
  }
  return false;
}

void SynthesizedSamples::finish_image(float* image, Draws& draws) const {
  const auto noise = static_cast<float>(recipe_.noise());
  if (noise > 0) add_noise({image, static_cast<std::size_t>(pixels())}, noise, draws);
  for (int channel = 1; channel < channels(); ++channel) std::copy_n(image, pixels(), image + channel * pixels());
}

}  // namespace

std::shared_ptr<const SampleSource> make_synthesis(const Synthesis& recipe, std::unique_ptr<SpriteSet> sprites,
                                                   std::int64_t size, DrawKey key) {
  const Objects& objects = recipe.objects();
  if (objects.min() > objects.max() || objects.max() > kMostObjects) throw InternalError("synthesis: unchecked recipe");
  return std::make_shared<SynthesizedSamples>(recipe, std::move(sprites), size, std::move(key));
}

}  // namespace thaw
