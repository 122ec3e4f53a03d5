#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/interval_chart.h"
#include "reports/number_text.h"
#include "reports/sections.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPanels = 12, kMostRows = 20, kMostTableRows = 100;

IntervalRow row_of(const SweepPage& page, std::size_t point, const std::string& label) {
  const PointResult& result = page.answer.points[point];
  return {.label = label,
          .value = page.estimate_text(result.value),
          .middle = result.value.mean,
          .low = result.value.interval.low,
          .high = result.value.interval.high,
          .dots = result.values,
          .style = page.style_of(point)};
}

std::vector<std::string> cells_of(const SweepPage& page, std::size_t point, const std::string& label,
                                  const std::string& remark) {
  const PointResult& result = page.answer.points[point];
  const Estimate& value = result.value;
  const auto seeds = static_cast<std::int64_t>(page.view.points[point].members.size());
  const bool is_whole = value.count == seeds;
  return {label, page.view.text(value.mean),
          value.interval.is_known() ? page.view.text(value.interval.low) + " to " + page.view.text(value.interval.high)
                                    : "–",
          is_whole ? count_text(seeds) : count_text(value.count) + " of " + count_text(seeds), remark};
}

std::vector<Figure::Column> columns(const std::string& heading) {
  return {{heading, false}, {"Mean"}, {"95 % interval"}, {"Seeds"}, {"", false}};
}

// Whether two points of one setting can be told apart, by their choices.
bool can_be_told(const SweepAnswer& answer, int setting, std::size_t one, std::size_t other) {
  return std::any_of(answer.pairs.begin(), answer.pairs.end(), [&](const PairResult& pair) {
    const bool is_this = (pair.better == one && pair.worse == other) || (pair.better == other && pair.worse == one);
    return pair.setting == setting && is_this && pair.is_distinguishable;
  });
}

// Choices that have a value at a setting, the best one first.
std::vector<std::size_t> order_at(const SweepPage& page, std::size_t setting) {
  std::vector<std::size_t> order;
  const auto& choices = page.answer.choices;
  const auto mean = [&](std::size_t choice) {
    return page.answer.points[static_cast<std::size_t>(choices[choice].points[setting])].value.mean;
  };
  for (std::size_t choice = 0; choice < choices.size(); ++choice) {
    const bool is_there = setting < choices[choice].points.size() && choices[choice].points[setting] >= 0;
    if (is_there && std::isfinite(mean(choice))) order.push_back(choice);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return page.is_max() ? mean(a) > mean(b) : mean(a) < mean(b); });
  return order;
}

struct Panel {
  IntervalChart chart;
  Figure figure;
};

Panel panel_at(const SweepPage& page, std::size_t setting) {
  Panel panel;
  const std::string& label = page.answer.settings[setting].label;
  panel.figure.id = "ranking-" + std::to_string(setting + 1);
  panel.figure.title = label.empty() ? page.metric() : label;
  panel.figure.columns = columns("Choice");
  const std::vector<std::size_t> order = order_at(page, setting);
  for (const std::size_t choice : order) {
    const auto point = static_cast<std::size_t>(page.answer.choices[choice].points[setting]);
    IntervalRow row = row_of(page, point, page.answer.choices[choice].name);
    const bool is_first = choice == order.front();
    row.is_strong = is_first;
    row.is_open = !is_first && can_be_told(page.answer, static_cast<int>(setting), order.front(), choice);
    panel.figure.rows.push_back(cells_of(page, point, row.label,
                                         is_first      ? "best"
                                         : row.is_open ? "worse than the best"
                                                       : "not distinguishable from the best"));
    panel.chart.rows.push_back(std::move(row));
  }
  return panel;
}

Panel overall_panel(const SweepPage& page) {
  Panel panel;
  panel.figure.id = "ranking-overall";
  panel.figure.title = "Mean over all settings";
  panel.figure.columns = columns("Choice");
  std::vector<std::size_t> order;
  for (std::size_t choice = 0; choice < page.answer.choices.size(); ++choice) {
    if (page.answer.choices[choice].rank > 0) order.push_back(choice);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return page.answer.choices[a].rank < page.answer.choices[b].rank;
  });
  for (const std::size_t choice : order) {
    const ChoiceResult& result = page.answer.choices[choice];
    const Estimate& value = result.value;
    const bool is_first = choice == order.front();
    IntervalRow row{.label = result.name,
                    .value = page.estimate_text(value),
                    .middle = value.mean,
                    .low = value.interval.low,
                    .high = value.interval.high,
                    .style = static_cast<int>(choice) % kStyles,
                    .is_open = !is_first && !result.is_like_first,
                    .is_strong = is_first};
    panel.figure.rows.push_back({row.label, page.view.text(value.mean),
                                 value.interval.is_known()
                                     ? page.view.text(value.interval.low) + " to " + page.view.text(value.interval.high)
                                     : "–",
                                 count_text(value.count),
                                 is_first               ? "best"
                                 : result.is_like_first ? "not distinguishable from the best"
                                                        : "worse than the best"});
    panel.chart.rows.push_back(std::move(row));
  }
  return panel;
}

