#include "reports/show_profile.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/profile_view.h"
#include "reports/terminal_text.h"

namespace thaw::reports {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kShownKernels = 12;

json positive_or_null(double value) { return std::isfinite(value) && value > 0 ? json(value) : json(); }
json positive_or_null(std::int64_t value) { return value > 0 ? json(value) : json(); }

json entry_object(const ProfileEntry& entry) {
  return {{"name", entry.name},
          {"op", entry.op},
          {"layer", entry.layer},
          {"phase", entry.phase},
          {"is_reorder", entry.is_reorder},
          {"mean_s", entry.seconds()},
          {"min_s", entry.min_s},
          {"flops", entry.flops},
          {"bytes", entry.bytes},
          {"flops_per_s", positive_or_null(entry.flops_per_s())},
          {"bytes_per_s", positive_or_null(entry.bytes_per_s())},
          {"predicted_s", positive_or_null(entry.predicted_s)}};
}

json bandwidth_list(const Peaks& peaks) {
  json list = json::array();
  for (const BandwidthPoint& point : peaks.bandwidth()) {
    list.push_back({{"working_set_bytes", point.working_set_bytes()}, {"bytes_per_s", point.bytes_per_s()}});
  }
  return list;
}

}  // namespace

json prediction_object(const RecordView& view) {
  if (!view.record.started.has_prediction()) return {};
  const Prediction& prediction = view.record.started.prediction();
  json memory = json::object();
  for (const MemoryPart& part : prediction.memory()) memory[part.name()] = part.bytes();
  return {{"peak_memory_bytes", positive_or_null(prediction.peak_memory_bytes())},
          {"memory", memory},
          {"flops_per_step", positive_or_null(prediction.flops_per_step())},
          {"bytes_per_step", positive_or_null(prediction.bytes_per_step())},
          {"step_s", positive_or_null(prediction.step_s())},
          {"epoch_s", positive_or_null(prediction.epoch_s())},
          {"run_s", positive_or_null(prediction.run_s())},
          {"rough", json(std::vector<std::string>(prediction.rough().begin(), prediction.rough().end()))}};
}

json profile_object(const RecordView& view) {
  const auto profile = view_profile(view.record);
  if (!profile) return {};
  json kernels = json::array();
  for (const ProfileEntry& entry : profile->kernels) kernels.push_back(entry_object(entry));
  return {{"first_step", profile->first_step},
          {"steps", profile->steps},
          {"step_s", positive_or_null(view.record.profile->step_s())},
          {"peak_flops_per_s", positive_or_null(profile->peak_flops_per_s)},
          {"bandwidth", bandwidth_list(view.record.profile->peaks())},
          {"flops", profile->all.flops},
          {"bytes", profile->all.bytes},
          {"reorders_s", profile->reorders ? profile->reorders->seconds() : 0.0},
          {"kernels", kernels}};
}

std::string profile_text(const RecordView& view) {
  const auto profile = view_profile(view.record);
  if (!profile) return {};
  const double all_s = profile->all.seconds();
  std::vector<std::vector<std::string>> rows = {{"slowest kernels", "mean", "share", "GFLOP/s", "GB/s"}};
  const auto add = [&](const ProfileEntry& entry, const std::string& name) {
    rows.push_back({line(name), cell(short_seconds_text(entry.seconds())),
                    cell(share_text(all_s > 0 ? entry.seconds() / all_s : 0)), cell(rate_text(entry.flops_per_s())),
                    cell(rate_text(entry.bytes_per_s()))});
  };
  for (std::size_t i = 0; i < std::min(profile->slowest.size(), kShownKernels); ++i) {
    const ProfileEntry& entry = profile->slowest[i];
    add(entry, (entry.is_reorder ? "reorder " : "") + entry.name);
  }
  if (profile->reorders) add(*profile->reorders, "all reorders: " + count_text(profile->reorders->kernels));
  add(profile->all, "all kernels: " + count_text(profile->all.kernels));
  if (profile->peak_flops_per_s > 0) {
    rows.push_back({"the machine, measured", "", "", cell(rate_text(profile->peak_flops_per_s)),
                    cell(rate_text(profile->memory_bytes_per_s))});
  }
  const std::string beyond = profile->beyond_peak_text();
  return "\n" + aligned(rows) + "of " + count_text(profile->steps) + " steps, from step " +
         count_text(profile->first_step) + " on" + (beyond.empty() ? "" : "; " + beyond) + "\n";
}

}  // namespace thaw::reports
