#include "reports/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace thaw::reports {
namespace {

constexpr const char* kNotMeasured = "–";
constexpr const char* kNoBreakSpace = "\u00a0";
constexpr const char* kUnbrokenDash = "\u2060–\u2060";  // word joiners: a line must not end in it

// std::to_chars rather than printf: a library may have set a locale with a decimal comma.
std::string chars(double value, std::chars_format format, int precision) {
  std::array<char, 400> buffer;  // the longest fixed double has 309 digits before the point
  const auto end = std::to_chars(buffer.begin(), buffer.end(), value, format, precision).ptr;
  return {buffer.begin(), end};
}

std::string not_finite(double value) {
  if (std::isnan(value)) return kNotMeasured;
  return value > 0 ? "∞" : "−∞";
}

// Scales to the largest unit that leaves at least 1 before the point, and shows three digits.
template <std::size_t count>
std::string scaled(double value, double base, const std::array<const char*, count>& units) {
  std::size_t unit = 0;
  while (std::abs(value) >= base && unit + 1 < count) {
    value /= base;
    ++unit;
  }
  const int digits = unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fixed_text(value, digits) + kNoBreakSpace + units[unit];
}

int share_digits(double share) {
  const bool is_near_an_end = (share >= 0.9895 && share <= 1) || share < 0.01;
  return is_near_an_end ? 2 : 1;
}

std::string two_digits(std::int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); }

}  // namespace

std::string count_text(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::size_t first = text[0] == '-' ? 1 : 0;
  for (std::size_t place = text.size(); place > first + 3;) text.insert(place -= 3, ",");
  return text;
}

std::string counted_text(std::int64_t count, const std::string& noun) {
  return count_text(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string fixed_text(double value, int digits) {
  return std::isfinite(value) ? chars(value, std::chars_format::fixed, digits) : not_finite(value);
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return not_finite(value);
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size < 1e-4 || size >= 1e6) return chars(value, std::chars_format::scientific, 2);
  const int before_point = static_cast<int>(std::floor(std::log10(size))) + 1;
  return chars(value, std::chars_format::fixed, std::max(0, 4 - before_point));
}

std::string plain_text(double value) {
  std::array<char, 40> buffer;
  return {buffer.begin(), std::to_chars(buffer.begin(), buffer.end(), value).ptr};
}

std::string share_text(double share) {
  if (!std::isfinite(share)) return not_finite(share);
  const std::string unit = std::string(kNoBreakSpace) + "%";
  // Rounding must not claim all or nothing.
  if (share > 0 && share < 0.00005) return "<0.01" + unit;
  if (share < 1 && share >= 0.99995) return ">99.99" + unit;
  return fixed_text(share * 100, share == 0 || share == 1 ? 0 : share_digits(share)) + unit;
}

std::string share_range_text(double low, double high) {
  const int digits = std::max(share_digits(low), share_digits(high));
  return fixed_text(low * 100, digits) + kUnbrokenDash + fixed_text(high * 100, digits) + kNoBreakSpace + "%";
}

std::string bytes_text(std::int64_t bytes) {
  return scaled(static_cast<double>(bytes), 1024, std::array{"B", "KiB", "MiB", "GiB", "TiB"});
}

std::string seconds_text(double seconds) {
  if (!std::isfinite(seconds)) return not_finite(seconds);
  if (seconds < 9.995) return fixed_text(seconds, 2) + kNoBreakSpace + "s";
  if (seconds < 59.95) return fixed_text(seconds, 1) + kNoBreakSpace + "s";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::string minutes = std::to_string(whole / 60 % 60);
  if (whole < 3600)
    return minutes + kNoBreakSpace + "min" + kNoBreakSpace + two_digits(whole % 60) + kNoBreakSpace + "s";
  return count_text(whole / 3600) + kNoBreakSpace + "h" + kNoBreakSpace + two_digits(whole / 60 % 60) + kNoBreakSpace +
         "min";
}

std::string short_seconds_text(double seconds) {
  if (!std::isfinite(seconds)) return not_finite(seconds);
  const auto text = [](double value, const char* unit) {
    return fixed_text(value, value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2) + kNoBreakSpace + unit;
  };
  if (seconds < 0.9995e-3) return text(seconds * 1e6, "µs");
  return seconds < 0.9995 ? text(seconds * 1e3, "ms") : text(seconds, "s");
}

std::string rate_text(double per_second) {
  if (!std::isfinite(per_second) || per_second <= 0) return kNotMeasured;
  const double value = per_second / 1e9;
  return fixed_text(value, value >= 99.5 ? 0 : value >= 0.95 ? 1 : 2);
}

std::string flops_text(std::int64_t flops) {
  return scaled(static_cast<double>(flops), 1000, std::array{"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"});
}

}  // namespace thaw::reports
