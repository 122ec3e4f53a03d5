#pragma once

#include <memory>
#include <vector>

#include "runner/data/open.h"
#include "runner/data/pictures/picture_samples.h"

namespace thaw {

/// Whether the source's pictures come from files as they are.
inline bool has_picture_files(const Source& source) {
  return source.has_image_folder() || source.has_image_list() || source.has_cifar10() || source.has_idx();
}

/// Opens a source of pictures, without its augmentation: finds them, takes its share, reads each picture that is used.
/// Returns nothing and adds to `errors` if the source is bad.
std::shared_ptr<const PictureSamples> open_pictures(const Source& source, const OpenContext& context,
                                                    std::vector<SourceError>& errors);

/// The same with what the source does to them at random.
std::shared_ptr<const SampleSource> augment_pictures(std::shared_ptr<const PictureSamples> pictures,
                                                     const Source& source, const OpenContext& context);

}  // namespace thaw
