#include "runner/data/augment/augmented_samples.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runner/data/augment/pixel_planes.h"
#include "runner/data/recipe_text.h"
#include "runner/store/sha256.h"

namespace thaw {
namespace {

class AugmentedSamples : public SampleSource {
 public:
  AugmentedSamples(std::shared_ptr<const SampleSource> source, AugmentationPlan plan, WholePicture whole_picture);

  std::int64_t size() const override { return source_->size(); }
  int channels() const override { return source_->channels(); }
  int height() const override { return source_->height(); }
  int width() const override { return source_->width(); }
  int max_objects() const override { return source_->max_objects() * (mixes_ ? 2 : 1); }
  int min_objects() const override { return source_->min_objects() * (mixes_ ? 2 : 1); }
  int mixed_samples() const override { return mixes_ ? 2 : 1; }
  int classes() const override { return source_->classes(); }
  std::vector<std::string> class_names() const override { return source_->class_names(); }
  std::vector<std::int64_t> class_counts() const override { return source_->class_counts(); }
  std::string description() const override { return source_->description(); }
  std::string fingerprint() const override;
  int variants() const override;
  bool has_boxes() const override { return source_->has_boxes() && keeps_boxes_; }
  std::string augmentation() const override;
  std::shared_ptr<const SampleSource> plain() const override { return plan_.augmentations.empty() ? nullptr : source_; }
  std::vector<std::string> warnings() const override { return source_->warnings(); }
  void draw(std::uint64_t epoch, std::int64_t index, const SampleSlot& slot) const override;

 private:
  /// Who a sample is mixed with, and the share it keeps.
  struct Mixture {
    std::int64_t partner = 0;
    double share = 1;
  };

  std::uint64_t variant_of(std::uint64_t epoch) const {
    return plan_.variants > 0 ? epoch % static_cast<std::uint64_t>(plan_.variants) : epoch;
  }
  std::string purpose(const char* what) const { return plan_.split + "/" + what; }
  Mixture draw_mixture(std::uint64_t variant, std::int64_t index) const;
  void draw_truth(std::uint64_t variant, std::int64_t index, const SampleSlot& slot) const;
  cv::Mat draw_picture(std::uint64_t variant, std::int64_t index) const;

