#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/number_text.h"
#include "reports/scatter_chart.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostTableRows = 100, kMostNumbers = 9;

// One chart of values against a cost.
struct Cost {
  std::string id, title, x_title, noun;
  std::function<double(const PointResult&)> of;
  std::function<bool(const PointResult&)> is_on_front;
  std::function<std::string(double)> text;
};

std::string whole(double value) { return std::isfinite(value) ? count_text(std::llround(value)) : "–"; }

bool differs(const SweepPage& page, const Cost& cost) {
  std::set<double> values;
  for (const std::size_t point : page.answer.ranking) {
    const double value = cost.of(page.answer.points[point]);
    if (std::isfinite(value)) values.insert(value);
  }
  return values.size() > 1;
}

std::vector<std::size_t> by_cost(const SweepPage& page, const Cost& cost) {
  std::vector<std::size_t> order = page.answer.ranking;
  std::erase_if(order, [&](std::size_t point) { return !std::isfinite(cost.of(page.answer.points[point])); });
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return cost.of(page.answer.points[a]) < cost.of(page.answer.points[b]);
  });
  return order;
}

Figure table_of(const SweepPage& page, const Cost& cost, const std::vector<std::size_t>& order) {
  Figure figure{.id = cost.id, .title = cost.title};
  figure.columns = {{"Combination", false}, {cost.noun}, {page.metric()}, {"Front", false}};
  for (const std::size_t point : order) {
    const PointResult& result = page.answer.points[point];
    if (figure.rows.size() == kMostTableRows) break;
    figure.rows.push_back({page.view.points[point].label, cost.text(cost.of(result)), page.estimate_text(result.value),
                           cost.is_on_front(result) ? "on it" : ""});
  }
  figure.hidden_rows = order.size() - figure.rows.size();
  return figure;
}

std::string front_text(const SweepPage& page, const Cost& cost, const std::vector<std::size_t>& order,
                       bool is_numbered) {
  std::string text;
  std::size_t number = 0, hidden = 0;
  for (const std::size_t point : order) {
    const PointResult& result = page.answer.points[point];
    if (!cost.is_on_front(result)) continue;
    if (++number > kMostNumbers) {
      ++hidden;
      continue;
    }
    text += (text.empty() ? "" : "; ") + (is_numbered ? std::to_string(number) + " " : "") +
            page.view.points[point].label + ": " + page.view.text(result.value.mean) + ", " +
            cost.text(cost.of(result));
  }
  if (hidden > 0) text += "; and " + count_text(static_cast<std::int64_t>(hidden)) + " more";
  return text.empty() ? text : "On the front: " + text + ".";
}

json scatter_against(const SweepPage& page, const Cost& cost) {
  ScatterChart chart{.id = cost.id, .title = cost.title, .x_title = cost.x_title};
  chart.x_is_log = chart.has_front = true;
  chart.scale = page.scale();
  const std::vector<std::size_t> order = by_cost(page, cost);
  std::size_t number = 0;
  for (const std::size_t point : order) {
    const PointResult& result = page.answer.points[point];
    const Interval interval = page.possible(result.value.interval);
    ScatterPoint drawn{cost.of(result), result.value.mean, interval.low, interval.high, page.style_of(point)};
    drawn.name = page.view.points[point].label + ": " + page.estimate_text(result.value) + ", " + cost.text(drawn.x);
    drawn.is_marked = cost.is_on_front(result);
    if (drawn.is_marked && ++number <= kMostNumbers) drawn.number = std::to_string(number);
    chart.points.push_back(std::move(drawn));
  }
  Figure figure = table_of(page, cost, order);
  figure.note = front_text(page, cost, order, true);
  chart.description = page.metric() + " of each combination against its " + cost.noun + ". " + figure.note;
  figure.svg = draw_scatter(chart);
  return figure_values(figure);
}

// One line for each choice, if a choice has one point for each number of samples.
bool makes_lines(const SweepPage& page) {
  std::set<std::pair<int, double>> seen;
  for (const std::size_t point : page.answer.ranking) {
    if (!seen.insert({page.choice_of(point), page.answer.points[point].samples}).second) return false;
  }
  return true;
}

json lines_against_samples(const SweepPage& page, const Cost& cost) {
  LineChart chart;
  chart.id = cost.id;
  chart.title = cost.title;
  chart.x_title = cost.x_title;
  chart.x_is_log = true;
  chart.is_share = page.scale().is_share;
  chart.may_be_log = page.scale().may_be_log;
  chart.text = [&page](double value) { return page.view.text(value); };
  const std::vector<std::size_t> order = by_cost(page, cost);
  for (const std::size_t point : order) {
    const double samples = cost.of(page.answer.points[point]);
    if (chart.x.empty() || chart.x.back() < samples) chart.x.push_back(samples);
  }
  const int choices = page.compares() ? static_cast<int>(page.answer.choices.size()) : 1;
  for (int choice = 0; choice < choices; ++choice) {
    Series line;
    line.name = page.compares() ? page.answer.choices[static_cast<std::size_t>(choice)].name : page.metric();
    line.values = line.low = line.high = std::vector<double>(chart.x.size(), kUnknown);
    line.style = choice % kStyles;
    line.in_legend = false;
    for (const std::size_t point : order) {
      if (page.compares() && page.choice_of(point) != choice) continue;
      const PointResult& result = page.answer.points[point];
      const auto at =
          static_cast<std::size_t>(std::lower_bound(chart.x.begin(), chart.x.end(), cost.of(result)) - chart.x.begin());
      line.values[at] = result.value.mean;
      const Interval interval = page.possible(result.value.interval);
      line.low[at] = interval.low;
      line.high[at] = interval.high;
    }
    chart.series.push_back(std::move(line));
  }
  const std::string front = front_text(page, cost, order, false);
  chart.description = page.metric() + " of each choice against the number of training samples. " + front;
  json values = chart_values(chart);
  values["note"] = front;
  return values;
}

Cost sample_cost() {
  return {"cost-samples",
          "Against training samples",
          "training samples",
          "Training samples",
          [](const PointResult& result) { return result.samples; },
          [](const PointResult& result) { return result.is_on_sample_front; },
          [](double value) { return whole(value) + " samples"; }};
}

Cost time_cost() {
  return {"cost-time",
          "Against time",
          "seconds a run",
          "Time of a run",
          [](const PointResult& result) { return result.seconds; },
          [](const PointResult& result) { return result.is_on_time_front; },
          [](double value) { return seconds_text(value); }};
}

Cost parameter_cost() {
  return {"cost-parameters",
          "Against trained parameters",
          "trained parameters",
          "Trained parameters",
          [](const PointResult& result) { return result.parameters; },
          [](const PointResult& result) { return result.is_on_parameter_front; },
          [](double value) { return whole(value) + " parameters"; }};
}

}  // namespace

json sweep_costs_section(const SweepPage& page) {
  json lines = json::array(), figures = json::array();
  const Cost samples = sample_cost();
  if (differs(page, samples)) {
    if (makes_lines(page)) {
      lines.push_back(lines_against_samples(page, samples));
    } else {
      figures.push_back(scatter_against(page, samples));
    }
  }
  for (const Cost& cost : {time_cost(), parameter_cost()}) {
    if (differs(page, cost)) figures.push_back(scatter_against(page, cost));
  }
  if (lines.empty() && figures.empty()) return {};
  return {{"lines", lines}, {"figures", figures}, {"key", choice_key(page)}, {"meaning", cost_text()}};
}

}  // namespace thaw::reports
