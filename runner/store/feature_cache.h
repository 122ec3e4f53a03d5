#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runner/store/feature_file.h"

namespace thaw {

/// Files of features in a folder that runs and processes share, named by what they depend on: FOLDER/KEY.features. What
/// was read longest ago is removed where they would take more than a limit.
class FeatureCache {
 public:
  struct Options {
    std::string folder;
    std::int64_t limit_bytes = 0;
    std::function<void(const std::string&)> note;  ///< a line for people: waiting, a damaged file, ...
    std::function<bool()> is_stopping;             ///< asked while waiting for another process
  };
  explicit FeatureCache(Options options) : options_(std::move(options)) {}

  struct Result {
    std::shared_ptr<const FeatureFile> file;  ///< null: stopped, or there is no room
    bool was_computed = false;
    std::string no_room;  ///< why it cannot be kept
  };
  /// The features of that header: found, or computed by this process alone while others that want them wait. `compute`
  /// writes all rows; it returns false if it was stopped, and nothing is left behind then. Throws IoError and what
  /// `compute` throws.
  Result get(const FeatureHeader& header, const std::function<bool(FeatureFileWriter&)>& compute);

 private:
  std::string path_of(const FeatureHeader& header) const { return options_.folder + "/" + header.key + ".features"; }
  std::shared_ptr<const FeatureFile> find(const FeatureHeader& header);
  std::string make_room(std::int64_t bytes);

  Options options_;
};

}  // namespace thaw
