#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "reports/number_text.h"
#include "reports/parallel_chart.h"
#include "reports/scatter_chart.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostCharts = 9, kMostUprights = 10, kMostPointed = 300, kMostTableRows = 100;
constexpr std::size_t kMostListed = 12, kMostOwnTicks = 6;
constexpr double kLogFromRatio = 20;
constexpr double kLeastTickGap = 0.12;  // of the axis: a number with four decimals needs it

bool has_numbers(const AxisInfo& axis) { return axis.choice().empty(); }

std::size_t axis_count(const SweepPage& page) { return static_cast<std::size_t>(page.view.started.axis_size()); }

const AxisInfo& axis_at(const SweepPage& page, std::size_t axis) {
  return page.view.started.axis(static_cast<int>(axis));
}

double number_of(const SweepPage& page, std::size_t point, std::size_t axis) {
  const auto& settings = page.view.points[point].settings;
  return axis < settings.size() && settings[axis].has_number() ? settings[axis].number() : kUnknown;
}

// An axis as it is best seen: logarithmic where it is varied so, or where a few listed numbers span orders of
// magnitude. Few numbers have their own ticks.
struct NumberAxis {
  Axis axis;
  bool is_log = false;
};

// Both ends, and between them what does not run into its neighbours.
std::vector<double> own_ticks(const Axis& axis, const std::set<double>& values) {
  std::vector<double> ticks;
  const double last = *values.rbegin();
  for (const double value : values) {
    const double place = axis.position(value);
    const bool is_free = ticks.empty() || place - axis.position(ticks.back()) >= kLeastTickGap;
    if (value == last || (is_free && axis.position(last) - place >= kLeastTickGap)) ticks.push_back(value);
  }
  return ticks;
}

NumberAxis number_axis(const SweepPage& page, std::size_t axis) {
  std::set<double> values;
  Range range;
  for (std::size_t point = 0; point < page.view.points.size(); ++point) {
    const double value = number_of(page, point, axis);
    if (std::isfinite(value)) values.insert(value);
    range.add(value);
  }
  const bool is_list = values.size() > 2 && values.size() <= kMostListed;
  const bool is_log = axis_at(page, axis).is_logarithmic() ||
                      (is_list && range.low() > 0 && range.high() >= kLogFromRatio * range.low());
  NumberAxis found{setting_axis(range, is_log, 5), is_log};
  if (values.size() <= kMostOwnTicks && values.size() > 1) found.axis.ticks = own_ticks(found.axis, values);
  return found;
}

// Axes of numbers in the order in which they matter, as far as that is known.
std::vector<std::size_t> ordered_axes(const SweepPage& page) {
  std::vector<std::size_t> order;
  for (const AxisImportance& importance : page.answer.importance) order.push_back(importance.axis);
  for (std::size_t axis = 0; axis < axis_count(page); ++axis) {
    if (std::find(order.begin(), order.end(), axis) == order.end()) order.push_back(axis);
  }
  std::erase_if(order, [&](std::size_t axis) { return axis >= axis_count(page); });
  return order;
}

// Points, the best one first, with the values that are weighed against their settings: after successive halving those
// that all had at the first rung.
struct Weighed {
  std::vector<std::size_t> points;
  std::vector<Estimate> values;
};

Weighed weighed(const SweepPage& page) {
  Weighed found;
  if (page.view.rungs.empty()) {
    found.points = page.answer.ranking;
    for (const std::size_t point : found.points) found.values.push_back(page.answer.points[point].value);
    return found;
  }
  const RungDecided& first = page.view.rungs.front().decision;
  for (int i = 0; i < std::min(first.point_size(), first.value_size()); ++i) {
    const auto point = page.view.find_point(first.point(i));
    if (!point || !std::isfinite(first.value(i))) continue;
    found.points.push_back(*point);
    Estimate& value = found.values.emplace_back();
    value.count = 1;
    value.mean = first.value(i);
  }
  return found;
}

// An upright and where on it each point is.
struct Upright {
  ParallelAxis drawn;
  std::vector<double> places;  ///< beside the points' order
};

void put_numbers(Upright& upright, const std::vector<double>& values, const Axis& axis, bool is_share) {
  for (const double tick : axis.ticks)
    upright.drawn.ticks.emplace_back(axis.position(tick), tick_text(axis, tick, is_share));
  for (const double value : values) upright.places.push_back(std::isfinite(value) ? axis.position(value) : kUnknown);
}

