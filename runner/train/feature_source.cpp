#include "runner/train/feature_source.h"

#include <algorithm>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

class FeatureSource final : public SampleSource {
 public:
  FeatureSource(std::shared_ptr<const SampleSource> pictures, std::shared_ptr<const FeatureFile> features)
      : pictures_(std::move(pictures)),
        features_(std::move(features)),
        variants_(features_->header().rows / pictures_->size()) {
    if (variants_ < 1 || features_->header().rows % pictures_->size() != 0) {
      throw InternalError("features of another number of samples");
    }
  }

  std::int64_t size() const override { return pictures_->size(); }
  // A row has no shape here: the network knows which tensors it holds.
  int channels() const override { return static_cast<int>(features_->header().row_values); }
  int height() const override { return 1; }
  int width() const override { return 1; }
  int max_objects() const override { return pictures_->max_objects(); }
  int min_objects() const override { return pictures_->min_objects(); }
  int mixed_samples() const override { return pictures_->mixed_samples(); }
  int classes() const override { return pictures_->classes(); }
  std::vector<std::string> class_names() const override { return pictures_->class_names(); }
  std::vector<std::int64_t> class_counts() const override { return pictures_->class_counts(); }
  std::string description() const override { return pictures_->description(); }
  std::string fingerprint() const override { return pictures_->fingerprint(); }
  int variants() const override { return static_cast<int>(variants_); }
  bool has_boxes() const override { return pictures_->has_boxes(); }
  bool gives_features() const override { return true; }
  std::string augmentation() const override { return pictures_->augmentation(); }
  std::vector<std::string> warnings() const override { return pictures_->warnings(); }

  void draw(std::uint64_t epoch, std::int64_t index, const SampleSlot& slot) const override {
    SampleSlot truth = slot;
    truth.image = nullptr;
    pictures_->draw(epoch, index, truth);
    if (slot.image == nullptr) return;
    const auto variant = static_cast<std::int64_t>(epoch % static_cast<std::uint64_t>(variants_));
    const std::span<const float> row = features_->row(variant * pictures_->size() + index);
    std::copy(row.begin(), row.end(), slot.image);
  }

 private:
  std::shared_ptr<const SampleSource> pictures_;
  std::shared_ptr<const FeatureFile> features_;
  std::int64_t variants_;
};

}  // namespace

std::shared_ptr<const SampleSource> make_feature_source(std::shared_ptr<const SampleSource> pictures,
                                                        std::shared_ptr<const FeatureFile> features) {
  return std::make_shared<const FeatureSource>(std::move(pictures), std::move(features));
}

}  // namespace thaw
