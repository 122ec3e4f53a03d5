#include "reports/sweep_export.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/pages.h"
#include "reports/sweep_words.h"
#include "reports/terminal_text.h"

namespace thaw {
namespace {

using json = nlohmann::ordered_json;
using namespace reports;

json number_or_null(double value) { return std::isfinite(value) ? json(value) : json(); }
json count_or_null(std::int64_t count) { return count > 0 ? json(count) : json(); }
json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

// A cell of RFC 4180. What a spreadsheet would take for a formula gets an apostrophe, as OWASP advises ("CSV
// injection"): names are whatever people wrote. Numbers are ours and come through number_cell, so that -0.5 stays a
// number.
std::string text_cell(const std::string& raw) {
  std::string text = well_formed(raw);
  if (!text.empty() && std::string("=+-@\t\r\n").find(text[0]) != std::string::npos) text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string number_cell(double value) { return std::isfinite(value) ? plain_text(value) : ""; }
std::string count_cell(std::int64_t count) { return count > 0 ? std::to_string(count) : ""; }

std::string setting_cell(const Setting& setting) {
  return setting.has_number() ? number_cell(setting.number()) : text_cell(setting.text());
}

std::string joined(const std::vector<std::string>& cells) {
  std::string row;
  for (std::size_t i = 0; i < cells.size(); ++i) row += (i > 0 ? "," : "") + cells[i];
  return row + "\r\n";
}

std::string csv_head(const SweepView& view) {
  std::vector<std::string> cells = {"id", "point", "seed"};
  for (int axis = 0; axis < view.started.axis_size(); ++axis)
    cells.push_back(text_cell("setting." + view.started.axis(axis).name()));
  for (const char* name : {"state", "reason", "attempts", "value", "split"}) cells.emplace_back(name);
  for (const MetricInfo& metric : view.metrics) cells.push_back(text_cell("metric." + metric.name()));
  for (const char* name : {"epochs", "best_epoch", "wall_s", "trunk_s", "cost_s", "trainable_parameters", "parameters",
                           "train_samples", "peak_memory_bytes", "report"})
    cells.emplace_back(name);
  return joined(cells);
}

std::string csv_row(const SweepView& view, const MemberView& member) {
  std::vector<std::string> cells = {text_cell(member.info.id()), std::to_string(member.info.point()),
                                    std::to_string(member.info.seed())};
  for (const Setting& setting : view.points[member.point].settings) cells.push_back(setting_cell(setting));
  cells.push_back(state_name(member.state));
  cells.push_back(text_cell(member.reason));
  cells.push_back(std::to_string(member.attempts));
  cells.push_back(number_cell(member.value));
  cells.push_back(text_cell(member.split));
  for (const double value : member.metrics) cells.push_back(number_cell(value));
  cells.push_back(std::to_string(member.epochs.size()));
  cells.push_back(count_cell(member.best_epoch));
  cells.push_back(number_cell(member.seconds));
  cells.push_back(number_cell(member.trunk_seconds));
  cells.push_back(number_cell(member.cost_seconds));
  cells.push_back(count_cell(member.trainable_parameters));
  cells.push_back(count_cell(member.parameters));
  cells.push_back(count_cell(member.train_samples));
  cells.push_back(count_cell(member.peak_memory_bytes));
  cells.push_back(text_cell(member.report));
  return joined(cells);
}

json interval_list(const Interval& interval) {
  return interval.is_known() ? json{interval.low, interval.high} : json();
}

json method_name(IntervalMethod method) {
  switch (method) {
    case IntervalMethod::kStudent:
      return "student";
    case IntervalMethod::kEnumerated:
      return "bootstrap, all multisets";
    case IntervalMethod::kResampled:
      return "bootstrap, resampled";
    case IntervalMethod::kNone:
      break;
  }
  return {};
}

json estimate_object(const Estimate& estimate) {
  return {{"seeds", estimate.count},
          {"mean", number_or_null(estimate.mean)},
          {"interval", interval_list(estimate.interval)},
          {"method", method_name(estimate.method)}};
}

json settings_object(const SweepView& view, const std::vector<Setting>& settings) {
  json object = json::object();
  for (std::size_t axis = 0; axis < settings.size(); ++axis) {
    const std::string& name = view.started.axis(static_cast<int>(axis)).name();
    if (settings[axis].has_number())
      object[name] = number_or_null(settings[axis].number());
    else if (!settings[axis].text().empty())
      object[name] = settings[axis].text();
  }
  return object;
}

int point_number(const SweepView& view, std::size_t point) { return view.points[point].number; }

json member_object(const SweepView& view, const MemberView& member) {
  json metrics = json::object();
  for (std::size_t i = 0; i < view.metrics.size(); ++i)
    metrics[view.metrics[i].name()] = number_or_null(member.metrics[i]);
  json curve = json::array();
  for (std::size_t row = 0; row < std::min(member.epochs.size(), member.curve.size()); ++row)
    curve.push_back({member.epochs[row], number_or_null(member.curve[row])});
  return {{"id", member.info.id()},
          {"point", member.info.point()},
          {"seed", member.info.seed()},
          {"settings", settings_object(view, view.points[member.point].settings)},
          {"state", state_name(member.state)},
          {"rung", member.rung >= 0 ? json(member.rung) : json()},
          {"reason", text_or_null(member.reason)},
          {"attempts", member.attempts},
          {"value", number_or_null(member.value)},
          {"is_final", member.is_final},
          {"split", text_or_null(member.split)},
          {"metrics", metrics},
          {"curve", curve},
          {"best_epoch", count_or_null(member.best_epoch)},
          {"planned_epochs", count_or_null(member.planned_epochs)},
          {"wall_s", number_or_null(member.seconds)},
          {"trunk_s", member.trunk_seconds},
          {"cost_s", number_or_null(member.cost_seconds)},
          {"beside", member.beside},
          {"trainable_parameters", count_or_null(member.trainable_parameters)},
          {"parameters", count_or_null(member.parameters)},
          {"train_samples", count_or_null(member.train_samples)},
          {"peak_memory_bytes", count_or_null(member.peak_memory_bytes)},
          {"strategy", text_or_null(member.strategy)},
          {"report", text_or_null(member.report)}};
}

json point_object(const SweepView& view, const SweepAnswer& answer, std::size_t point) {
  const PointResult& result = answer.points[point];
  json seeds = json::array(), values = json::array();
  for (const std::size_t member : view.points[point].members) seeds.push_back(view.members[member].info.seed());
  for (const double value : result.values) values.push_back(number_or_null(value));
  return {{"point", point_number(view, point)},
          {"label", view.points[point].label},
          {"settings", settings_object(view, view.points[point].settings)},
          {"seeds", seeds},
          {"values", values},
          {"value", estimate_object(result.value)},
          {"diverged", result.diverged},
          {"missing", result.missing},
          {"rank", result.rank > 0 ? json(result.rank) : json()},
          {"is_like_first", result.is_like_first},
          {"left_behind_at_rung", result.rung >= 0 ? json(result.rung) : json()},
          {"rung_value", number_or_null(result.rung_value)},
          {"cost_s", number_or_null(result.seconds)},
          {"trainable_parameters", number_or_null(result.parameters)},
          {"train_samples", number_or_null(result.samples)},
          {"memory_bytes", number_or_null(result.memory_bytes)},
          {"is_on_time_front", result.is_on_time_front},
          {"is_on_parameter_front", result.is_on_parameter_front},
          {"is_on_sample_front", result.is_on_sample_front}};
}

json pair_object(const PairResult& pair, const json& better, const json& worse) {
  return {{"better", better},
          {"worse", worse},
          {"difference", estimate_object(pair.difference)},
          {"probability", number_or_null(pair.probability)},
          {"probability_interval", interval_list(pair.probability_interval)},
          {"p_value", number_or_null(pair.p_value)},
          {"corrected_p_value", number_or_null(pair.corrected_p)},
          {"comparisons", pair.family},
          {"is_distinguishable", pair.is_distinguishable},
          {"words", pair.words}};
}

json comparison_object(const SweepView& view, const SweepAnswer& answer) {
  json overall = json::array(), by_setting = json::array(), with_first = json::array();
  const auto name = [&answer](std::size_t choice) { return answer.choices[choice].name; };
  for (const PairResult& pair : answer.overall)
    overall.push_back(pair_object(pair, name(pair.better), name(pair.worse)));
  for (const PairResult& pair : answer.pairs) {
    json object = {{"settings", settings_object(view, answer.settings[pair.setting].settings)}};
    object.update(pair_object(pair, name(pair.better), name(pair.worse)));
    by_setting.push_back(object);
  }
  for (const PairResult& pair : answer.to_first)
    with_first.push_back(pair_object(pair, point_number(view, pair.better), point_number(view, pair.worse)));
  return {{"averaged", overall}, {"by_setting", by_setting}, {"points_with_first", with_first}};
}

json choice_list(const SweepAnswer& answer) {
  json list = json::array();
  for (const ChoiceResult& choice : answer.choices) {
    list.push_back({{"name", choice.name},
                    {"value", estimate_object(choice.value)},
                    {"settings", answer.shared_settings},
                    {"rank", choice.rank > 0 ? json(choice.rank) : json()},
                    {"is_like_first", choice.is_like_first},
                    {"diverged", choice.diverged},
                    {"cost_s", number_or_null(choice.seconds)},
                    {"trainable_parameters", number_or_null(choice.parameters)}});
  }
  return list;
}

json importance_list(const SweepView& view, const SweepAnswer& answer) {
  json list = json::array();
  for (const AxisImportance& axis : answer.importance) {
    list.push_back({{"axis", view.started.axis(static_cast<int>(axis.axis)).name()},
                    {"share", axis.share},
                    {"p_value", axis.p_value},
                    {"groups", axis.groups},
                    {"is_binned", axis.is_binned}});
  }
  return list;
}

json axis_list(const SweepView& view) {
  json list = json::array();
  for (const AxisInfo& axis : view.started.axis()) {
    list.push_back({{"name", axis.name()},
                    {"field", text_or_null(axis.field())},
                    {"choices", std::vector<std::string>(axis.choice().begin(), axis.choice().end())}});
  }
  return list;
}

json sweep_object(const SweepView& view) {
  const SweepStarted& started = view.started;
  json states = json::object();
  for (int state = 0; state <= static_cast<int>(MemberState::kNotBegun); ++state)
    states[state_name(static_cast<MemberState>(state))] = view.count(static_cast<MemberState>(state));
  return {{"name", started.name()},
          {"id", started.id()},
          {"description", text_or_null(started.description())},
          {"status", view.is_finished ? "done" : "not finished"},
          {"member_count", view.members.size()},
          {"states", states},
          {"metric", started.metric()},
          {"metric_title", text_or_null(started.metric_title())},
          {"more_is_better", started.metric_is_max()},
          {"is_share", started.metric_is_share()},
          {"compare", view.compared >= 0 ? json(started.compare()) : json()},
          {"repeats", started.repeats()},
          {"wall_s", view.wall_seconds},
          {"command", text_or_null(started.command())},
          {"version", text_or_null(started.version())}};
}

json recommended_object(const SweepView& view, const SweepAnswer& answer) {
  if (!answer.recommendation) return {};
  return {{"point", point_number(view, answer.recommendation->point)},
          {"member", view.members[answer.recommendation->member].info.id()},
          {"reason", answer.recommendation->reason}};
}

// One line of a file's comment: no text may end the comment.
std::string comment(const std::string& text) { return "# " + line(text) + "\n"; }

}  // namespace

std::string reports::sweep_csv(const SweepView& view) {
  std::string text = csv_head(view);
  for (const MemberView& member : view.members) text += csv_row(view, member);
  return text;
}

std::string reports::sweep_json(const SweepView& view, const SweepAnswer& answer) {
  json object = sweep_object(view);
  object["head"] = answer.head;
  object["caveats"] = answer.caveats;
  object["recommended"] = recommended_object(view, answer);
  object["axes"] = axis_list(view);
  object["points"] = json::array();
  for (std::size_t point = 0; point < view.points.size(); ++point)
    object["points"].push_back(point_object(view, answer, point));
  object["choices"] = choice_list(answer);
  object["comparisons"] = comparison_object(view, answer);
  object["importance"] = importance_list(view, answer);
  object["seeds_share"] = number_or_null(answer.noise_share);
  object["rungs"] = json::array();
  for (const RungView& rung : view.rungs)
    object["rungs"].push_back({{"epochs", rung.epochs}, {"points", rung.points}, {"is_decided", rung.is_decided}});
  object["members"] = json::array();
  for (const MemberView& member : view.members) object["members"].push_back(member_object(view, member));
  object["unreadable"] = view.unreadable;
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string reports::sweep_recommended(const SweepView& view, const SweepAnswer& answer) {
  if (!answer.recommendation) return {};
  const Recommendation& recommended = *answer.recommendation;
  const PointResult& result = answer.points[recommended.point];
  const SweepStarted& started = view.started;
  std::string text = comment(recommended.reason);
  text += comment((started.metric_title().empty() ? started.metric() : started.metric_title()) + ": " +
                  estimate_text(view, result.value) + ".");
  text += comment("From the sweep " + started.name() + " (" + started.id() + "), its member " +
                  view.members[recommended.member].info.id() + ".");
  if (!view.is_finished) text += comment("The sweep was not finished when this was written.");
  return text + "\n" + view.members[recommended.member].config;
}

std::string render_sweep_json(const std::string& sweep_folder) {
  const SweepView view = load_sweep(sweep_folder);
  return sweep_json(view, answer_sweep(view));
}

}  // namespace thaw