// Where no choices are compared: the best points, in two columns of equal length if they are many.
std::vector<Panel> point_panels(const SweepPage& page) {
  const auto& ranking = page.answer.ranking;
  const std::size_t shown = std::min(kMostRows, ranking.size());
  const std::size_t in_each = shown > 8 ? (shown + 1) / 2 : shown;
  std::vector<Panel> panels;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i % in_each == 0) {
      panels.emplace_back();
      panels.back().figure.id = "ranking-" + std::to_string(panels.size());
      panels.back().figure.title =
          "Rank " + std::to_string(i + 1) + " to " + std::to_string(std::min(i + in_each, shown));
      panels.back().figure.columns = columns("Combination");
    }
    const PointResult& result = page.answer.points[ranking[i]];
    IntervalRow row = row_of(page, ranking[i], page.view.points[ranking[i]].label);
    row.is_strong = i == 0;
    row.is_open = i > 0 && !result.is_like_first;
    panels.back().figure.rows.push_back(cells_of(page, ranking[i], row.label,
                                                 i == 0        ? "best"
                                                 : row.is_open ? "worse than the best"
                                                               : "not distinguishable from the best"));
    panels.back().chart.rows.push_back(std::move(row));
  }
  return panels;
}

std::string describe(const Panel& panel) {
  std::string text;
  for (const IntervalRow& row : panel.chart.rows) text += (text.empty() ? "" : "; ") + row.label + " " + row.value;
  return text + ".";
}

// All panels on one axis, so that they can be compared.
json drawn(const SweepPage& page, std::vector<Panel>& panels) {
  Range range;
  for (const Panel& panel : panels) {
    for (const IntervalRow& row : panel.chart.rows) add_to_range(range, row);
  }
  json figures = json::array();
  for (Panel& panel : panels) {
    if (panel.chart.rows.empty()) continue;
    panel.chart.id = panel.figure.id;
    panel.chart.title = panel.figure.title;
    panel.chart.description = describe(panel);
    panel.chart.x_title = page.metric();
    panel.chart.range = range;
    panel.chart.is_share = page.scale().is_share;
    panel.figure.svg = draw_intervals(panel.chart);
    figures.push_back(figure_values(panel.figure));
  }
  return figures;
}

json table_of(const SweepPage& page) {
  json rows = json::array();
  for (const std::size_t point : page.answer.ranking) {
    if (rows.size() == kMostTableRows) break;
    const PointResult& result = page.answer.points[point];
    rows.push_back({{"rank", count_text(result.rank)},
                    {"label", page.view.points[point].label},
                    {"value", page.estimate_text(result.value)},
                    {"value_key", plain_text(result.value.mean)},
                    {"time_key", std::isfinite(result.seconds) ? plain_text(result.seconds) : ""},
                    {"seeds", count_text(result.value.count)},
                    {"time", seconds_text(result.seconds)},
                    {"trained", std::isfinite(result.parameters) ? count_text(std::llround(result.parameters)) : "–"},
                    {"is_like_first", result.is_like_first},
                    {"is_first", point == page.answer.ranking.front()}});
  }
  return rows;
}

}  // namespace

json sweep_ranking_section(const SweepPage& page) {
  const auto& ranking = page.answer.ranking;
  if (ranking.empty()) return {};
  std::vector<Panel> panels;
  const std::size_t settings = page.answer.settings.size();
  if (page.compares()) {
    if (settings > 1) panels.push_back(overall_panel(page));
    for (std::size_t setting = 0; setting < std::min(settings, kMostPanels); ++setting)
      panels.push_back(panel_at(page, setting));
  } else {
    panels = point_panels(page);
  }
  const std::size_t hidden_panels = page.compares() && settings > kMostPanels ? settings - kMostPanels : 0;
  const std::size_t hidden_rows = ranking.size() - std::min(ranking.size(), kMostTableRows);
  std::string note;
  if (hidden_panels > 0)
    note = "And " + count_text(static_cast<std::int64_t>(hidden_panels)) + " more settings, in the table.";
  if (!page.compares() && ranking.size() > kMostRows) {
    note = "And " + count_text(static_cast<std::int64_t>(ranking.size() - kMostRows)) +
           " more combinations, in the table.";
  }
  return {{"metric", page.metric()},
          {"direction", page.is_max() ? "More is better." : "Less is better."},
          {"has_seeds", page.view.started.repeats() > 1},
          {"figures", drawn(page, panels)},
          {"note", note},
          {"count", count_text(static_cast<std::int64_t>(ranking.size()))},
          {"rows", table_of(page)},
          {"hidden", hidden_rows > 0 ? count_text(static_cast<std::int64_t>(hidden_rows)) : ""}};
}

}  // namespace thaw::reports
