#include "reports/export/tensorboard.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "reports/config_fields.h"
#include "reports/export/event_file.h"
#include "reports/export/names.h"
#include "reports/html.h"
#include "reports/sweep_view.h"

namespace thaw::reports {
namespace {

using namespace thaw::tensorboard;

double seconds(std::int64_t unix_ms) { return static_cast<double>(unix_ms) / 1000; }

/// Without the process and machine that others put there: exporting again replaces the file.
std::string event_file_name(std::int64_t unix_ms) {
  std::string number = std::to_string(std::max<std::int64_t>(unix_ms / 1000, 0));
  number.insert(0, 10 - std::min<std::size_t>(10, number.size()), '0');
  return "events.out.tfevents." + number + ".thaw";
}

void set_value(google::protobuf::Value& value, const Setting& setting) {
  if (setting.has_number()) {
    value.set_number_value(setting.number());
  } else {
    value.set_string_value(well_formed(setting.text()));
  }
}

/// A field's text as what it is: a number, a boolean, else text.
void set_value(google::protobuf::Value& value, const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text == "true" || text == "false") {
    value.set_bool_value(text == "true");
  } else if (error == std::errc() && end == text.data() + text.size() && std::isfinite(number)) {
    value.set_number_value(number);
  } else {
    value.set_string_value(well_formed(without_quotes(text)));
  }
}

/// Axes that take more than one value: the others tell members nothing.
std::vector<AxisInfo> differing_axes(const ExportSubject& subject) {
  std::vector<AxisInfo> axes;
  for (int i = 0; i < subject.sweep.axis_size(); ++i) {
    std::set<std::string> texts;
    for (const MemberInfo& member : subject.sweep.member()) {
      if (i < member.setting_size()) texts.insert(setting_text(member.setting(i)));
    }
    if (texts.size() > 1) axes.push_back(subject.sweep.axis(i));
  }
  return axes;
}

HParamInfo describe_axis(const AxisInfo& axis, const ExportSubject& subject) {
  HParamInfo info;
  info.set_name(well_formed(axis.name()));
  info.set_description(well_formed(axis.field()));
  info.set_differs(true);
  info.set_type(axis.choice_size() > 0 ? HParamInfo::STRING : HParamInfo::FLOAT64);
  for (const std::string& choice : axis.choice()) {
    info.mutable_domain_discrete()->add_values()->set_string_value(well_formed(choice));
  }
  if (axis.choice_size() > 0) return info;
  double least = HUGE_VAL, most = -HUGE_VAL;
  for (const ExportedRun& run : subject.runs) {
    for (const auto& [name, setting] : run.settings) {
      if (name != axis.name()) continue;
      least = std::min(least, setting.number());
      most = std::max(most, setting.number());
    }
  }
  info.mutable_domain_interval()->set_min_value(least);
  info.mutable_domain_interval()->set_max_value(most);
  return info;
}

void add_metric(HParamsExperiment& experiment, const MetricView& metric, const std::string& group) {
  HParamMetric* info = experiment.add_metric_infos();
  const std::string name = well_formed(metric.info.name());
  info->mutable_name()->set_group(group);
  info->mutable_name()->set_tag(group.empty() ? "best/" + name : name);
  info->set_display_name(well_formed(metric.label) + (group.empty() ? ", best epoch" : ", last epoch, " + group));
  info->set_dataset_type(group == "train" ? HParamMetric::TRAINING : HParamMetric::VALIDATION);
}

/// Of all runs: members may have other outputs.
std::vector<MetricView> all_metrics(const ExportSubject& subject) {
  std::vector<MetricView> all;
  std::set<std::string> names;
  for (const ExportedRun& run : subject.runs) {
    for (const MetricView& metric : run.view.metrics) {
      if (names.insert(metric.info.name()).second) all.push_back(metric);
    }
  }
  return all;
}

/// The table's columns. The metric that a sweep compares by comes first.
HParamsPluginData describe_experiment(const ExportSubject& subject) {
  HParamsPluginData data;
  data.set_version(0);
  HParamsExperiment& experiment = *data.mutable_experiment();
  experiment.set_name(well_formed(subject.name()));
  experiment.set_description(well_formed(subject.sweep.description()));
  experiment.set_time_created_secs(seconds(subject.begun_unix_ms));
  for (const AxisInfo& axis : differing_axes(subject)) *experiment.add_hparam_infos() = describe_axis(axis, subject);
  const std::vector<MetricView> metrics = all_metrics(subject);
  for (const bool is_compared : {true, false}) {
    for (const MetricView& metric : metrics) {
      if ((metric.info.name() == subject.sweep.metric()) == is_compared) add_metric(experiment, metric, "");
    }
  }
  const bool has_validation = std::any_of(subject.runs.begin(), subject.runs.end(),
                                          [](const ExportedRun& run) { return run.view.has_validation; });
  for (const MetricView& metric : metrics) add_metric(experiment, metric, has_validation ? "validation" : "train");
  return data;
}

HParamsPluginData describe_start(const ExportedRun& run, const std::vector<AxisInfo>& axes) {
  HParamsPluginData data;
  data.set_version(0);
  SessionStartInfo& start = *data.mutable_session_start_info();
  start.set_start_time_secs(seconds(run.view.record.begun_unix_ms));
  start.set_group_name(well_formed(run.point));
  for (const auto& [name, setting] : run.settings) {
    const bool differs =
        std::any_of(axes.begin(), axes.end(), [&name = name](const AxisInfo& axis) { return axis.name() == name; });
    if (!differs) continue;
    HParam* hparam = start.add_hparams();
    hparam->set_key(well_formed(name));
    set_value(*hparam->mutable_value(), setting);
  }
  if (!run.settings.empty()) return data;
  for (const auto& [path, text] : config_fields(run.view.record.started.config())) {
    if (path == "name" || path == "description") continue;
    HParam* hparam = start.add_hparams();
    hparam->set_key(well_formed(path));
    set_value(*hparam->mutable_value(), text);
  }
  return data;
}

/// Nothing for a run that may go on: TensorBoard takes it for one whose end is not known.
void add_end(EventFile& file, const RecordView& view) {
  if (view.status != RunStatus::kDone && view.status != RunStatus::kDiverged) return;
  HParamsPluginData data;
  data.set_version(0);
  SessionEndInfo& end = *data.mutable_session_end_info();
  end.set_status(view.status == RunStatus::kDone ? SessionEndInfo::SUCCESS : SessionEndInfo::FAILURE);
  end.set_end_time_secs(seconds(view.record.last_unix_ms));
  file.add_hparams("_hparams_/session_end_info", data, seconds(view.record.last_unix_ms));
}

std::string session_bytes(const ExportedRun& run, const std::vector<AxisInfo>& axes) {
  const RecordView& view = run.view;
  const double begun = seconds(view.record.begun_unix_ms);
  EventFile file(begun);
  file.add_hparams("_hparams_/session_start_info", describe_start(run, axes), begun);
  const auto row = view.row_of(view.judged.epoch);
  const double judged = row ? seconds(view.record.epoch_ends[*row].unix_ms) : begun;
  for (std::size_t i = 0; i < view.metrics.size(); ++i) {
    const double value = view.judged.values[i];
    if (std::isnan(value)) continue;
    file.add_scalar("best/" + well_formed(view.metrics[i].info.name()), value, view.judged.epoch, judged);
  }
  add_end(file, view);
  return file.bytes();
}

/// A split's metrics by epoch.
std::string curve_bytes(const RecordView& view, bool is_validation) {
  EventFile file(seconds(view.record.begun_unix_ms));
  for (std::size_t row = 0; row < view.epochs.size(); ++row) {
    const EpochEnd& epoch = view.record.epochs[row];
    const double time = seconds(view.record.epoch_ends[row].unix_ms);
    for (const MetricView& metric : view.metrics) {
      const double value = (is_validation ? metric.validation : metric.train)[row];
      if (!std::isnan(value)) file.add_scalar(well_formed(metric.info.name()), value, epoch.epoch(), time);
    }
    if (is_validation) continue;
    file.add_scalar("learning_rate", epoch.learning_rate(), epoch.epoch(), time);
    if (epoch.samples_per_second() > 0) {
      file.add_scalar("samples_per_second", epoch.samples_per_second(), epoch.epoch(), time);
    }
  }
  return file.bytes();
}

std::string folder_of(const ExportedRun& run) {
  const std::string id = path_part(run.view.record.started.id());
  return run.label.empty() ? id : path_part(run.label) + "-" + id;
}

}  // namespace

void write_tensorboard(const ExportSubject& subject, const FileSink& write) {
  const std::string top = path_part(subject.name()) + "/";
  const std::vector<AxisInfo> axes = differing_axes(subject);
  if (subject.is_sweep) {
    EventFile file(seconds(subject.begun_unix_ms));
    file.add_hparams("_hparams_/experiment", describe_experiment(subject), seconds(subject.begun_unix_ms));
    write(top + "sweep-" + path_part(subject.sweep.id()) + "/" + event_file_name(subject.begun_unix_ms), file.bytes());
  }
  for (const ExportedRun& run : subject.runs) {
    const std::string folder = top + folder_of(run) + "/", file = event_file_name(run.view.record.begun_unix_ms);
    write(folder + file, session_bytes(run, axes));
    write(folder + "train/" + file, curve_bytes(run.view, false));
    if (run.view.has_validation) write(folder + "validation/" + file, curve_bytes(run.view, true));
  }
}

}  // namespace thaw::reports
