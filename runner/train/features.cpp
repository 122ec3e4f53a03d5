#include "runner/train/features.h"

#include <chrono>

#include "runner/store/sha256.h"
#include "runner/train/feature_source.h"
#include "runner/train/process_facts.h"

namespace thaw {
namespace {

using Clock = std::chrono::steady_clock;

/// One of the two sets on its way through the trunk.
struct Split {
  std::string name;  ///< "train"
  std::shared_ptr<const SampleSource> pictures;
  int variants = 1;
};

std::string precision_name(Precision precision) {
  return precision == Precision::kInt8 ? "int8" : precision == Precision::kBFloat16 ? "bfloat16" : "float32";
}

class RowMaker {
 public:
  RowMaker(const Session& session, std::unique_ptr<TrunkProgram> trunk, const FeatureOptions& options)
      : session_(session), options_(options), cache_(options.cache), trunk_(std::move(trunk)) {
    trunk_->calibrate_on(options.train);
    fingerprint_ = trunk_->fingerprint();
  }

  TrainingRows run() {
    TrainingRows rows{options_.train, options_.validation, {}, nullptr, false};
    rows.train = through(rows, {"train", options_.train, options_.train->variants()}, false);
    if (options_.validation && !rows.is_stopped) {
      rows.validation = through(rows, {"validation", options_.validation, 1}, true);
    }
    const bool wants_pictures =
        !rows.train->gives_features() || (rows.validation && !rows.validation->gives_features());
    if (wants_pictures) rows.trunk = std::move(trunk_);
    return rows;
  }

 private:
  std::shared_ptr<const SampleSource> through(TrainingRows& rows, const Split& split, bool is_validation) {
    const auto start = Clock::now();
    TrunkReady ready;
    ready.set_split(split.name);
    ready.set_precision(precision_name(trunk_precision_of(options_.config)));
    ready.set_nodes(trunk_->kernels());
    ready.set_flops_per_sample(session_.training().cut.flops);
    ready.set_boundary(boundary());
    auto source = split.pictures;
    if (are_features_kept(options_.config, *split.pictures, is_validation)) {
      const FeatureCache::Result result = features_of(split);
      if (!result.no_room.empty()) {
        options_.progress.note("the frozen trunk runs in every epoch: its features cannot be kept: " + result.no_room);
      } else if (!result.file) {
        rows.is_stopped = true;
        return source;
      } else {
        source = make_feature_source(split.pictures, result.file);
        const FeatureHeader& header = result.file->header();
        ready.set_key(header.key);
        ready.set_samples(header.rows);
        ready.set_computed(result.was_computed ? header.rows : 0);
        ready.set_bytes(header.file_bytes());
      }
    }
    ready.set_seconds(seconds_since(start));
    rows.ready.push_back(std::move(ready));
    return source;
  }

  FeatureCache::Result features_of(const Split& split) {
    FeatureHeader header;
    Sha256 hash;
    hash.add_sized(fingerprint_);
    hash.add_sized(split.pictures->fingerprint());
    hash.add_integer(split.variants);
    header.key = hash.hex();
    header.rows = split.pictures->size() * split.variants;
    header.row_values = trunk_->row_values();
    return cache_.get(header, [&](FeatureFileWriter& writer) { return compute(split, writer); });
  }

  /// False: stopped.
  bool compute(const Split& split, FeatureFileWriter& writer) {
    Loader loader(split.pictures, {.seed = options_.config.seed(),
                                   .batch_size = trunk_->batch(),
                                   .threads = static_cast<int>(options_.config.data().loader_threads()),
                                   .prefetch_batches = static_cast<int>(options_.config.data().prefetch_batches()),
                                   .shuffle = false});
    std::vector<float> rows(static_cast<std::size_t>(trunk_->row_values()) * static_cast<std::size_t>(trunk_->batch()));
    const std::int64_t total = split.pictures->size() * split.variants;
    const std::string what = "frozen trunk, " + split.name;
    for (std::int64_t done = 0; done < total;) {
      if (options_.cache.is_stopping()) return false;
      const Batch& batch = loader.next();
      trunk_->run(batch.images.data(), trunk_->batch(), rows.data());
      writer.append({rows.data(), static_cast<std::size_t>(batch.count * trunk_->row_values())});
      done += batch.count;
      options_.progress.samples(what, done, total);
    }
    options_.progress.note(what + ": " + std::to_string(total) + " pictures computed once");
    return true;
  }

  std::string boundary() const {
    std::string names;
    for (const ValuePlace& place : session_.training().cut.places) {
      names += (names.empty() ? "" : ", ") + (place.layer.empty() ? "the picture" : place.layer);
    }
    return names;
  }

  const Session& session_;
  const FeatureOptions& options_;
  FeatureCache cache_;
  std::unique_ptr<TrunkProgram> trunk_;
  std::string fingerprint_;
};

}  // namespace

bool are_features_kept(const Experiment& config, const SampleSource& source, bool is_validation) {
  return config.transfer().trunk().cache() && (is_validation || source.variants() > 0);
}

TrainingRows make_rows(const Session& session, std::unique_ptr<TrunkProgram> trunk, const FeatureOptions& options) {
  if (!trunk) return {options.train, options.validation, {}, nullptr, false};
  return RowMaker(session, std::move(trunk), options).run();
}

}  // namespace thaw
