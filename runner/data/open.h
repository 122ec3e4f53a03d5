#pragma once

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

/// A problem with a source and the field it comes from ("synthesis.sprites.idx.labels").
struct SourceError {
  std::string field;    ///< relative to the Source message
  std::string message;  ///< names the file, what was found and what was expected
};

/// Opens the source: reads files, checks them (magic, sizes, truncation, gzip, label range, sprite fits canvas).
/// Returns nothing and adds to `errors` (all of them) when the source is bad; throws IoError for a file that cannot be
/// opened or read. Expects the schema's rules and check_experiment to hold. Thread-safe: open the two sets at once.
/// `seed` is the experiment's; `purpose` ("train", "validation") keeps the two sets' draws apart.
std::shared_ptr<const SampleSource> open_source(const Source& source, const DataRoots& roots, std::uint64_t seed,
                                                const std::string& purpose, std::vector<SourceError>& errors);

}  // namespace thaw
