#include <algorithm>
#include <cstring>
#include <utility>

#include "runner/data/data_file.h"
#include "runner/data/pictures/byte_pictures.h"
#include "runner/data/pictures/open_picture_set.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr int kSide = 32;
constexpr std::int64_t kRecordBytes = 1 + 3 * kSide * kSide;
constexpr std::int64_t kMostBytes = std::int64_t{8} << 30;

// Source: batches.meta.txt of CIFAR-10.
const std::vector<std::string>& cifar10_classes() {
  static const std::vector<std::string> kNames = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                  "dog",      "frog",       "horse", "ship", "truck"};
  return kNames;
}

std::vector<std::uint8_t> read_all(DataFile& file) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t filled = 0;;) {
    bytes.resize(filled + (std::size_t{1} << 20));
    const std::size_t size = file.read(std::span(bytes).subspan(filled));
    filled += size;
    if (static_cast<std::int64_t>(filled) > kMostBytes)
      throw InputError(file.name() + ": is too large: more than 8 GiB");
    if (filled == bytes.size()) continue;
    bytes.resize(filled);
    return bytes;
  }
}

// Adds one file's records to `pictures`.
void add_file(const std::string& path, const std::string& name, BytePictures& pictures) {
  DataFile file(path, name);
  const std::vector<std::uint8_t> bytes = read_all(file);
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size == 0 || size % kRecordBytes != 0) {
    throw InputError(name + ": has " + std::to_string(size) + " bytes" + (file.is_gzip() ? " once unpacked" : "") +
                     ", expected a multiple of 3073: a label byte and 3 x 32 x 32 bytes of colour for each picture");
  }
  const std::int64_t count = size / kRecordBytes;
  for (std::int64_t i = 0; i < count; ++i) {
    const int label = bytes[static_cast<std::size_t>(i * kRecordBytes)];
    if (label >= static_cast<int>(cifar10_classes().size())) {
      throw InputError(name + ": label " + std::to_string(label) + " of picture " + std::to_string(i) +
                       " (from 0), expected 0..9: is this a CIFAR-10 file?");
    }
    pictures.labels.push_back(label);
  }
  const std::shared_ptr<std::uint8_t[]> pixels(new std::uint8_t[bytes.size()]);
  std::memcpy(pixels.get(), bytes.data(), bytes.size());
  pictures.pixels.push_back(pixels);
  pictures.file_names.push_back(name);
  pictures.counts.push_back(count);
}

}  // namespace

std::unique_ptr<PictureSet> open_cifar10(const Cifar10& cifar10, const OpenContext& context,
                                         std::vector<SourceError>& errors) {
  BytePictures pictures;
  pictures.height = pictures.width = kSide;
  pictures.channels = 3;
  pictures.stride = kRecordBytes;
  pictures.offset = 1;
  pictures.class_names = cifar10_classes();
  pictures.description = "CIFAR-10 " + listed({cifar10.path().begin(), cifar10.path().end()}, 6);
  const std::size_t errors_before = errors.size();
  for (int i = 0; i < cifar10.path_size(); ++i) {
    try {
      const std::string path = context.roots.resolve(cifar10.path(i));
      add_file(path, full_name(cifar10.path(i), path), pictures);
    } catch (const InputError& error) {
      errors.push_back({"cifar10.path[" + std::to_string(i) + "]", error.what()});
    }
  }
  if (errors.size() > errors_before) return nullptr;
  return make_byte_pictures(std::move(pictures));
}

}  // namespace thaw
