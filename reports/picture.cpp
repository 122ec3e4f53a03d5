#include "reports/picture.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "reports/html.h"
#include "reports/svg.h"
#include "schemas/diagnostic.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEmbeddedBytes = 1'400'000;  // of base64: leaves the rest of the 2 MB page its room
constexpr std::size_t kMostFileBytes = 16'000'000;
constexpr std::size_t kMostPictureBytes = 400'000;  // of what is embedded
constexpr std::size_t kMostExactBytes = 20'000;     // above, a picture is a photograph or the like: see as_shown
constexpr int kMostShownPixels = 256;               // twice as wide as the page shows it
constexpr std::uint32_t kMostPixels = 1 << 26;
constexpr int kSmallPixels = 320;  // below, a picture is enlarged, and shows its pixels

// A record may come from anywhere: only plain files inside the run's samples folder are read.
bool is_sample_path(const fs::path& path) {
  return path.is_relative() && std::distance(path.begin(), path.end()) == 2 && *path.begin() == "samples" &&
         path.filename() != ".." && path.filename() != "." && path.has_filename();
}

// A picture that is not there is left out of the page; one that cannot be read is an error: a page that lacks it
// without a word would pass for complete.
std::string read_png(const fs::path& path) {
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (error || !fs::is_regular_file(status)) return {};
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > kMostFileBytes) return {};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) {
    throw IoError(path.string(), "cannot read", errno != 0 ? errno : EIO);
  }
  return bytes.starts_with("\x89PNG\r\n\x1a\n") ? bytes : std::string();
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The header is asked first: a small file may claim to be a picture that no memory holds.
cv::Mat decoded(const std::string& png) {
  constexpr std::size_t kWidthAt = 16, kHeaderBytes = 24;  // Source: PNG 1.2, 11.2.2
  if (png.size() < kHeaderBytes) return {};
  const std::uint32_t width = big_endian(std::string_view(png).substr(kWidthAt, 4));
  const std::uint32_t height = big_endian(std::string_view(png).substr(kWidthAt + 4, 4));
  if (width == 0 || height == 0 || height > kMostPixels / width) return {};
  try {
    const cv::Mat bytes(1, static_cast<int>(png.size()), CV_8UC1, const_cast<char*>(png.data()));
    return cv::imdecode(bytes, cv::IMREAD_ANYCOLOR);
  } catch (const cv::Exception&) {
    return {};
  }
}

/// The bytes of a picture and what kind they are.
struct Encoded {
  std::string type, bytes;
};

// A page of photographs has room for a dozen PNGs; as JPEGs of the size that is looked at, all find their place.
// Drawings, and what is small, stay as they are to the pixel.
Encoded as_shown(std::string png) {
  if (png.size() <= kMostExactBytes) return {"png", std::move(png)};
  cv::Mat picture = decoded(png);
  const int longer = std::max(picture.rows, picture.cols);
  if (longer > kMostShownPixels) {
    const double scale = static_cast<double>(kMostShownPixels) / longer;
    const cv::Size size(std::max(1, cvRound(picture.cols * scale)), std::max(1, cvRound(picture.rows * scale)));
    cv::resize(picture, picture, size, 0, 0, cv::INTER_AREA);
  }
  std::vector<unsigned char> jpeg;
  const bool is_jpeg = !picture.empty() && cv::imencode(".jpg", picture, jpeg, {cv::IMWRITE_JPEG_QUALITY, 85});
  if (!is_jpeg || jpeg.size() >= png.size()) return {"png", std::move(png)};
  return {"jpeg", std::string(jpeg.begin(), jpeg.end())};
}

double inside(double fraction) { return std::isfinite(fraction) ? std::clamp(fraction, -0.05, 1.05) : 0; }

std::string draw_box(const DrawnBox& drawn, double width, double height) {
  const double x1 = inside(drawn.box.xmin()) * width, x2 = inside(drawn.box.xmax()) * width;
  const double y1 = inside(drawn.box.ymin()) * height, y2 = inside(drawn.box.ymax()) * height;
  const std::string place = "x=\"" + coordinate(std::min(x1, x2)) + "\" y=\"" + coordinate(std::min(y1, y2)) +
                            "\" width=\"" + coordinate(std::abs(x2 - x1)) + "\" height=\"" +
                            coordinate(std::abs(y2 - y1)) + "\"";
  // A dark edge under the line keeps it visible on a light picture.
  std::string svg = "<rect class=\"edge\" " + place + "/><rect class=\"" +
                    std::string(drawn.is_predicted ? "predicted" : "true") + "\" " + place + "/>";
  if (!drawn.label.empty()) {
    svg += svg_text(std::min(x1, x2), std::max(height * 0.11, std::min(y1, y2) - height * 0.02), "start", drawn.label,
                    "box-label");
  }
  return svg;
}

}  // namespace

std::optional<std::string> Pictures::data_uri(const std::string& path) {
  if (!is_sample_path(path)) return {};
  std::string png = read_png(fs::path(run_folder_) / path);
  if (png.empty()) return {};
  const Encoded shown = as_shown(std::move(png));
  const std::size_t size = (shown.bytes.size() + 2) / 3 * 4;
  if (shown.bytes.size() > kMostPictureBytes || embedded_bytes_ + size > kMostEmbeddedBytes) {
    ++left_out_;
    return {};
  }
  embedded_bytes_ += size;
  return "data:image/" + shown.type + ";base64," + base64(shown.bytes);
}

std::string draw_picture(const Sample& sample, const std::string& uri, const std::vector<DrawnBox>& boxes,
                         const std::string& alternative) {
  // Boxes are drawn in units of a hundredth of the longer side, whatever the picture's resolution.
  const double longer = std::max({1, sample.width(), sample.height()});
  const double width = 100 * std::max(1, sample.width()) / longer, height = 100 * std::max(1, sample.height()) / longer;
  std::string svg = "<svg viewBox=\"0 0 " + coordinate(width) + " " + coordinate(height) +
                    "\" role=\"img\" aria-label=\"" + escape(alternative) + "\">";
  svg += "<image href=\"" + uri + "\" width=\"" + coordinate(width) + "\" height=\"" + coordinate(height) + "\"" +
         (longer < kSmallPixels ? " class=\"pixels\"" : "") + "/>";
  for (const DrawnBox& box : boxes) svg += draw_box(box, width, height);
  return svg + "</svg>";
}

}  // namespace thaw::reports
