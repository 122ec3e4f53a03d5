#include "runner/amount_text.h"

#include <cmath>
#include <cstdio>

namespace thaw {

std::string bytes_text(std::int64_t bytes) {
  char text[40];
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::snprintf(text, sizeof text, megabytes < 9999.95 ? "%.1f MB" : "%.1f GB",
                megabytes < 9999.95 ? megabytes : megabytes / 1e3);
  return text;
}

std::string time_text(double seconds) {
  char text[32];
  if (seconds < 0.9995) {
    std::snprintf(text, sizeof text, seconds < 0.00995 ? "%.1f ms" : "%.0f ms", seconds * 1e3);
  } else if (seconds < 59.5) {
    std::snprintf(text, sizeof text, seconds < 9.95 ? "%.1f s" : "%.0f s", seconds);
  } else if (seconds < 3599.5) {
    const auto whole = std::lround(seconds);
    std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
  } else {
    const auto minutes = std::lround(seconds / 60);
    std::snprintf(text, sizeof text, "%ld h %02ld min", minutes / 60, minutes % 60);
  }
  return text;
}

std::string duration_text(double seconds) {
  const auto total = static_cast<long>(seconds + 0.5);
  char text[32];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", total / 3600, total / 60 % 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", total / 60, total % 60);
  }
  return text;
}

}  // namespace thaw
