#include "runner/train/pictures.h"

#include <algorithm>
#include <opencv2/imgcodecs.hpp>

#include "runner/store/durable_file.h"
#include "schemas/diagnostic.h"

namespace thaw {

void write_png(const std::string& path, const float* image, int channels, int height, int width) {
  const int stored = channels == 3 ? 3 : 1;
  cv::Mat picture(height, width, stored == 3 ? CV_8UC3 : CV_8UC1);
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(height) * width;
  for (std::ptrdiff_t i = 0; i < plane; ++i) {
    for (int c = 0; c < stored; ++c) {
      const float value = std::clamp(image[c * plane + i], 0.0F, 1.0F);
      picture.data[i * stored + (stored - 1 - c)] = static_cast<unsigned char>(value * 255.0F + 0.5F);  // OpenCV: BGR
    }
  }
  std::vector<unsigned char> bytes;
  if (!cv::imencode(".png", picture, bytes)) throw InternalError(path + ": cannot encode the picture");
  write_file_durably(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace thaw
