#include "runner/train/pictures.h"

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <utility>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

}  // namespace

std::string encode_png(const PictureValues& picture) {
  const int stored = picture.channels == 3 ? 3 : 1;
  cv::Mat pixels(picture.height, picture.width, stored == 3 ? CV_8UC3 : CV_8UC1);
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(picture.height) * picture.width;
  for (std::ptrdiff_t i = 0; i < plane; ++i) {
    for (int c = 0; c < stored; ++c) {
      const float value = std::clamp(picture.values[c * plane + i], 0.0F, 1.0F);
      pixels.data[i * stored + (stored - 1 - c)] = static_cast<unsigned char>(value * 255.0F + 0.5F);  // OpenCV: BGR
    }
  }
  std::vector<unsigned char> bytes;
  if (!cv::imencode(".png", pixels, bytes)) throw InternalError("a picture cannot be encoded as PNG");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const EncodedPictures::Picture* EncodedPictures::find(const std::string& name) const {
  const auto found = pictures_.find(name);
  return found == pictures_.end() ? nullptr : &found->second;
}

const EncodedPictures::Picture& EncodedPictures::keep(const std::string& name, std::string png) {
  if (bytes_ + png.size() > kMostBytes) {
    pictures_.clear();
    bytes_ = 0;
  }
  bytes_ += png.size();
  return pictures_[name] = {std::move(png)};
}

void EncodedPictures::set_file(const std::string& name, const std::string& file) {
  const auto found = pictures_.find(name);
  if (found != pictures_.end()) found->second.file = file;
}

bool SamplePictures::write_again(const std::string& name) {
  if (names_.count(name) > 0) return true;
  const EncodedPictures::Picture* known = encoded_.find(name);
  if (known == nullptr) return false;
  if (known->file.empty() || !files_.link(known->file, path_of(name))) files_.write(path_of(name), known->png);
  names_.insert(name);
  return true;
}

void SamplePictures::write(const std::string& name, const PictureValues& picture) {
  if (!names_.insert(name).second) return;
  files_.write(path_of(name), encoded_.keep(name, encode_png(picture)).png);
}

void SamplePictures::commit() {
  files_.commit();
  for (const std::string& name : names_) encoded_.set_file(name, path_of(name));
  names_.clear();
}

}  // namespace thaw
