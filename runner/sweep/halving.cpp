#include "runner/sweep/halving.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace thaw {

Halving::Halving(std::vector<int> rung_points, bool is_max)
    : rung_points_(std::move(rung_points)),
      is_max_(is_max),
      rung_(static_cast<std::size_t>(rung_points_.at(0)), 0),
      is_left_behind_(rung_.size(), false),
      is_decided_(rung_points_.size(), false) {}

bool Halving::is_better(const Entry& a, const Entry& b) const {
  if (std::isnan(a.value) != std::isnan(b.value)) return std::isnan(b.value);
  if (!std::isnan(a.value) && a.value != b.value) return is_max_ ? a.value > b.value : a.value < b.value;
  return a.point < b.point;
}

std::optional<RungDecided> Halving::decide_rung(int rung, const ValueOf& value_of) {
  std::vector<Entry> known;
  for (int point = 0; point < static_cast<int>(rung_.size()); ++point) {
    if (this->rung(point) < rung) continue;
    if (const auto value = value_of(point, rung)) known.push_back({point, *value});
  }
  std::sort(known.begin(), known.end(), [this](const Entry& a, const Entry& b) { return is_better(a, b); });
  const int unknown = rung_points_[static_cast<std::size_t>(rung)] - static_cast<int>(known.size());
  const int promoted = rung_points_[static_cast<std::size_t>(rung) + 1];
  for (int place = 0; place < static_cast<int>(known.size()); ++place) {
    const auto point = static_cast<std::size_t>(known[static_cast<std::size_t>(place)].point);
    if (place + unknown < promoted) rung_[point] = std::max(rung_[point], rung + 1);
    if (place >= promoted) is_left_behind_[point] = true;
  }
  if (unknown > 0 || is_decided_[static_cast<std::size_t>(rung)]) return std::nullopt;
  is_decided_[static_cast<std::size_t>(rung)] = true;
  RungDecided decided;
  decided.set_rung(rung);
  decided.set_promoted(promoted);
  for (const Entry& entry : known) {
    decided.add_point(entry.point);
    decided.add_value(entry.value);
  }
  return decided;
}

std::vector<RungDecided> Halving::decide(const ValueOf& value_of) {
  std::vector<RungDecided> decided;
  for (int rung = 0; rung + 1 < rungs(); ++rung) {
    if (auto now = decide_rung(rung, value_of)) decided.push_back(std::move(*now));
  }
  return decided;
}

}  // namespace thaw
