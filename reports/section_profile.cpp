#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/profile_view.h"
#include "reports/sections.h"
#include "reports/svg.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kBars = 12, kSlowest = 15;

// A chart of horizontal bars: names at the left, times at the right.
constexpr double kWidth = 520, kLeft = 148, kRight = 396, kTimes = 458, kRow = 24, kBar = 15;
constexpr std::size_t kNameLetters = 21;

/// As much of a name as fits beside its bar. Cuts between letters, not within one.
std::string short_name(const std::string& name) {
  std::string text;
  std::size_t letters = 0;
  for (const char c : name) {
    const bool begins_letter = (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    if (begins_letter && ++letters > kNameLetters) return text + "…";
    text += c;
  }
  return text;
}

std::string bar(const ProfileEntry& entry, double y, double most) {
  const double parts[] = {entry.forward_s, entry.backward_s, entry.update_s};
  const char* const names[] = {"forward", "backward", "update"};
  std::string svg;
  double x = kLeft;
  for (int i = 0; i < 3; ++i) {
    const double width = most > 0 ? (kRight - kLeft) * parts[i] / most : 0;
    if (width <= 0) continue;
    svg += "<rect x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" width=\"" + coordinate(std::max(width, 0.1)) +
           "\" height=\"" + coordinate(kBar) + "\" class=\"part-" + std::to_string(i + 1) + "\">" +
           svg_tooltip(entry.name + ", " + names[i] + ": " + short_seconds_text(parts[i])) + "</rect>";
    x += width;
  }
  return svg;
}

std::string draw_bars(const std::string& id, const std::string& title, const std::vector<ProfileEntry>& entries,
                      double all_s) {
  const std::size_t count = std::min(entries.size(), kBars);
  std::string svg = svg_start(id, kWidth, kRow * static_cast<double>(count) + 4, title,
                              "One bar each, slowest first. The table below gives the numbers.");
  for (std::size_t i = 0; i < count; ++i) {
    const ProfileEntry& entry = entries[i];
    const double y = kRow * static_cast<double>(i) + 4;
    svg += svg_text(kLeft - 8, y + 12, "end", short_name(entry.name));
    svg += bar(entry, y, entries[0].seconds());
    svg += svg_text(kTimes, y + 12, "end", short_seconds_text(entry.seconds()));
    svg += svg_text(kWidth, y + 12, "end", share_text(entry.seconds() / all_s));
  }
  return svg + svg_line(kLeft, 0, kLeft, kRow * static_cast<double>(count) + 2, "axis") + "</svg>";
}

json group_rows(const std::vector<ProfileEntry>& entries, double all_s) {
  const auto time = [](double seconds) { return seconds > 0 ? short_seconds_text(seconds) : ""; };
  json rows = json::array();
  for (const ProfileEntry& entry : entries) {
    rows.push_back({{"name", entry.name},
                    {"kernels", count_text(entry.kernels)},
                    {"forward", time(entry.forward_s)},
                    {"backward", time(entry.backward_s)},
                    {"update", time(entry.update_s)},
                    {"all", short_seconds_text(entry.seconds())},
                    {"share", share_text(entry.seconds() / all_s)},
                    {"flops_rate", rate_text(entry.flops_per_s())},
                    {"bytes_rate", rate_text(entry.bytes_per_s())}});
  }
  return rows;
}

json chart(const std::string& id, const std::string& title, const std::string& column,
           const std::vector<ProfileEntry>& entries, double all_s) {
  return {{"id", id},
          {"title", title},
          {"column", column},
          {"svg", draw_bars(id, title, entries, all_s)},
          {"hidden", entries.size() > kBars ? count_text(static_cast<std::int64_t>(entries.size() - kBars)) : ""},
          {"rows", group_rows(entries, all_s)}};
}

json kernel_row(const ProfileView& profile, const ProfileEntry& entry) {
  return {{"name", entry.name},
          {"is_reorder", entry.is_reorder},
          {"phase", entry.phase},
          {"mean", short_seconds_text(entry.seconds())},
          {"min", short_seconds_text(entry.min_s)},
          {"share", share_text(entry.seconds() / profile.all.seconds())},
          {"flops_rate", rate_text(entry.flops_per_s())},
          {"flops_share", share_text(profile.flops_share(entry))},
          {"bytes_rate", rate_text(entry.bytes_per_s())},
          {"bytes_share", share_text(profile.bytes_share(entry))}};
}

json kernel_rows(const ProfileView& profile, const std::vector<ProfileEntry>& entries, std::size_t most) {
  json rows = json::array();
  for (std::size_t i = 0; i < std::min(entries.size(), most); ++i) rows.push_back(kernel_row(profile, entries[i]));
  return rows;
}

std::string note(const ProfileView& profile) {
  const std::int64_t last = profile.first_step + profile.steps - 1;
  std::string text = "Mean of steps " + count_text(profile.first_step) + " to " + count_text(last) +
                     ", each kernel timed by itself: " + short_seconds_text(profile.all.seconds()) + " in " +
                     count_text(profile.all.kernels) + " kernels, " + rate_text(profile.all.flops_per_s()) +
                     " GFLOP/s over all";
  const double share = profile.flops_share(profile.all);
  if (std::isfinite(share)) text += ", " + share_text(share) + " of what the machine reaches";
  text += ". ";
  if (!profile.reorders) return text + "No tensor changes its layout between two kernels.";
  return text + "Changes of layout (reorders) take " + share_text(profile.reorders->seconds() / profile.all.seconds()) +
         " of it.";
}

std::string peaks_text(const ProfileView& profile) {
  if (!(profile.peak_flops_per_s > 0)) return {};
  std::string text = "peak: " + rate_text(profile.peak_flops_per_s) + " GFLOP/s";
  if (profile.peak_bfloat16_flops_per_s > 0 && profile.all.is_bfloat16) {
    text += " (bfloat16: " + rate_text(profile.peak_bfloat16_flops_per_s) + ")";
  }
  text += "; memory: " + rate_text(profile.memory_bytes_per_s) + " GB/s, where caches are faster; both measured";
  const std::string beyond = profile.beyond_peak_text();
  return beyond.empty() ? text : text + "; " + beyond;
}

}  // namespace

json profile_section(const RecordView& view) {
  const auto profile = view_profile(view.record);
  if (!profile || !(profile->all.seconds() > 0)) return {};
  const double all_s = profile->all.seconds();
  return {{"note", note(*profile)},
          {"peaks", peaks_text(*profile)},
          {"charts", json::array({chart("time-by-layer", "By layer", "Layer", profile->layers, all_s),
                                  chart("time-by-operator", "By operator", "Operator", profile->operators, all_s)})},
          {"slowest", kernel_rows(*profile, profile->slowest, kSlowest)},
          {"has_more", profile->kernels.size() > kSlowest},
          {"count", count_text(profile->all.kernels)},
          {"kernels", kernel_rows(*profile, profile->kernels, profile->kernels.size())}};
}

}  // namespace thaw::reports
