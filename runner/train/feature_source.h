#pragma once

#include <memory>

#include "runner/data/sample.h"
#include "runner/store/feature_file.h"

namespace thaw {

/// The samples of `pictures` with features in place of pictures: row (variant * samples + sample) of `features`.
std::shared_ptr<const SampleSource> make_feature_source(std::shared_ptr<const SampleSource> pictures,
                                                        std::shared_ptr<const FeatureFile> features);

}  // namespace thaw