  std::shared_ptr<const SampleSource> source_;
  AugmentationPlan plan_;
  WholePicture whole_picture_;
  double alpha_ = 0;
  bool mixes_ = false;
  bool keeps_boxes_ = true;
};

AugmentedSamples::AugmentedSamples(std::shared_ptr<const SampleSource> source, AugmentationPlan plan,
                                   WholePicture whole_picture)
    : source_(std::move(source)), plan_(std::move(plan)), whole_picture_(std::move(whole_picture)) {
  for (const Augmentation& augmentation : plan_.augmentations) {
    if (augmentation.has_mixup()) {
      mixes_ = true;
      alpha_ = augmentation.mixup().alpha();
    }
    if (augmentation.has_mixup() || moves_pixels(augmentation)) keeps_boxes_ = false;
  }
  if (whole_picture_) return;
  whole_picture_ = [from = source_](std::uint64_t epoch, std::int64_t index) {
    std::vector<float> planes(static_cast<std::size_t>(from->channels()) * static_cast<std::size_t>(from->height()) *
                              static_cast<std::size_t>(from->width()));
    std::vector<Object> objects(static_cast<std::size_t>(from->max_objects()));
    int count = 0;
    from->draw(epoch, index, {planes.data(), objects.data(), &count, nullptr});
    return from_planes(planes.data(), {from->width(), from->height()}, from->channels());
  };
}

int AugmentedSamples::variants() const {
  if (plan_.variants > 0) return plan_.variants;
  return plan_.augmentations.empty() ? source_->variants() : 0;
}

std::string AugmentedSamples::fingerprint() const {
  Sha256 hash;
  hash.add_sized("thaw augmentation 1");
  hash.add_sized(source_->fingerprint());
  hash.add_integer(static_cast<std::int64_t>(plan_.seed));
  hash.add_sized(plan_.split);
  hash.add_integer(plan_.variants);
  for (const Augmentation& augmentation : plan_.augmentations) hash.add_sized(recipe_text(augmentation));
  return hash.hex();
}

std::string AugmentedSamples::augmentation() const {
  std::string text;
  for (const Augmentation& augmentation : plan_.augmentations) {
    text += (text.empty() ? "" : "; ") + augmentation_words(augmentation);
  }
  if (!text.empty() && plan_.variants > 0) text += "; " + std::to_string(plan_.variants) + " variants of each sample";
  return text;
}

AugmentedSamples::Mixture AugmentedSamples::draw_mixture(std::uint64_t variant, std::int64_t index) const {
  Draws draws(plan_.seed, purpose("mixup"), variant, static_cast<std::uint64_t>(index));
  Mixture mixture{index, draw_mixup_share(alpha_, draws)};
  if (size() == 1) return mixture;
  mixture.partner = draws.below(static_cast<std::uint32_t>(size() - 1));
  if (mixture.partner >= index) ++mixture.partner;
  return mixture;
}

void AugmentedSamples::draw_truth(std::uint64_t variant, std::int64_t index, const SampleSlot& slot) const {
  source_->draw(variant, index, {nullptr, slot.objects, slot.object_count, nullptr});
  if (mixes_) {
    const Mixture mixture = draw_mixture(variant, index);
    const int own = *slot.object_count;
    int others = 0;
    source_->draw(variant, mixture.partner, {nullptr, slot.objects + own, &others, nullptr});
    for (int i = 0; i < own; ++i) slot.objects[i].share *= static_cast<float>(mixture.share);
    for (int i = own; i < own + others; ++i) slot.objects[i].share *= static_cast<float>(1 - mixture.share);
    *slot.object_count = own + others;
  }
  if (!keeps_boxes_) {
    for (int i = 0; i < *slot.object_count; ++i) slot.objects[i].box = {};
  }
}

cv::Mat AugmentedSamples::draw_picture(std::uint64_t variant, std::int64_t index) const {
  cv::Mat picture = whole_picture_(variant, index);
  Draws draws(plan_.seed, purpose("augmentation"), variant, static_cast<std::uint64_t>(index));
  for (const Augmentation& augmentation : plan_.augmentations) {
    if (!augmentation.has_mixup()) apply_augmentation(augmentation, {width(), height()}, draws, picture);
  }
  return picture;
}

void AugmentedSamples::draw(std::uint64_t epoch, std::int64_t index, const SampleSlot& slot) const {
  const std::uint64_t variant = variant_of(epoch);
  if (plan_.augmentations.empty()) return source_->draw(variant, index, slot);
  if (slot.mask != nullptr && keeps_boxes_) {
    source_->draw(variant, index, slot);  // The picture is drawn for the mask's sake, and again below.
  } else if (slot.mask != nullptr) {
    std::fill_n(slot.mask, static_cast<std::int64_t>(height()) * width(), std::uint16_t{0});
  }
  draw_truth(variant, index, slot);
  if (slot.image == nullptr) return;
  cv::Mat picture = draw_picture(variant, index);
  if (mixes_) {
    const Mixture mixture = draw_mixture(variant, index);
    const cv::Mat other = draw_picture(variant, mixture.partner);
    cv::addWeighted(picture, mixture.share, other, 1 - mixture.share, 0, picture);
  }
  to_planes(picture, slot.image);
}

}  // namespace

std::shared_ptr<const SampleSource> augment(std::shared_ptr<const SampleSource> source, AugmentationPlan plan,
                                            WholePicture whole_picture) {
  return std::make_shared<AugmentedSamples>(std::move(source), std::move(plan), std::move(whole_picture));
}

}  // namespace thaw
