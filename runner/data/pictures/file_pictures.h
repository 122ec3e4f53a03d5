#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runner/data/pictures/picture_set.h"

namespace thaw {

/// A picture's file and what it shows.
struct PictureFile {
  std::string path;
  std::string name;         ///< for people
  std::vector<int> labels;  ///< ascending
};

/// What is known of pictures in files of their own, before any is opened.
struct PictureFiles {
  std::vector<PictureFile> files;
  std::vector<std::string> class_names;
  std::string description;
  std::vector<std::string> notes;
};

/// Pictures in files of their own: JPEG, PNG, BMP, WebP, TIFF, told by content.
std::unique_ptr<PictureSet> make_file_pictures(PictureFiles files);

}  // namespace thaw
