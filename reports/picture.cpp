#include "reports/picture.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "reports/html.h"
#include "reports/svg.h"
#include "schemas/diagnostic.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEmbeddedBytes = 1'400'000;  // of base64: leaves the rest of the 2 MB page its room
constexpr std::size_t kMostPictureBytes = 400'000;
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
  if (error || size > kMostPictureBytes) return {};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) {
    throw IoError(path.string(), "cannot read", errno != 0 ? errno : EIO);
  }
  return bytes.starts_with("\x89PNG\r\n\x1a\n") ? bytes : std::string();
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
  const std::string png = read_png(fs::path(run_folder_) / path);
  if (png.empty()) return {};
  const std::size_t size = png.size() / 3 * 4;
  if (embedded_bytes_ + size > kMostEmbeddedBytes) {
    ++left_out_;
    return {};
  }
  embedded_bytes_ += size;
  return "data:image/png;base64," + base64(png);
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
