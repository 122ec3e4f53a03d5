#include "runner/train/feature_source.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

// Rows whose truth is drawn anew each time once it would take more than this.
constexpr std::int64_t kMostTruthBytes = std::int64_t{256} << 20;

/// What the samples show, once each was asked for: of those that are synthesized, telling takes longer than a small
/// head's step.
class KeptTruth {
 public:
  KeptTruth(std::int64_t rows, int max_objects) : max_objects_(static_cast<std::size_t>(max_objects)) {
    if (rows * max_objects * static_cast<std::int64_t>(sizeof(Object)) > kMostTruthBytes) return;
    states_ = std::vector<std::atomic<State>>(static_cast<std::size_t>(rows));
    counts_.resize(states_.size());
    objects_.resize(states_.size() * max_objects_);
  }

  /// False: not kept yet.
  bool find(std::int64_t row, const SampleSlot& slot) const {
    const auto index = static_cast<std::size_t>(row);
    if (states_.empty() || states_[index].load(std::memory_order_acquire) != State::kThere) return false;
    *slot.object_count = counts_[index];
    const auto first = objects_.begin() + static_cast<std::ptrdiff_t>(index * max_objects_);
    std::copy_n(first, counts_[index], slot.objects);
    return true;
  }

  void keep(std::int64_t row, const SampleSlot& slot) {
    if (states_.empty()) return;
    const auto index = static_cast<std::size_t>(row);
    State none = State::kNone;
    if (!states_[index].compare_exchange_strong(none, State::kBeingWritten)) return;
    counts_[index] = *slot.object_count;
    std::copy_n(slot.objects, *slot.object_count, objects_.begin() + static_cast<std::ptrdiff_t>(index * max_objects_));
    states_[index].store(State::kThere, std::memory_order_release);
  }

 private:
  enum class State : std::uint8_t { kNone, kBeingWritten, kThere };

  std::size_t max_objects_;
  std::vector<std::atomic<State>> states_;
  std::vector<int> counts_;
  std::vector<Object> objects_;
};

class FeatureSource final : public SampleSource {
 public:
  FeatureSource(std::shared_ptr<const SampleSource> pictures, std::shared_ptr<const FeatureFile> features)
      : pictures_(std::move(pictures)),
        features_(std::move(features)),
        variants_(features_->header().rows / pictures_->size()),
        truth_(features_->header().rows, pictures_->max_objects()) {
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
    const auto variant = static_cast<std::int64_t>(epoch % static_cast<std::uint64_t>(variants_));
    const std::int64_t number = variant * pictures_->size() + index;
    if (slot.mask != nullptr || !truth_.find(number, slot)) {
      SampleSlot truth = slot;
      truth.image = nullptr;
      pictures_->draw(epoch, index, truth);
      truth_.keep(number, truth);
    }
    if (slot.image == nullptr) return;
    const std::span<const float> row = features_->row(number);
    std::copy(row.begin(), row.end(), slot.image);
  }

 private:
  std::shared_ptr<const SampleSource> pictures_;
  std::shared_ptr<const FeatureFile> features_;
  std::int64_t variants_;
  mutable KeptTruth truth_;
};

}  // namespace

std::shared_ptr<const SampleSource> make_feature_source(std::shared_ptr<const SampleSource> pictures,
                                                        std::shared_ptr<const FeatureFile> features) {
  return std::make_shared<const FeatureSource>(std::move(pictures), std::move(features));
}

}  // namespace thaw
