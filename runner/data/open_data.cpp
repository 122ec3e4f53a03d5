#include "runner/data/open_data.h"

#include <utility>

#include "runner/data/pictures/leakage.h"
#include "runner/data/pictures/open_pictures.h"
#include "runner/data/pictures/stratify.h"

namespace thaw {
namespace {

/// Opens the two sets, the second by what the first turned out to be.
class DataOpener {
 public:
  DataOpener(const Data& data, const OpenContext& context, std::vector<SourceError>& errors)
      : data_(data), context_(context), errors_(errors) {}

  OpenedData open() {
    OpenContext context = context_;
    context.split = "train";
    opened_.train = open_split(data_.train(), context, train_pictures_);
    if (data_.has_validation_split()) {
      if (train_pictures_) set_aside(context);
    } else if (data_.has_validation()) {
      open_validation(context);
    }
    collect_warnings();
    return std::move(opened_);
  }

 private:
  using Pictures = std::shared_ptr<const PictureSamples>;

  std::shared_ptr<const SampleSource> open_split(const Source& source, const OpenContext& context, Pictures& pictures) {
    std::vector<SourceError> found;
    std::shared_ptr<const SampleSource> samples;
    if (has_picture_files(source)) {
      pictures = open_pictures(source, context, found);
      if (pictures) samples = augment_pictures(pictures, source, context);
    } else {
      samples = open_source(source, context, found);
    }
    for (const SourceError& error : found) {
      errors_.push_back({context.split + (error.field.empty() ? "" : "." + error.field), error.message});
    }
    return samples;
  }

  void open_validation(OpenContext context) {
    context.split = "validation";
    if (opened_.train) context.class_names = opened_.train->class_names();
    if (train_pictures_) context.picture_memory_bytes -= train_pictures_->store().kept_bytes();
    Pictures pictures;
    opened_.validation = open_split(data_.validation(), context, pictures);
    if (!pictures || !opened_.train) return;
    check_classes(*pictures);
    if (train_pictures_) check_leakage(*pictures);
  }

  void check_classes(const PictureSamples& validation) {
    const auto wanted = opened_.train->class_names(), found = validation.class_names();
    for (std::size_t i = 0; i < std::min(wanted.size(), found.size()); ++i) {
      if (wanted[i] == found[i]) continue;
      errors_.push_back({"validation", "class " + std::to_string(i) + " (from 0) is \"" + found[i] +
                                           "\", but in the training data it is \"" + wanted[i] + "\""});
      return;
    }
  }

  void check_leakage(const PictureSamples& validation) {
    const std::string found = leakage(*train_pictures_, validation);
    if (found.empty()) return;
    if (data_.allow_leakage()) {
      opened_.warnings.push_back("validation data: " + found);
    } else {
      errors_.push_back({"validation", found +
                                           "\n  expected pictures that training has not seen; data.allow_leakage: true "
                                           "makes this a warning"});
    }
  }

  void set_aside(const OpenContext& context) {
    const auto& store = train_pictures_->shared_store();
    SplitPictures split = split_pictures(*store, train_pictures_->indices(), data_.validation_split(),
                                         {context.seed, "validation_split"});
    if (split.validation.empty()) {
      errors_.push_back({"validation_split", "sets no picture aside: there are " +
                                                 std::to_string(train_pictures_->size()) +
                                                 ", and each class keeps at least one to learn from"});
      return;
    }
    const auto train = std::make_shared<PictureSamples>(store, std::move(split.train), train_pictures_->warnings());
    opened_.train = augment_pictures(train, data_.train(), context);
    opened_.validation = std::make_shared<PictureSamples>(store, std::move(split.validation));
    train_pictures_ = train;
  }

  void collect_warnings() {
    std::vector<std::string> all;
    for (const auto& set : {opened_.train, opened_.validation}) {
      if (!set) continue;
      for (std::string& warning : set->warnings()) all.push_back(std::move(warning));
    }
    all.insert(all.end(), opened_.warnings.begin(), opened_.warnings.end());
    opened_.warnings = std::move(all);
  }

  const Data& data_;
  const OpenContext& context_;
  std::vector<SourceError>& errors_;
  Pictures train_pictures_;
  OpenedData opened_;
};

}  // namespace

OpenedData open_data(const Data& data, const OpenContext& context, std::vector<SourceError>& errors) {
  return DataOpener(data, context, errors).open();
}

}  // namespace thaw
