#include "reports/export/export_subject.h"

#include <algorithm>
#include <filesystem>

#include "reports/sweep_history.h"
#include "reports/sweep_member.h"
#include "reports/terminal_text.h"
#include "schemas/diagnostic.h"
#include "schemas/sweep_journal.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

void name_member(ExportedRun& run, const MemberInfo& member, const SweepStarted& sweep) {
  for (int i = 0; i < std::min(member.setting_size(), sweep.axis_size()); ++i) {
    run.settings.emplace_back(sweep.axis(i).name(), member.setting(i));
    run.point += (run.point.empty() ? "" : ", ") + sweep.axis(i).name() + "=" + setting_text(member.setting(i));
  }
  run.label = run.point + (run.point.empty() ? "" : ", ") + "seed=" + std::to_string(member.seed());
}

void add_member(const MemberInfo& member, ExportSubject& subject) {
  ExportedRun run;
  name_member(run, member, subject.sweep);
  const fs::path folder = run_folder(subject.folder, member);
  try {
    if (folder.empty()) throw InputError("not begun");
    run.folder = (fs::path(subject.folder) / folder).string();
    run.view = view_record(load_run(run.folder));
    subject.runs.push_back(std::move(run));
  } catch (const InputError& error) {
    subject.left_out.push_back(run.label + ": " + error.what());
  }
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
  SweepHistory history = read_history(folder);
  subject.sweep = std::move(history.started);
  subject.begun_unix_ms = history.begun_unix_ms;
  subject.unreadable = std::move(history.unreadable);
  for (const MemberInfo& member : subject.sweep.member()) add_member(member, subject);
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
  for (const std::string& file : subject.unreadable) text += "; not read: " + file;
  return line(text);
}

}  // namespace thaw::reports