// Lines that share a choice are spread a little, in the order of their values: a bundle is seen for what it is.
void put_choices(Upright& upright, const SweepPage& page, const std::vector<std::size_t>& order, std::size_t axis) {
  const AxisInfo& info = axis_at(page, axis);
  const double count = info.choice_size(), room = 0.5 / count;
  for (int choice = 0; choice < info.choice_size(); ++choice)
    upright.drawn.ticks.emplace_back((choice + 0.5) / count, info.choice(choice));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& settings = page.view.points[order[i]].settings;
    const std::string text = axis < settings.size() ? settings[axis].text() : "";
    const auto found = std::find(info.choice().begin(), info.choice().end(), text);
    if (found == info.choice().end()) {
      upright.places.push_back(kUnknown);
      continue;
    }
    const double spread = order.size() < 2 ? 0 : 0.5 - static_cast<double>(i) / static_cast<double>(order.size() - 1);
    upright.places.push_back((static_cast<double>(found - info.choice().begin()) + 0.5) / count + room * spread);
  }
}

Upright upright_of(const SweepPage& page, const std::vector<std::size_t>& order, std::size_t axis) {
  const AxisInfo& info = axis_at(page, axis);
  Upright upright;
  upright.drawn.name = page.axis_name(axis);
  if (!has_numbers(info)) {
    put_choices(upright, page, order, axis);
    return upright;
  }
  std::vector<double> values;
  for (const std::size_t point : order) values.push_back(number_of(page, point, axis));
  put_numbers(upright, values, number_axis(page, axis).axis, false);
  return upright;
}

Upright value_upright(const SweepPage& page, const Weighed& all) {
  Upright upright;
  upright.drawn.name = page.metric();
  Range range;
  std::vector<double> values;
  for (const Estimate& value : all.values) values.push_back(value.mean);
  range.add(values);
  put_numbers(upright, values, value_axis(range, page.scale()), page.scale().is_share);
  return upright;
}

// One table for all of them: settings and value, the best first.
Figure settings_table(const SweepPage& page, const Weighed& all, const std::vector<std::size_t>& axes) {
  Figure figure;
  figure.columns = {{"Rank"}};
  for (const std::size_t axis : axes)
    figure.columns.push_back({page.axis_name(axis), has_numbers(axis_at(page, axis))});
  figure.columns.push_back({page.metric()});
  for (std::size_t i = 0; i < std::min(all.points.size(), kMostTableRows); ++i) {
    std::vector<std::string> row = {count_text(static_cast<std::int64_t>(i) + 1)};
    for (const std::size_t axis : axes) row.push_back(page.view.setting_text(all.points[i], axis));
    row.push_back(page.estimate_text(all.values[i]));
    figure.rows.push_back(std::move(row));
  }
  figure.hidden_rows = all.points.size() - figure.rows.size();
  return figure;
}

json parallel_figure(const SweepPage& page, const Weighed& all) {
  const auto& order = all.points;
  std::vector<std::size_t> axes(std::min(axis_count(page), kMostUprights));
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  const auto numbers =
      std::count_if(axes.begin(), axes.end(), [&](std::size_t axis) { return has_numbers(axis_at(page, axis)); });
  // Two axes, one of them of choices, are told by the charts above.
  if (numbers < 1 || numbers + static_cast<std::ptrdiff_t>(axes.size()) < 4 || order.size() < 3) return {};
  ParallelChart chart{.id = "parallel", .title = "All combinations at once"};
  chart.lines.resize(order.size());
  const auto add = [&chart](Upright upright) {
    chart.axes.push_back(std::move(upright.drawn));
    for (std::size_t i = 0; i < chart.lines.size(); ++i) chart.lines[i].places.push_back(upright.places[i]);
  };
  for (const std::size_t axis : axes) add(upright_of(page, order, axis));
  add(value_upright(page, all));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t fifth = i * kParallelShades / order.size();
    chart.lines[i].shade = kParallelShades - 1 - static_cast<int>(fifth);
    if (order.size() <= kMostPointed) {
      chart.lines[i].name = page.view.points[order[i]].label + ": " + page.estimate_text(all.values[i]);
    }
  }
  // The best one is drawn last.
  std::reverse(chart.lines.begin(), chart.lines.end());
  Figure figure = settings_table(page, all, axes);
  figure.id = chart.id;
  figure.title = chart.title;
  figure.has_own_width = true;
  figure.note =
      "A line is a combination; its colour says in which fifth of the ranking it is, the strongest being the best.";
  if (axis_count(page) > axes.size())
    figure.note += " The first " + std::to_string(axes.size()) + " axes; the table of members has all.";
  chart.description = figure.note + " The best one: " + page.view.points[order.front()].label + ".";
  figure.svg = draw_parallel(chart);
  return figure_values(figure);
}

