#include "runner/data/pictures/open_picture_set.h"

#include <algorithm>

#include "schemas/clean_text.h"
#include "schemas/diagnostic.h"

namespace thaw {

std::unique_ptr<PictureSet> open_picture_set(const Source& source, const OpenContext& context,
                                             std::vector<SourceError>& errors) {
  switch (source.kind_case()) {
    case Source::kImageFolder:
      return open_image_folder(source.image_folder(), context, errors);
    case Source::kImageList:
      return open_image_list(source.image_list(), context, errors);
    case Source::kCifar10:
      return open_cifar10(source.cifar10(), context, errors);
    case Source::kIdx:
      return open_idx_pictures(source.idx(), context, errors);
    default:
      throw InternalError("open_picture_set: the source has no pictures in files");
  }
}

std::string pictures_field(const Source& source) {
  switch (source.kind_case()) {
    case Source::kImageFolder:
      return "image_folder.path";
    case Source::kImageList:
      return "image_list.path";
    case Source::kCifar10:
      return "cifar10.path";
    default:
      return "idx.images";
  }
}

std::string shown_name(const std::string& name) {
  const std::string text = printable(name);
  if (is_utf8(text)) return text;
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      shown += c;
    } else {
      shown += {'\\', 'x', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    }
  }
  return shown;
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  const std::size_t shown = std::min(most, names.size());
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

}  // namespace thaw
