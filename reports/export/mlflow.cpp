#include "reports/export/mlflow.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "reports/config_fields.h"
#include "reports/export/mlflow_store.h"
#include "reports/export/names.h"
#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/pages.h"
#include "reports/sweep_view.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestParameter = 6000, kLongestTag = 8000;

/// One run's folder of the store.
class RunFiles {
 public:
  RunFiles(std::string folder, const FileSink& write) : folder_(std::move(folder)), write_(write) {}

  void parameter(const std::string& name, const std::string& value) {
    add_text("params", parameters_.add(name), value, kLongestParameter);
  }
  void tag(const std::string& name, const std::string& value) { add_text("tags", tags_.add(name), value, kLongestTag); }
  void metric(const std::string& name, const std::string& lines) {
    if (!lines.empty()) write_(folder_ + "/metrics/" + metrics_.add(name), lines);
  }
  void artifact(const std::string& name, const std::string& bytes) { write_(folder_ + "/artifacts/" + name, bytes); }
  void meta(const std::string& yaml) { write_(folder_ + "/meta.yaml", yaml); }

  /// Names of what was cut, with their folder.
  const std::vector<std::string>& cut() const { return cut_; }

 private:
  void add_text(const std::string& kind, const std::string& name, const std::string& value, std::size_t most) {
    if (value.empty()) return;
    const std::string text = well_formed(value);
    if (text.size() > most) cut_.push_back(kind + "/" + name);
    write_(folder_ + "/" + kind + "/" + name, cut_text(text, most));
  }

  std::string folder_;
  const FileSink& write_;
  FileNames parameters_, tags_, metrics_;
  std::vector<std::string> cut_;
};

std::string metric_line(std::int64_t unix_ms, double value, int epoch) {
  if (std::isnan(value)) return {};
  return std::to_string(unix_ms) + " " + (std::isinf(value) ? (value > 0 ? "inf" : "-inf") : plain_text(value)) + " " +
         std::to_string(epoch) + "\n";
}

void add_curves(RunFiles& files, const RecordView& view) {
  const EffectiveRecord& record = view.record;
  for (std::size_t i = 0; i < view.metrics.size(); ++i) {
    const MetricView& metric = view.metrics[i];
    std::string train, validation, best;
    for (std::size_t row = 0; row < record.epochs.size(); ++row) {
      const std::int64_t time = record.epoch_ends[row].unix_ms;
      const int epoch = record.epochs[row].epoch();
      train += metric_line(time, metric.train[row], epoch);
      validation += metric_line(time, metric.validation[row], epoch);
      if (epoch == view.judged.epoch) best = metric_line(time, view.judged.values[i], epoch);
    }
    files.metric("train/" + metric.info.name(), train);
    files.metric("validation/" + metric.info.name(), validation);
    files.metric("best/" + metric.info.name(), best);
  }
  std::string rates, speeds;
  for (std::size_t row = 0; row < record.epochs.size(); ++row) {
    const EpochEnd& epoch = record.epochs[row];
    rates += metric_line(record.epoch_ends[row].unix_ms, epoch.learning_rate(), epoch.epoch());
    if (epoch.samples_per_second() > 0) {
      speeds += metric_line(record.epoch_ends[row].unix_ms, epoch.samples_per_second(), epoch.epoch());
    }
  }
  // A run without metrics' folder is none to MLflow.
  files.metric("epochs_done", metric_line(record.last_unix_ms, static_cast<double>(record.epochs.size()), 0));
  files.metric("learning_rate", rates);
  files.metric("samples_per_second", speeds);
}

/// The file as it lies in a folder, or nothing.
std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (file && file.peek() != std::ifstream::traits_type::eof()) bytes << file.rdbuf();
  return std::move(bytes).str();
}

void add_parameters(RunFiles& files, const ExportedRun& run) {
  for (const auto& [axis, setting] : run.settings) files.parameter(axis, setting_text(setting));
  for (const auto& [path, text] : config_fields(run.view.record.started.config())) {
    if (path != "name" && path != "description") files.parameter(path, without_quotes(text));
  }
}

void add_run_tags(RunFiles& files, const ExportedRun& run, const std::string& run_name) {
  const EffectiveRecord& record = run.view.record;
  files.tag("mlflow.runName", run_name);
  files.tag("mlflow.note.content", record.started.description());
  files.tag("mlflow.source.type", "LOCAL");
  files.tag("mlflow.source.name", record.started.command());
  files.tag("thaw.id", record.started.id());
  files.tag("thaw.status", status_name(run.view.status));
  files.tag("thaw.version", record.started.version());
  files.tag("thaw.strategy", record.started.strategy());
  files.tag("thaw.best_metric", record.started.best_metric());
  files.tag("thaw.point", run.point);
  if (run.view.judged.epoch > 0) {
    files.tag("thaw.best_epoch", std::to_string(run.view.judged.epoch));
    files.tag("thaw.best_split", run.view.judged.split);
  }
  if (!record.finished) return;
  files.tag("thaw.weights_sha256", record.finished->weights_sha256());
  files.tag("thaw.best_weights_sha256", record.finished->best_weights_sha256());
  files.tag("thaw.metrics_sha256", record.finished->metrics_sha256());
}

