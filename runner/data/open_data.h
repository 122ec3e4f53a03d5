#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runner/data/open.h"

namespace thaw {

/// Both sets of an experiment. Whatever could not be opened is null.
struct OpenedData {
  std::shared_ptr<const SampleSource> train, validation;
  std::vector<std::string> warnings;
};

/// Opens what `data` says: training, and validation or the part of training that is set aside. Pictures that are in
/// both are an error, or a warning if that is allowed. `context` needs no split and no class names. Adds every finding
/// to `errors`, fields relative to Data: "train.idx.images", "validation".
OpenedData open_data(const Data& data, const OpenContext& context, std::vector<SourceError>& errors);

}  // namespace thaw
