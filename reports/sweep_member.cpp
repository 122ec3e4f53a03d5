#include "reports/sweep_member.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "reports/number_text.h"
#include "reports/record_view.h"
#include "schemas/diagnostic.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

// Under the runs' root, and nowhere else: a journal is not trusted.
bool stays_inside(const fs::path& path) {
  if (path.empty() || path.is_absolute()) return false;
  const fs::path normal = path.lexically_normal();
  return *normal.begin() != ".." && normal != ".";
}

bool is_run_folder(const fs::path& path) {
  std::error_code error;
  return fs::exists(path / "record.binpb", error);
}

// runs/NAME/sweep-ID: its member's run is runs/NAME/ID, or that of another sweep which had it first. Paths are relative
// to the sweep's folder, so that links hold wherever the runs' root is moved to.
fs::path relative_run_folder(const fs::path& sweep, const MemberInfo& info) {
  std::error_code error;
  fs::path here = fs::absolute(sweep, error).lexically_normal();
  if (!here.has_filename()) here = here.parent_path();
  const fs::path beside = fs::path("..") / info.id();
  const fs::path folder(info.folder());
  if (stays_inside(folder)) {
    const fs::path root = here.parent_path().parent_path();
    const fs::path told = (root / folder).lexically_relative(here);
    if (is_run_folder(sweep / told) || !is_run_folder(sweep / beside)) return told;
  }
  return stays_inside(info.id()) ? beside : fs::path();
}

double worked_seconds(const RecordView& run) {
  if (run.record.finished) return run.record.finished->wall_s();
  if (run.epochs.empty()) return kUnknown;
  double seconds = 0;
  for (const TimeRow& row : run.time) seconds += row.seconds;
  return seconds;
}

std::string divergence_text(const RecordView& run) {
  const Diverged& diverged = *run.record.diverged;
  return diverged.kind() + " in " + diverged.tensor() + " after " + count_text(run.record.step) + " steps" +
         (diverged.advice().empty() ? "" : ". " + diverged.advice());
}

RecordedEnd end_of(const EffectiveRecord& record) {
  if (record.finished) return RecordedEnd::kDone;
  if (record.diverged) return RecordedEnd::kDiverged;
  if (!record.stopped) return RecordedEnd::kNone;
  return record.stopped->after_epoch() > 0 ? RecordedEnd::kPaused : RecordedEnd::kStopped;
}

void add_numbers(const RecordView& run, const std::string& metric, MeasuredMember& member) {
  MemberView& view = member.view;
  for (std::size_t i = 0; i < run.metrics.size(); ++i) {
    const MetricView& measured = run.metrics[i];
    member.metrics.push_back(measured.info);
    member.values[measured.info.name()] = run.judged.values[i];
    if (measured.info.name() != metric) continue;
    view.value = run.judged.values[i];
    view.curve = run.has_validation ? measured.validation : measured.train;
  }
  view.split = run.judged.split;
  view.epochs = run.epochs;
  view.best_epoch = run.best_epoch;
  view.planned_epochs = run.record.started.epochs();
}

void add_costs(const RecordView& run, MeasuredMember& member) {
  MemberView& view = member.view;
  view.seconds = worked_seconds(run);
  view.beside = run.record.started.beside_size();
  view.peak_memory_bytes = run.peak_rss_bytes;
  const Plan& plan = run.record.started.plan();
  if (plan.parameters() > 0) view.parameters = plan.parameters();
  if (plan.has_trainable_parameters()) view.trainable_parameters = plan.trainable_parameters();
  for (const StageBegun& stage : run.record.stages) {
    view.trainable_parameters = std::max<std::int64_t>(view.trainable_parameters, stage.trainable_parameters());
  }
  if (const std::int64_t samples = run.samples_in("train"); samples > 0) view.train_samples = samples;
  for (const TrunkReady& trunk : run.record.trunks) {
    const double seconds = std::max(0.0, trunk.seconds());
    view.trunk_seconds += seconds;
    view.trunk_computed += std::max<std::int64_t>(0, trunk.computed());
    view.trunk_found += std::max<std::int64_t>(0, trunk.samples() - trunk.computed());
    if (!trunk.key().empty()) member.trunks.push_back({trunk.key(), seconds, trunk.computed() > 0});
  }
}

void read_member(const fs::path& folder, const std::string& metric, MeasuredMember& member) {
  member.has_record = true;
  const RecordView run = view_record(load_run(folder.string()));
  member.end = end_of(run.record);
  member.view.is_final = member.end == RecordedEnd::kDone;
  if (run.record.stopped) member.paused_after = run.record.stopped->after_epoch();
  if (run.record.diverged) member.divergence = divergence_text(run);
  member.view.strategy = run.record.started.strategy();
  member.view.config = run.record.started.config();
  add_numbers(run, metric, member);
  add_costs(run, member);
}

