#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runner/data/open.h"
#include "runner/data/pictures/picture_set.h"

// Each opens one kind of source. They return nothing and add to `errors` (fields relative to Source) if it is bad.
// Pictures in files of their own are not read yet. `context.class_names`, if there are any, are the classes.
namespace thaw {

/// Class folders. Files that are no pictures by their names are noted; links to files, and to class folders, are
/// followed.
std::unique_ptr<PictureSet> open_image_folder(const ImageFolder& folder, const OpenContext& context,
                                              std::vector<SourceError>& errors);

/// A CSV file that names pictures and their labels.
std::unique_ptr<PictureSet> open_image_list(const ImageList& list, const OpenContext& context,
                                            std::vector<SourceError>& errors);

/// CIFAR-10's binary files: one label byte, then 32 x 32 bytes each of red, green and blue, 3073 bytes a picture.
std::unique_ptr<PictureSet> open_cifar10(const Cifar10& cifar10, const OpenContext& context,
                                         std::vector<SourceError>& errors);

/// The pictures of IDX files, grey.
std::unique_ptr<PictureSet> open_idx_pictures(const Idx& idx, const OpenContext& context,
                                              std::vector<SourceError>& errors);

/// The kind that `source` chose. "image_folder.path": where its pictures are named, for what is found of them later.
std::unique_ptr<PictureSet> open_picture_set(const Source& source, const OpenContext& context,
                                             std::vector<SourceError>& errors);
std::string pictures_field(const Source& source);

/// A file's or folder's name as people may see it: control characters and bytes that are no UTF-8 as "\\x1b".
std::string shown_name(const std::string& name);

/// "a, b, c and 7 more": at most `most` of them.
std::string listed(const std::vector<std::string>& names, std::size_t most);

}  // namespace thaw
