#include "runner/sweep/plan.h"

#include <algorithm>

#include "runner/progress.h"
#include "runner/store/sha256.h"
#include "runner/train/run_facts.h"
#include "runner/train/trainer.h"

namespace thaw {

CheckedSweep check_sweep(const SweepMembers& members, const SweepContext& context) {
  check_members(members);
  CheckedSweep checked;
  SweepStarted& plan = checked.plan;
  const Experiment& file = members.sweep->config;
  plan.set_name(file.name());
  plan.set_description(file.description());
  plan.set_config(members.sweep->resolved_text);
  plan.set_jobs(context.jobs);
  for (const AxisInfo& axis : members.axes) *plan.add_axis() = axis;
  plan.set_metric(members.metric);
  plan.set_compare(members.compare);
  plan.set_repeats(members.repeats);
  for (const int epochs : members.rung_epochs) plan.add_rung_epochs(epochs);
  for (const int points : members.rung_points) plan.add_rung_points(points);
  for (const std::string& words : members.excluded) plan.add_excluded(words);
  for (const std::string& folder : file_folders(*members.sweep)) plan.add_folder(folder);
  const PretrainingPlaces places{context.runs_root, context.data_folders, context.open_device, {}};
  Progress progress;
  Sha256 all;
  std::int64_t done = 0;
  for (const SweepMember& member : members.members) {
    progress.samples("checking members", done++, static_cast<std::int64_t>(members.members.size()));
    const PreparedExperiment prepared = prepare(members.experiment(member), context.data_roots, places);
    MemberInfo& info = *plan.add_member();
    info.set_point(member.point);
    info.set_seed(member.seed);
    for (const Setting& setting : members.points[static_cast<std::size_t>(member.point)]) *info.add_setting() = setting;
    info.set_train_samples(prepared.train->size());
    for (const RunFirst& first : prepared.run_first) {
      const bool is_known = std::any_of(checked.run_first.begin(), checked.run_first.end(),
                                        [&](const RunFirst& known) { return known.file == first.file; });
      if (!is_known) checked.run_first.push_back(first);
    }
    const auto device = context.open_device(prepared.loaded.config);
    plan.set_threads(std::max(plan.threads(), device->threads()));
    RunStatus status = RunStatus::kNew;
    if (prepared.run_first.empty()) {
      info.set_id(run_id(prepared, *device).substr(0, 12));
      info.set_folder(file.name() + "/" + info.id());
      status = run_status(context.runs_root + "/" + info.folder());
      all.add_sized(info.id());
    }
    checked.status.push_back(status);
  }
  if (checked.run_first.empty()) plan.set_id(all.hex().substr(0, 12));
  return checked;
}

}  // namespace thaw