MlflowStatus status_of(RunStatus status) {
  switch (status) {
    case RunStatus::kDone:
      return MlflowStatus::kFinished;
    case RunStatus::kDiverged:
      return MlflowStatus::kFailed;
    case RunStatus::kPaused:
    case RunStatus::kStopped:
      return MlflowStatus::kKilled;
    case RunStatus::kUnfinished:
      break;
  }
  return MlflowStatus::kRunning;
}

/// The run that a sweep's members are below.
void write_sweep(RunFiles& files, const ExportSubject& subject, MlflowRun run) {
  const SweepStarted& sweep = subject.sweep;
  std::int64_t last = 0;
  bool is_done = subject.left_out.empty();
  for (const ExportedRun& member : subject.runs) {
    last = std::max(last, member.view.record.last_unix_ms);
    is_done = is_done && (member.view.status == RunStatus::kDone || member.view.status == RunStatus::kDiverged);
  }
  run.status = is_done ? MlflowStatus::kFinished : MlflowStatus::kRunning;
  run.end_unix_ms = last;
  files.tag("mlflow.runName", run.name);
  files.tag("mlflow.note.content", sweep.description());
  files.tag("mlflow.source.type", "LOCAL");
  files.tag("mlflow.source.name", sweep.command());
  files.tag("thaw.id", sweep.id());
  files.tag("thaw.members", std::to_string(sweep.member_size()));
  files.tag("thaw.version", sweep.version());
  files.tag("thaw.metric", sweep.metric());
  files.parameter("repeats", std::to_string(sweep.repeats()));
  files.metric("members_begun", metric_line(last, static_cast<double>(subject.runs.size()), 0));
  files.artifact("experiment.pbtxt", sweep.config());
  for (const char* name : {"report.html", "members.csv", "members.json", "recommended.pbtxt"}) {
    if (const std::string bytes = file_text(subject.folder + "/" + name); !bytes.empty()) files.artifact(name, bytes);
  }
  files.meta(run_yaml(run));
}

std::string cut_words(const std::vector<std::string>& cut) {
  if (cut.empty()) return {};
  std::string text = "cut to MLflow's lengths (" + std::to_string(kLongestParameter) + " bytes of a parameter, " +
                     std::to_string(kLongestTag) + " of a tag): ";
  for (std::size_t i = 0; i < std::min<std::size_t>(cut.size(), 5); ++i) text += (i > 0 ? ", " : "") + cut[i];
  if (cut.size() > 5) text += " and " + std::to_string(cut.size() - 5) + " more";
  return text + "\n";
}

}  // namespace

std::string write_mlflow(const ExportSubject& subject, const std::string& store, const FileSink& write) {
  const std::string experiment = experiment_in(store, subject.name());
  const std::string experiment_folder = store + "/" + experiment;
  if (!fs::exists(experiment_folder + "/meta.yaml")) {
    write(experiment + "/meta.yaml",
          experiment_yaml(experiment, subject.name(), experiment_folder, subject.begun_unix_ms));
  }
  std::vector<std::string> cut;
  std::string parent;
  if (subject.is_sweep) {
    parent = run_id_in(experiment, subject.sweep.id());
    RunFiles files(experiment + "/" + parent, write);
    write_sweep(files, subject,
                {.id = parent,
                 .experiment = experiment,
                 .name = "sweep-" + subject.sweep.id(),
                 .folder = experiment_folder + "/" + parent,
                 .begun_unix_ms = subject.begun_unix_ms});
    cut = files.cut();
  }
  for (const ExportedRun& run : subject.runs) {
    const EffectiveRecord& record = run.view.record;
    MlflowRun meta{.id = run_id_in(experiment, record.started.id()),
                   .experiment = experiment,
                   .name = run.label.empty() ? record.started.name() + " " + record.started.id() : run.label,
                   .folder = {},
                   .begun_unix_ms = record.begun_unix_ms,
                   .end_unix_ms = record.last_unix_ms,
                   .status = status_of(run.view.status)};
    meta.folder = experiment_folder + "/" + meta.id;
    RunFiles files(experiment + "/" + meta.id, write);
    add_parameters(files, run);
    add_run_tags(files, run, meta.name);
    files.tag("mlflow.parentRunId", parent);
    add_curves(files, run.view);
    const std::string report = file_text(run.folder + "/report.html");
    files.artifact("report.html", report.empty() ? render_report(run.folder) : report);
    files.artifact("experiment.pbtxt", record.started.config());
    files.meta(run_yaml(meta));
    cut.insert(cut.end(), files.cut().begin(), files.cut().end());
  }
  return cut_words(cut);
}

}  // namespace thaw::reports
