#include "runner/data/pictures/open_pictures.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "runner/data/augment/augmented_samples.h"
#include "runner/data/augment/pixel_planes.h"
#include "runner/data/pictures/leakage.h"
#include "runner/data/pictures/open_picture_set.h"
#include "runner/data/pictures/stratify.h"

namespace thaw {
namespace {

bool crops_at_random(const Source& source) {
  const auto& list = source.augmentation();
  return std::any_of(list.begin(), list.end(), [](const Augmentation& a) { return a.has_random_crop(); });
}

/// Chooses which pictures are samples: `take` of those that can be read.
class PictureChoice {
 public:
  PictureChoice(const Source& source, const OpenContext& context, PictureStore& store)
      : source_(source), store_(store), seed_{context.seed, context.split + "/take"}, tell_(context.tell_progress) {}

  /// Ascending. Adds to `errors` if pictures cannot be read, or are too few.
  std::vector<std::int64_t> choose(std::vector<SourceError>& errors) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(store_.set().count()));
    std::iota(all.begin(), all.end(), 0);
    const auto count = static_cast<std::int64_t>(all.size());
    if (source_.take() > count) {
      errors.push_back(
          {"take", "is " + std::to_string(source_.take()) + ", but there are " + std::to_string(count) + " samples"});
      return {};
    }
    if (source_.has_take()) return take(all, errors);
    scan(all);
    return unreadable_.empty() || source_.skip_unreadable() ? readable(all) : refuse(errors);
  }

  const std::vector<UnreadablePicture>& unreadable() const { return unreadable_; }

  /// One line a picture: "    ants/7.jpg: is empty".
  std::string lines() const {
    std::string text;
    for (const UnreadablePicture& picture : unreadable_) {
      text += "\n    " + store_.set().name(picture.index) + ": " + picture.cause;
    }
    return text;
  }

 private:
  // Where a picture cannot be read and may be skipped, the next one of its class takes its place.
  std::vector<std::int64_t> take(const std::vector<std::int64_t>& all, std::vector<SourceError>& errors) {
    auto strata = strata_of(store_.set(), all, seed_);
    for (;;) {
      const std::vector<std::int64_t> taken = take_of_each(strata, source_.take(), seed_);
      std::vector<std::int64_t> fresh;
      std::set_difference(taken.begin(), taken.end(), scanned_.begin(), scanned_.end(), std::back_inserter(fresh));
      const std::size_t before = unreadable_.size();
      scan(fresh);
      if (unreadable_.size() == before) return taken;
      if (!source_.skip_unreadable()) return refuse(errors);
      std::int64_t left = 0;
      for (auto& stratum : strata) {
        std::erase_if(stratum, [&](std::int64_t index) { return bad_.contains(index); });
        left += static_cast<std::int64_t>(stratum.size());
      }
      if (left >= source_.take()) continue;
      errors.push_back({"take", "is " + std::to_string(source_.take()) + ", but only " + std::to_string(left) + " of " +
                                    std::to_string(all.size()) + " pictures can be read:" + lines()});
      return {};
    }
  }

  void scan(const std::vector<std::int64_t>& indices) {
    for (UnreadablePicture& picture : store_.scan(indices, tell_)) {
      bad_.insert(picture.index);
      unreadable_.push_back(std::move(picture));
    }
    scanned_.insert(indices.begin(), indices.end());
    std::sort(unreadable_.begin(), unreadable_.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  }

  std::vector<std::int64_t> readable(std::vector<std::int64_t> indices) const {
    std::erase_if(indices, [this](std::int64_t index) { return bad_.contains(index); });
    return indices;
  }

  std::vector<std::int64_t> refuse(std::vector<SourceError>& errors) const {
    errors.push_back({pictures_field(source_), std::to_string(unreadable_.size()) + " of " +
                                                   std::to_string(scanned_.size()) +
                                                   " pictures cannot be read:" + lines() +
                                                   "\n  expected pictures that can be read; skip_unreadable: true "
                                                   "leaves out those that cannot"});
    return {};
  }

  const Source& source_;
  PictureStore& store_;
  DrawSeed seed_;
  TellProgress tell_;
  std::set<std::int64_t> scanned_, bad_;
  std::vector<UnreadablePicture> unreadable_;
};

// What check_experiment says better, at the place where it stands; but the data is opened all the same.
void check_fit(const Source& source, const PictureExtent& input, std::vector<SourceError>& errors) {
  if (input.channels != 1 && input.channels != 3) {
    errors.push_back({"", "has pictures that are grey (1) or colour (3), but the model's input has " +
                              std::to_string(input.channels) + " channels"});
  }
  const int least = std::max(input.height, input.width);
  if (source.resizing().has_short_side() && source.resizing().short_side() < least) {
    errors.push_back(
        {"resizing.short_side", "is less than the " + std::to_string(least) + " pixels of the model's input"});
  }
}

}  // namespace

std::shared_ptr<const PictureSamples> open_pictures(const Source& source, const OpenContext& context,
                                                    std::vector<SourceError>& errors) {
  std::shared_ptr<const PictureSet> set = open_picture_set(source, context, errors);
  const std::size_t errors_before = errors.size();
  check_fit(source, context.input, errors);
  if (!set || errors.size() > errors_before) return nullptr;
  PictureFit fit{source.resizing(), context.input, source.resizing().has_short_side() && crops_at_random(source)};
  const auto store = std::make_shared<PictureStore>(set, std::move(fit), context.picture_memory_bytes);
  PictureChoice choices(source, context, *store);
  std::vector<std::int64_t> chosen = choices.choose(errors);
  if (errors.size() > errors_before) return nullptr;
  if (chosen.empty()) {
    errors.push_back({pictures_field(source),
                      "none of the " + std::to_string(set->count()) + " pictures can be read:" + choices.lines()});
    return nullptr;
  }
  std::vector<std::string> warnings = set->notes();
  if (!choices.unreadable().empty()) {
    const std::size_t count = choices.unreadable().size();
    warnings.push_back(set->description() + ": left out " + std::to_string(count) +
                       (count == 1 ? " picture" : " pictures") + " that cannot be read:" + choices.lines());
  }
  for (std::string& warning : label_conflicts(*store, chosen)) warnings.push_back(std::move(warning));
  for (std::string& warning : warnings) warning.insert(0, context.split + " data: ");
  return std::make_shared<PictureSamples>(store, std::move(chosen), std::move(warnings));
}

std::shared_ptr<const SampleSource> augment_pictures(std::shared_ptr<const PictureSamples> pictures,
                                                     const Source& source, const OpenContext& context) {
  if (source.augmentation().empty()) return pictures;
  AugmentationPlan plan{source.augmentation(), source.variants(), context.seed, context.split};
  const PictureSamples* from = pictures.get();  // Lives as long as what draws from it.
  const bool has_margin = from->store().fit().keeps_margin;
  return augment(std::move(pictures), std::move(plan), [from, has_margin](std::uint64_t, std::int64_t index) {
    const cv::Mat picture = from->picture(index);
    return to_fractions(has_margin ? picture : middle_of(picture, {from->width(), from->height()}));
  });
}

}  // namespace thaw
