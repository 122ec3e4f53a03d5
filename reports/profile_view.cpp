#include "reports/profile_view.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace thaw::reports {
namespace {

double seconds_or_zero(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

ProfileEntry entry_of(const ProfileRow& row) {
  ProfileEntry entry;
  entry.name = row.name();
  entry.layer = row.layer();
  entry.op = row.op();
  entry.phase = row.phase();
  entry.is_reorder = row.is_reorder();
  entry.is_bfloat16 = row.is_bfloat16();
  entry.is_winograd = row.saved_arithmetic() > 1;
  entry.min_s = seconds_or_zero(row.min_s());
  entry.predicted_s = seconds_or_zero(row.predicted_s());
  entry.flops = std::max<std::int64_t>(row.flops(), 0);
  entry.bytes = std::max<std::int64_t>(row.bytes(), 0);
  double& seconds = row.phase() == "backward" ? entry.backward_s
                    : row.phase() == "update" ? entry.update_s
                                              : entry.forward_s;
  seconds = seconds_or_zero(row.mean_s());
  return entry;
}

void add(ProfileEntry& sum, const ProfileEntry& entry) {
  sum.kernels += entry.kernels;
  sum.is_bfloat16 = sum.is_bfloat16 || entry.is_bfloat16;
  sum.forward_s += entry.forward_s;
  sum.backward_s += entry.backward_s;
  sum.update_s += entry.update_s;
  sum.min_s += entry.min_s;
  sum.predicted_s += entry.predicted_s;
  sum.flops += entry.flops;
  sum.bytes += entry.bytes;
}

bool is_slower(const ProfileEntry& a, const ProfileEntry& b) { return a.seconds() > b.seconds(); }

class Groups {
 public:
  void add_to(const std::string& name, const ProfileEntry& entry) {
    const auto [place, is_new] = places_.emplace(name, entries_.size());
    if (is_new) {
      entries_.emplace_back().name = name;
      entries_.back().kernels = 0;
    }
    add(entries_[place->second], entry);
  }
  std::vector<ProfileEntry> slowest_first() {
    std::stable_sort(entries_.begin(), entries_.end(), is_slower);
    return std::move(entries_);
  }

 private:
  std::map<std::string, std::size_t> places_;
  std::vector<ProfileEntry> entries_;
};

double share_of(double rate, double peak) {
  return peak > 0 && rate > 0 ? rate / peak : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double ProfileView::flops_share(const ProfileEntry& entry) const {
  return share_of(entry.flops_per_s(), entry.is_bfloat16 ? peak_bfloat16_flops_per_s : peak_flops_per_s);
}
double ProfileView::bytes_share(const ProfileEntry& entry) const {
  return share_of(entry.bytes_per_s(), memory_bytes_per_s);
}

std::string ProfileView::beyond_peak_text() const {
  const bool is_beyond = std::any_of(kernels.begin(), kernels.end(), [&](const ProfileEntry& entry) {
    return entry.is_winograd && flops_share(entry) > 1;
  });
  return is_beyond ? "beyond the peak: Winograd's algorithm, which multiplies less than is counted" : "";
}

std::optional<ProfileView> view_profile(const EffectiveRecord& record) {
  if (!record.profile || record.profile->row().empty()) return std::nullopt;
  const Profile& profile = *record.profile;
  ProfileView view;
  view.first_step = profile.first_step();
  view.steps = profile.steps();
  view.peak_flops_per_s = seconds_or_zero(profile.peaks().flops_per_s());
  view.peak_bfloat16_flops_per_s = seconds_or_zero(profile.peaks().bfloat16_flops_per_s());
  if (!profile.peaks().bandwidth().empty()) {
    view.memory_bytes_per_s = seconds_or_zero(profile.peaks().bandwidth().rbegin()->bytes_per_s());
  }
  view.all.kernels = 0;
  Groups layers, operators;
  for (const ProfileRow& row : profile.row()) {
    view.kernels.push_back(entry_of(row));
    const ProfileEntry& entry = view.kernels.back();
    add(view.all, entry);
    layers.add_to(row.layer(), entry);
    operators.add_to(row.is_reorder() ? "Reorder" : row.op(), entry);
    if (!row.is_reorder()) continue;
    if (!view.reorders) {
      view.reorders.emplace().kernels = 0;
      view.reorders->is_reorder = true;
    }
    add(*view.reorders, entry);
  }
  view.slowest = view.kernels;
  std::stable_sort(view.slowest.begin(), view.slowest.end(), is_slower);
  view.layers = layers.slowest_first();
  view.operators = operators.slowest_first();
  return view;
}

}  // namespace thaw::reports
