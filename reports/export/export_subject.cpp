#include "reports/export/export_subject.h"

#include <filesystem>

#include "reports/terminal_text.h"
#include "schemas/diagnostic.h"
#include "schemas/sweep_journal.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

/// The sweep as the process knew it that worked on it last, and when the first one began.
void read_sweep(ExportSubject& subject) {
  bool has_started = false;
  for (const SweepEvent& event : read_journals(subject.folder)) {
    if (event.kind_case() != SweepEvent::kStarted) continue;
    if (!has_started) subject.begun_unix_ms = event.time_unix_ms();
    subject.sweep = event.started();
    has_started = true;
  }
  if (!has_started) throw InputError(subject.folder + ": the sweep never started: no journal tells of its members");
}

void name_member(ExportedRun& run, const MemberInfo& member, const SweepStarted& sweep) {
  for (int i = 0; i < std::min(member.setting_size(), sweep.axis_size()); ++i) {
    run.settings.emplace_back(sweep.axis(i).name(), member.setting(i));
    run.point += (run.point.empty() ? "" : ", ") + sweep.axis(i).name() + "=" + member.setting(i).text();
  }
  run.label = run.point + (run.point.empty() ? "" : ", ") + "seed=" + std::to_string(member.seed());
}

/// The runs' root: a sweep's folder is RUNS/NAME/sweep-ID, wherever from it was named.
fs::path runs_root(const std::string& sweep_folder) {
  fs::path folder = fs::absolute(sweep_folder).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return folder.parent_path().parent_path();
}

/// Where a member's run lies. A journal is only a file: what it says must not lead out of the runs' root.
std::string folder_of(const fs::path& root, const MemberInfo& member) {
  const fs::path below = fs::path(member.folder()).lexically_normal();
  if (below.empty() || below.is_absolute() || *below.begin() == "..") {
    throw InputError("its run is said to lie in \"" + member.folder() + "\", which is not below the runs' folder");
  }
  return (root / below).string();
}

}  // namespace

ExportSubject load_export_subject(const std::string& folder) {
  ExportSubject subject;
  subject.folder = folder;
  subject.is_sweep = is_sweep_folder(folder);
  if (!subject.is_sweep) {
    subject.runs.push_back({folder, view_record(load_run(folder)), {}, {}, {}});
    subject.begun_unix_ms = subject.runs[0].view.record.begun_unix_ms;
    return subject;
  }
  read_sweep(subject);
  const fs::path root = runs_root(folder);
  for (const MemberInfo& member : subject.sweep.member()) {
    ExportedRun run;
    name_member(run, member, subject.sweep);
    try {
      run.folder = folder_of(root, member);
      if (!fs::exists(fs::path(run.folder) / "record.binpb")) throw InputError("not begun");
      run.view = view_record(load_run(run.folder));
      subject.runs.push_back(std::move(run));
    } catch (const InputError& error) {
      subject.left_out.push_back(run.label + ": " + error.what());
    }
  }
  if (subject.runs.empty()) {
    throw InputError(folder + ": nothing to export: none of its members can be read" +
                     (subject.left_out.empty() ? "" : "; " + subject.left_out[0]));
  }
  return subject;
}

std::string describe(const ExportSubject& subject) {
  if (!subject.is_sweep) {
    const RecordView& view = subject.runs[0].view;
    return line(subject.name() + ", run " + view.record.started.id() + ": " + status_name(view.status));
  }
  const std::size_t begun = subject.runs.size(), all = begun + subject.left_out.size();
  std::string text = subject.name() + ", sweep " + subject.sweep.id() + ": " + std::to_string(begun) + " of " +
                     std::to_string(all) + " members";
  constexpr std::size_t kNamed = 3;
  for (std::size_t i = 0; i < std::min(subject.left_out.size(), kNamed); ++i) {
    text += (i == 0 ? "; left out: " : "; ") + subject.left_out[i];
  }
  if (subject.left_out.size() > kNamed) text += "; and " + std::to_string(subject.left_out.size() - kNamed) + " more";
  return line(text);
}

}  // namespace thaw::reports
