#include <utility>

#include "runner/data/idx_pair.h"
#include "runner/data/pictures/byte_pictures.h"
#include "runner/data/pictures/decode.h"
#include "runner/data/pictures/open_picture_set.h"

namespace thaw {

std::unique_ptr<PictureSet> open_idx_pictures(const Idx& idx, const OpenContext& context,
                                              std::vector<SourceError>& errors) {
  const std::size_t errors_before = errors.size();
  IdxPair pair = read_idx_pair(idx, {context.roots, "idx", static_cast<int>(context.class_names.size())}, errors);
  if (pair.images && pair.images->height > kMostPixels / pair.images->width) {
    errors.push_back({"idx.images", pair.images->name +
                                        ": its pictures are too large: " + std::to_string(pair.images->height) + " x " +
                                        std::to_string(pair.images->width) + " (height x width), the most is " +
                                        std::to_string(kMostPixels) + " pixels"});
  }
  if (errors.size() > errors_before) return nullptr;
  const IdxImages& images = *pair.images;
  BytePictures pictures;
  pictures.height = static_cast<int>(images.height);
  pictures.width = static_cast<int>(images.width);
  pictures.channels = 1;
  pictures.counts = {images.count};
  pictures.stride = images.height * images.width;
  pictures.file_names = {images.name};
  pictures.labels.assign(pair.labels->all().begin(), pair.labels->all().end());
  for (int i = 0; i < pair.classes; ++i) pictures.class_names.push_back(std::to_string(i));
  pictures.description = "IDX pictures " + idx.images();
  pictures.pixels.emplace_back(std::move(pair.images->pixels));
  return make_byte_pictures(std::move(pictures));
}

}  // namespace thaw