json effect_figure(const SweepPage& page, const Weighed& all, std::size_t axis) {
  ScatterChart chart{.id = "effect-" + std::to_string(axis + 1), .title = page.axis_name(axis)};
  const NumberAxis numbers = number_axis(page, axis);
  chart.x_axis = numbers.axis;
  chart.x_is_log = numbers.is_log;
  chart.scale = page.scale();
  Range seen;
  bool is_samples = true;
  for (std::size_t i = 0; i < all.points.size(); ++i) {
    const std::size_t point = all.points[i];
    const Estimate& value = all.values[i];
    const Interval interval = page.possible(value.interval);
    ScatterPoint drawn{number_of(page, point, axis), value.mean, interval.low, interval.high, page.style_of(point)};
    drawn.name = page.view.points[point].label + ": " + page.estimate_text(value);
    seen.add(drawn.x);
    is_samples = is_samples && drawn.x == page.answer.points[point].samples;
    chart.points.push_back(std::move(drawn));
  }
  // That chart is among the costs.
  if (chart.points.size() < 3 || !(seen.high() > seen.low()) || is_samples) return {};
  Figure figure = settings_table(page, all, {axis});
  figure.id = chart.id;
  figure.title = chart.title;
  if (chart.x_is_log) figure.note = "Logarithmic scale.";
  chart.x_title = shortened(chart.title, 40);
  chart.description = page.metric() + " of each combination against " + chart.title + ".";
  figure.svg = draw_scatter(chart);
  return figure_values(figure);
}

json importance_rows(const SweepPage& page) {
  json rows = json::array();
  for (const AxisImportance& importance : page.answer.importance) {
    if (importance.axis >= axis_count(page)) continue;
    const double share = std::isfinite(importance.share) ? std::clamp(importance.share, 0.0, 1.0) : 0;
    const double p = importance.p_value;
    rows.push_back({{"name", page.axis_name(importance.axis)},
                    {"share", share_text(share)},
                    {"percent", fixed_text(100 * share, 1)},
                    {"p", !std::isfinite(p) ? "–"
                          : p < 0.001       ? "<0.001"
                                            : fixed_text(p, 3)},
                    {"groups", count_text(importance.groups) + (importance.is_binned ? " bins" : " values")},
                    {"is_clear", p < 0.05}});
  }
  return rows;
}

}  // namespace

json sweep_axes_section(const SweepPage& page) {
  json figures = json::array();
  std::size_t hidden = 0;
  const Weighed all = weighed(page);
  for (const std::size_t axis : ordered_axes(page)) {
    if (!has_numbers(axis_at(page, axis))) continue;
    const json figure = effect_figure(page, all, axis);
    if (figure.is_null()) continue;
    if (figures.size() < kMostCharts) {
      figures.push_back(figure);
    } else {
      ++hidden;
    }
  }
  json parallel = json::array();
  if (const json figure = parallel_figure(page, all); !figure.is_null()) parallel.push_back(figure);
  const json importance = importance_rows(page);
  if (figures.empty() && parallel.empty() && importance.empty()) return {};
  const double noise = page.answer.noise_share;
  const int epochs = page.answer.importance_epochs;
  return {{"metric", page.metric()},
          {"after", epochs > 0 ? counted_text(epochs, "epoch") : ""},
          {"parallel", parallel},
          {"figures", figures},
          {"has_figures", !figures.empty()},
          {"key", figures.empty() ? json::array() : choice_key(page)},
          {"has_importance", !importance.empty()},
          {"importance", importance},
          {"noise", std::isfinite(noise) ? share_text(std::clamp(noise, 0.0, 1.0)) : ""},
          {"hidden", hidden > 0 ? count_text(static_cast<std::int64_t>(hidden)) : ""}};
}

}  // namespace thaw::reports