// The rung that left the point behind, or nothing.
int left_behind_at(const std::vector<RungView>& rungs, int point) {
  for (std::size_t rung = 0; rung < rungs.size(); ++rung) {
    const RungDecided& decision = rungs[rung].decision;
    const auto& points = decision.point();
    const auto found = std::find(points.begin(), points.end(), point);
    if (rungs[rung].is_decided && found != points.end() && found - points.begin() >= decision.promoted() &&
        rung + 1 < rungs.size())
      return static_cast<int>(rung);
  }
  return -1;
}

int rung_after(const std::vector<RungView>& rungs, int epochs) {
  for (std::size_t rung = 0; rung < rungs.size(); ++rung) {
    if (rungs[rung].epochs == epochs) return static_cast<int>(rung);
  }
  return -1;
}

MemberState state_of_attempt(const MemberHistory& member) {
  if (!member.has_ended || member.is_begun) return MemberState::kRunning;
  switch (member.last.end()) {
    case AttemptEnded::DONE:
      return MemberState::kDone;
    case AttemptEnded::DIVERGED:
      return MemberState::kDiverged;
    case AttemptEnded::PAUSED:
      return MemberState::kPaused;
    case AttemptEnded::FAILED:
    case AttemptEnded::KILLED:
      return MemberState::kFailed;
    case AttemptEnded::STOPPED:
    case AttemptEnded::TAKEN:
      break;
  }
  return MemberState::kStopped;
}

MemberState state_of(const MemberHistory* history, const MeasuredMember& measured) {
  if (measured.end == RecordedEnd::kDone) return MemberState::kDone;
  if (measured.end == RecordedEnd::kDiverged) return MemberState::kDiverged;
  const bool has_history = history != nullptr && (history->is_begun || history->has_ended);
  if (has_history) return state_of_attempt(*history);
  if (measured.end == RecordedEnd::kPaused) return MemberState::kPaused;
  if (measured.end == RecordedEnd::kStopped) return MemberState::kStopped;
  return measured.has_record ? MemberState::kRunning : MemberState::kNotBegun;
}

}  // namespace

fs::path run_folder(const std::string& sweep_folder, const MemberInfo& info) {
  const fs::path relative = relative_run_folder(sweep_folder, info);
  return !relative.empty() && is_run_folder(fs::path(sweep_folder) / relative) ? relative : fs::path();
}

MeasuredMember measure_member(const std::string& sweep_folder, const MemberInfo& info, const std::string& metric) {
  MeasuredMember member;
  MemberView& view = member.view;
  view.info = info;
  view.parameters = info.parameters();
  view.trainable_parameters = info.trainable_parameters();
  view.train_samples = info.train_samples();
  const fs::path relative = run_folder(sweep_folder, info);
  if (relative.empty()) return member;
  const fs::path folder = fs::path(sweep_folder) / relative;
  view.folder = folder.lexically_normal().string();
  std::error_code error;
  if (fs::exists(folder / "report.html", error)) view.report = (relative / "report.html").generic_string();
  try {
    read_member(folder, metric, member);
  } catch (const std::exception& failure) {
    member.trouble = failure.what();
  }
  return member;
}

void share_trunk_cost(const std::vector<MeasuredMember>& measured, std::vector<MemberView>& members) {
  std::map<std::string, double> computed, found;
  for (const MeasuredMember& member : measured) {
    for (const TrunkCost& trunk : member.trunks) {
      double& seconds = (trunk.is_computed ? computed : found)[trunk.key];
      seconds = std::max(seconds, trunk.seconds);
    }
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    MemberView& member = members[i];
    double kept = 0, charged = 0;
    std::map<std::string, double> keys;
    for (const TrunkCost& trunk : measured[i].trunks) {
      kept += trunk.seconds;
      const auto by = computed.find(trunk.key);
      keys[trunk.key] = by == computed.end() ? found[trunk.key] : by->second;
    }
    for (const auto& [key, seconds] : keys) charged += seconds;
    if (!std::isnan(member.seconds))
      member.cost_seconds = std::max(0.0, member.seconds - kept) / (1 + member.beside) + charged;
  }
}

void decide_state(const SweepHistory& history, const MeasuredMember& measured, const std::vector<RungView>& rungs,
                  MemberView& member) {
  const auto found = history.members.find(member.info.id());
  const MemberHistory* told = found == history.members.end() ? nullptr : &found->second;
  member.state = state_of(told, measured);
  if (told != nullptr) member.attempts = told->attempts;
  if (member.state == MemberState::kFailed) member.reason = told->last.reason();
  if (member.state == MemberState::kDiverged) {
    member.reason = !measured.divergence.empty() ? measured.divergence : told->last.reason();
  }
  if (member.state == MemberState::kDone && measured.end != RecordedEnd::kDone) {
    member.reason = "its run's record cannot be read";
    if (!measured.has_record) member.reason = "its run's folder is not there";
  }
  const bool may_wait = member.state != MemberState::kDone && member.state != MemberState::kDiverged &&
                        member.state != MemberState::kFailed;
  const int behind = left_behind_at(rungs, member.info.point());
  if (may_wait && behind >= 0) {
    member.state = MemberState::kLeftBehind;
    member.rung = behind;
  } else if (member.state == MemberState::kPaused) {
    member.rung = rung_after(rungs, measured.paused_after);
  }
}

}  // namespace thaw::reports
