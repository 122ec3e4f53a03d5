#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runner/data/pictures/picture_set.h"

namespace thaw {

/// Pictures of one size whose bytes are in memory, channel after channel.
struct BytePictures {
  int height = 0, width = 0, channels = 0;
  std::vector<std::shared_ptr<const std::uint8_t[]>> pixels;  ///< of each file
  std::vector<std::string> file_names;                        ///< for people
  std::vector<std::int64_t> counts;                           ///< pictures of each file
  std::int64_t stride = 0;                                    ///< bytes from picture to picture
  std::int64_t offset = 0;                                    ///< of the first pixel
  std::vector<int> labels;                                    ///< of all, in order
  std::vector<std::string> class_names;
  std::string description;
};

std::unique_ptr<PictureSet> make_byte_pictures(BytePictures pictures);

}  // namespace thaw
