#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runner/data/pictures/picture_store.h"
#include "runner/data/sample.h"

namespace thaw {

/// Pictures of a store as samples: every epoch the same, labels without boxes.
class PictureSamples : public SampleSource {
 public:
  /// `indices`: those of the store's pictures that are samples, all scanned.
  PictureSamples(std::shared_ptr<const PictureStore> store, std::vector<std::int64_t> indices,
                 std::vector<std::string> warnings = {});

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  int channels() const override { return store_->fit().input.channels; }
  int height() const override { return store_->fit().input.height; }
  int width() const override { return store_->fit().input.width; }
  int max_objects() const override { return max_objects_; }
  int min_objects() const override { return min_objects_; }
  int classes() const override { return static_cast<int>(class_names_.size()); }
  std::vector<std::string> class_names() const override { return class_names_; }
  std::vector<std::int64_t> class_counts() const override;
  std::string description() const override;
  std::string fingerprint() const override;
  int variants() const override { return 1; }
  bool has_boxes() const override { return false; }
  std::vector<std::string> warnings() const override { return warnings_; }
  void draw(std::uint64_t epoch, std::int64_t index, const SampleSlot& slot) const override;

  const PictureStore& store() const { return *store_; }
  const std::shared_ptr<const PictureStore>& shared_store() const { return store_; }
  const std::vector<std::int64_t>& indices() const { return indices_; }
  /// Sample `index`, at least of the input's size, 8 bit.
  cv::Mat picture(std::int64_t index) const { return store_->picture(indices_[static_cast<std::size_t>(index)]); }

 private:
  std::shared_ptr<const PictureStore> store_;
  std::vector<std::int64_t> indices_;
  std::vector<std::string> warnings_;
  std::vector<std::string> class_names_;
  int max_objects_ = 1, min_objects_ = 1;
};

}  // namespace thaw
