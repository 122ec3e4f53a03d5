#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/pages.h"
#include "reports/record_view.h"
#include "reports/show_profile.h"
#include "reports/show_trunk.h"
#include "reports/terminal_text.h"
#include "reports/verdict.h"

namespace thaw {
namespace {

using json = nlohmann::ordered_json;
using namespace reports;

json number_or_null(double value) { return std::isfinite(value) ? json(value) : json(); }

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

template <typename Values>
json metric_object(const Values& values) {
  json object = json::object();
  for (const MetricValue& value : values) object[value.name()] = number_or_null(value.value());
  return object;
}

json stage_list(const EffectiveRecord& record) {
  json list = json::array();
  for (const StageBegun& stage : record.stages) {
    list.push_back({{"stage", stage.stage()},
                    {"epoch", stage.epoch()},
                    {"reason", stage.reason()},
                    {"trainable_parameters", stage.trainable_parameters()}});
  }
  return list;
}

void add_transfer(std::string& text, const EffectiveRecord& record) {
  const Started& started = record.started;
  add_line(text, "strategy", started.strategy());
  for (const StageBegun& stage : record.stages) {
    add_line(text, "stage " + count_text(stage.stage()),
             "from epoch " + count_text(stage.epoch()) + " on (" + stage.reason() + "), " +
                 count_text(stage.trainable_parameters()) + " parameters trained");
  }
  if (started.frozen_tensors() <= 0) return;
  const bool is_over = record.finished && !record.finished->frozen_sha256().empty();
  const bool is_same = is_over && record.finished->frozen_sha256() == started.frozen_sha256();
  add_line(text, "frozen",
           count_text(started.frozen_tensors()) + " tensors" +
               (is_same   ? " unchanged"
                : is_over ? " CHANGED"
                          : "") +
               ", sha256 " + started.frozen_sha256());
}

json time_object(const RecordView& view) {
  json object = json::object();
  for (const TimeRow& row : view.time) object[row.key] = row.seconds;
  object["wall_s"] = view.record.finished ? number_or_null(view.record.finished->wall_s()) : json();
  return object;
}

std::string metric_table(const RecordView& view) {
  const std::size_t last = view.epochs.size() - 1;
  const auto best = view.row_of(view.best_epoch);
  std::vector<std::vector<std::string>> rows = {{"after epoch " + fixed_text(view.epochs.back(), 0), "train"}};
  if (view.has_validation) rows[0].push_back("validation");
  if (view.has_validation && best) rows[0].push_back("at best epoch");
  for (const MetricView& metric : view.metrics) {
    rows.push_back({line(metric.info.name()), cell(metric.text(metric.train[last]))});
    if (view.has_validation) rows.back().push_back(cell(metric.text(metric.validation[last])));
    if (view.has_validation && best) rows.back().push_back(cell(metric.text(metric.validation[*best])));
  }
  return "\n" + aligned(rows) + "\n";
}

}  // namespace

std::string render_show_json(const std::string& run_folder) {
  const RecordView view = view_record(load_run(run_folder));
  const EffectiveRecord& record = view.record;
  const bool is_done = record.finished.has_value();
  const auto best = view.row_of(view.best_epoch);
  json object;
  object["status"] = status_name(view.status);
  object["name"] = record.started.name();
  object["id"] = record.started.id();
  object["step"] = record.step;
  object["epochs_done"] = record.epochs.size();
  object["epochs"] = record.started.epochs();
  object["seed"] = record.started.seed();
  object["resumed"] = record.resumed;
  object["weights_sha256"] = is_done ? text_or_null(record.finished->weights_sha256()) : json();
  object["best_weights_sha256"] = is_done ? text_or_null(record.finished->best_weights_sha256()) : json();
  object["metrics_sha256"] = is_done ? text_or_null(record.finished->metrics_sha256()) : json();
  object["strategy"] = text_or_null(record.started.strategy());
  object["stages"] = stage_list(record);
  object["frozen_tensors"] = record.started.frozen_tensors();
  object["frozen_sha256_before"] = text_or_null(record.started.frozen_sha256());
  object["frozen_sha256"] = is_done ? text_or_null(record.finished->frozen_sha256()) : json();
  object["best_epoch"] = view.best_epoch > 0 ? json(view.best_epoch) : json();
  object["train"] = record.epochs.empty() ? json::object() : metric_object(record.epochs.back().train());
  object["validation"] = record.epochs.empty() ? json::object() : metric_object(record.epochs.back().validation());
  object["best_validation"] = best ? metric_object(record.epochs[*best].validation()) : json::object();
  object["time"] = time_object(view);
  object["samples_per_second"] = number_or_null(view.samples_per_second);
  object["peak_rss_bytes"] = view.peak_rss_bytes > 0 ? json(view.peak_rss_bytes) : json();
  object["time_to_first_step_s"] = is_done ? number_or_null(record.finished->time_to_first_step_s()) : json();
  object["trunk"] = trunk_list(view);
  object["warnings"] = record.started.warning();
  object["prediction"] = prediction_object(view);
  object["profile"] = profile_object(view);
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string render_show_text(const std::string& run_folder) {
  const RecordView view = view_record(load_run(run_folder));
  const Started& started = view.record.started;
  std::string text = line(verdict(view)) + "\n\n";
  add_line(text, "status", status_name(view.status));
  add_line(text, "name", started.name());
  add_line(text, "id", started.id());
  add_line(text, "epochs",
           count_text(static_cast<std::int64_t>(view.epochs.size())) + " of " + count_text(started.epochs()));
  add_line(text, "step", count_text(view.record.step));
  if (view.best_epoch > 0) add_line(text, "best epoch", count_text(view.best_epoch));
  if (view.record.resumed > 0) add_line(text, "resumed", count_text(view.record.resumed));
  add_transfer(text, view.record);
  if (!view.epochs.empty()) text += metric_table(view);
  text += trunk_text(view);
  if (std::isfinite(view.samples_per_second)) {
    add_line(text, "throughput", count_text(std::llround(view.samples_per_second)) + " samples/s");
  }
  if (view.peak_rss_bytes > 0) {
    const std::int64_t predicted = started.prediction().peak_memory_bytes();
    add_line(text, "peak memory",
             bytes_text(view.peak_rss_bytes) + (predicted > 0 ? ", predicted " + bytes_text(predicted) : ""));
  }
  if (const auto& finished = view.record.finished) {
    const double predicted = started.prediction().run_s();
    add_line(text, "wall time",
             seconds_text(finished->wall_s()) + (predicted > 0 ? ", predicted " + seconds_text(predicted) : ""));
    add_line(text, "first step after", seconds_text(finished->time_to_first_step_s()));
    add_line(text, "weights", finished->weights_sha256());
    add_line(text, "best weights", finished->best_weights_sha256());
    add_line(text, "metrics", finished->metrics_sha256());
  }
  text += profile_text(view);
  for (const Notice& notice : notices(view)) text += "\n" + line(notice.title) + ". " + line(notice.text) + "\n";
  if (!started.command().empty()) text += "\n" + line(started.command()) + "\n";
  return text;
}

}  // namespace thaw
