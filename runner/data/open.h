#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runner/data/sample.h"
#include "schemas/experiment.pb.h"

namespace thaw {

/// Where relative data paths are looked for, in this order: --data, $THAW_DATA, the experiment file's folder.
struct DataRoots {
  std::vector<std::string> folders;

  /// The first folder that has `path` (an absolute path stands for itself).
  /// Throws InputError naming every place looked in.
  std::string resolve(const std::string& path) const;
};

/// As written, and where that led: "mnist/train.gz (/data/mnist/train.gz)".
std::string full_name(const std::string& written, const std::string& resolved);

/// A problem with a source and the field it comes from ("synthesis.sprites.idx.labels").
struct SourceError {
  std::string field;    ///< relative to the Source message
  std::string message;  ///< names the file, what was found and what was expected
};

/// Rows, columns and channels of a picture.
struct PictureExtent {
  int height = 0, width = 0, channels = 0;
};

/// Takes how many of how many are done.
using TellProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// What a source is opened for.
struct OpenContext {
  DataRoots roots = {};
  std::uint64_t seed = 1;    ///< the experiment's
  std::string split = {};    ///< "train" or "validation": keeps the two sets' draws apart
  PictureExtent input = {};  ///< the model's input: what pictures from files are brought to
  /// The training set's, for the validation set: which class has which number. Empty: as the source says.
  std::vector<std::string> class_names = {};
  /// The most that pictures from files may take once they are decoded and have their size. Those beyond it are decoded
  /// anew each time they are drawn.
  std::int64_t picture_memory_bytes = std::int64_t{1} << 30;
  TellProgress tell_progress = {};  ///< of pictures that are decoded
};

/// Opens the source: reads files, checks them (magic, sizes, truncation, gzip, label range, sprite fits canvas; each
/// picture is decoded once).
/// Returns nothing and adds to `errors` (all of them) when the source is bad; throws IoError for a file that cannot be
/// opened or read. Expects the schema's rules and check_experiment to hold.
std::shared_ptr<const SampleSource> open_source(const Source& source, const OpenContext& context,
                                                std::vector<SourceError>& errors);

}  // namespace thaw
