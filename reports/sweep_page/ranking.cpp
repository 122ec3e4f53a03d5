#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/interval_chart.h"
#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"
#include "reports/sweep_words.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPanels = 12, kMostRows = 20, kMostTableRows = 100;
constexpr std::size_t kMostInColumn = 8;  // rows; more stand in two columns

// How a row of the ranking stands to the best one.
enum class Standing { kBest, kLikeBest, kWorse, kBetterInCommon, kDiverged, kOneSeed, kNotCompared };

std::string standing_text(Standing standing) {
  switch (standing) {
    case Standing::kBest:
      return "best";
    case Standing::kLikeBest:
      return "not distinguishable from the best";
    case Standing::kWorse:
      return "worse than the best";
    case Standing::kBetterInCommon:
      return "better than the best in the seeds that both have";
    case Standing::kDiverged:
      return "diverged with some seeds";
    case Standing::kOneSeed:
      return "fewer than two seeds in common: cannot be judged";
    case Standing::kNotCompared:
      break;
  }
  return "not compared with the best";
}

// What the comparisons say, and no more: of many choices not every pair is among them.
Standing standing_of(const std::vector<PairResult>& pairs, int setting, std::size_t best, std::size_t other) {
  if (best == other) return Standing::kBest;
  for (const PairResult& pair : pairs) {
    const bool is_it = (pair.better == best && pair.worse == other) || (pair.better == other && pair.worse == best);
    if (!is_it || pair.setting != setting) continue;
    if ((pair.better == other ? pair.diverged_better : pair.diverged_worse) > 0) return Standing::kDiverged;
    if (pair.difference.count < 2) return Standing::kOneSeed;
    if (!pair.is_distinguishable) return Standing::kLikeBest;
    return pair.worse == other ? Standing::kWorse : Standing::kBetterInCommon;
  }
  return Standing::kNotCompared;
}

// Dots with an interval each, and the table behind them.
struct Panel {
  Figure figure;
  IntervalChart chart;
};

Panel new_panel(const std::string& id, const std::string& title, const std::string& heading) {
  Panel panel{{.id = id, .title = title}, {.id = id, .title = title}};
  panel.figure.columns = {{heading, false}, {"Mean"}, {"95 % interval"}, {"Seeds"}, {"", false}};
  return panel;
}

void add_row(const SweepPage& page, const std::string& label, const Estimate& value, Standing standing, Panel& panel) {
  const Interval drawn = page.possible(value.interval);
  IntervalRow row{
      .label = label, .value = page.estimate_text(value), .middle = value.mean, .low = drawn.low, .high = drawn.high};
  row.is_strong = standing == Standing::kBest;
  row.is_open = standing == Standing::kWorse || standing == Standing::kDiverged;
  const std::string interval = interval_text(page.view, value.interval);
  panel.figure.rows.push_back({label, page.view.text(value.mean), interval.empty() ? "–" : interval,
                               count_text(value.count), standing_text(standing)});
  panel.chart.description += (panel.chart.description.empty() ? "" : "; ") + label + " " + row.value;
  panel.chart.rows.push_back(std::move(row));
}

void add_point(const SweepPage& page, std::size_t point, const std::string& label, Standing standing, Panel& panel) {
  const PointResult& result = page.answer.points[point];
  add_row(page, label, result.value, standing, panel);
  panel.chart.rows.back().dots = result.values;
  panel.chart.rows.back().style = page.style_of(point);
  const std::size_t seeds = page.view.points[point].members.size();
  std::string& count = panel.figure.rows.back()[3];
  if (result.value.count < static_cast<int>(seeds)) count += " of " + count_text(static_cast<std::int64_t>(seeds));
  if (result.diverged > 0) count += ", " + count_text(result.diverged) + " diverged";
}

// Choices that have a value at a setting, the best one first.
std::vector<std::size_t> order_at(const SweepPage& page, std::size_t setting) {
  std::vector<std::size_t> order;
  const auto& choices = page.answer.choices;
  const auto rank = [&](std::size_t choice) {
    const int point = choices[choice].points[setting];
    return point < 0 ? 0 : page.answer.points[static_cast<std::size_t>(point)].rank;
  };
  for (std::size_t choice = 0; choice < choices.size(); ++choice) {
    if (rank(choice) > 0) order.push_back(choice);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  return order;
}

Panel panel_at(const SweepPage& page, std::size_t setting) {
  const SettingGroup& group = page.answer.settings[setting];
  Panel panel =
      new_panel("ranking-" + std::to_string(setting + 1), group.label.empty() ? page.metric() : group.label, "Choice");
  const std::vector<std::size_t> order = order_at(page, setting);
  const std::size_t best = group.best >= 0 ? static_cast<std::size_t>(group.best) : order.empty() ? 0 : order.front();
  for (const std::size_t choice : order) {
    const Standing standing = standing_of(page.answer.pairs, static_cast<int>(setting), best, choice);
    const auto point = static_cast<std::size_t>(page.answer.choices[choice].points[setting]);
    add_point(page, point, page.answer.choices[choice].name, standing, panel);
  }
  return panel;
}

Standing standing_of(const SweepPage& page, std::size_t point) {
  return standing_of(page.answer.to_first, -1, page.answer.ranking.front(), point);
}

Panel overall_panel(const SweepPage& page) {
  const auto& choices = page.answer.choices;
  const auto settings = static_cast<std::int64_t>(page.answer.settings.size());
  const bool has_all = page.answer.shared_settings == settings;
  Panel panel = new_panel("ranking-overall",
                          has_all ? "Mean over all settings"
                                  : "Mean over " + count_text(page.answer.shared_settings) + " settings that all have",
                          "Choice");
  std::vector<std::size_t> order;
  for (std::size_t choice = 0; choice < choices.size(); ++choice) {
    if (choices[choice].rank > 0) order.push_back(choice);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return choices[a].rank < choices[b].rank; });
  for (const std::size_t choice : order) {
    const ChoiceResult& result = choices[choice];
    add_row(page, result.name, result.value, standing_of(page.answer.overall, -1, order.front(), choice), panel);
    panel.chart.rows.back().style = static_cast<int>(choice) % kStyles;
  }
  return panel;
}

// Where no choices are compared: the best points, in two columns of equal length if they are many.
std::vector<Panel> point_panels(const SweepPage& page) {
  const auto& ranking = page.answer.ranking;
  const std::size_t shown = std::min(kMostRows, ranking.size());
  const std::size_t in_each = shown > kMostInColumn ? (shown + 1) / 2 : shown;
  std::vector<Panel> panels;
  Range all;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i % in_each == 0) {
      const std::size_t last = std::min(i + in_each, shown);
      panels.push_back(new_panel("ranking-" + std::to_string(panels.size() + 1),
                                 "Rank " + std::to_string(i + 1) + (last > i + 1 ? " to " + std::to_string(last) : ""),
                                 "Combination"));
      panels.back().chart.is_wide = true;
    }
    add_point(page, ranking[i], page.view.points[ranking[i]].label, standing_of(page, ranking[i]), panels.back());
  }
  for (const Panel& panel : panels) all.add(shown_range(panel.chart));
  for (Panel& panel : panels) panel.chart.least = all;
  return panels;
}

json drawn(const SweepPage& page, std::vector<Panel>& panels) {
  json figures = json::array();
  for (Panel& panel : panels) {
    if (panel.chart.rows.empty()) continue;
    panel.chart.x_title = page.metric();
    panel.chart.is_share = page.scale().is_share;
    panel.figure.svg = draw_intervals(panel.chart);
    figures.push_back(figure_values(panel.figure));
  }
  return figures;
}

json table_of(const SweepPage& page) {
  json rows = json::array();
  const auto known = [](double value) { return std::isfinite(value) ? plain_text(value) : ""; };
  for (const std::size_t point : page.answer.ranking) {
    if (rows.size() == kMostTableRows) break;
    const PointResult& result = page.answer.points[point];
    rows.push_back({{"rank", count_text(result.rank)},
                    {"label", page.view.points[point].label},
                    {"value", page.estimate_text(result.value)},
                    {"value_key", known(result.value.mean)},
                    {"seeds", count_text(result.value.count)},
                    {"time", seconds_text(result.seconds)},
                    {"time_key", known(result.seconds)},
                    {"trained_key", known(result.parameters)},
                    {"trained", std::isfinite(result.parameters) ? count_text(std::llround(result.parameters)) : "–"},
                    {"standing", standing_text(standing_of(page, point))},
                    {"is_first", point == page.answer.ranking.front()}});
  }
  return rows;
}

std::string more(std::size_t count, const std::string& what) {
  return "And " + count_text(static_cast<std::int64_t>(count)) + " more " + what + ", in the table.";
}

}  // namespace

json sweep_ranking_section(const SweepPage& page) {
  const auto& ranking = page.answer.ranking;
  if (ranking.empty()) return {};
  std::vector<Panel> panels;
  std::string note;
  const std::size_t settings = page.answer.settings.size();
  if (page.compares()) {
    if (settings > 1 && page.answer.shared_settings > 0) panels.push_back(overall_panel(page));
    for (std::size_t setting = 0; setting < std::min(settings, kMostPanels); ++setting)
      panels.push_back(panel_at(page, setting));
    if (settings > kMostPanels) note = more(settings - kMostPanels, "settings");
  } else {
    panels = point_panels(page);
    if (ranking.size() > kMostRows) note = more(ranking.size() - kMostRows, "combinations");
  }
  const std::size_t hidden = ranking.size() - std::min(ranking.size(), kMostTableRows);
  return {{"metric", page.metric()},
          {"direction", page.is_max() ? "More is better." : "Less is better."},
          {"is_judged", page.is_judged()},
          {"is_wide", !page.compares()},
          {"figures", drawn(page, panels)},
          {"note", note},
          {"count", count_text(static_cast<std::int64_t>(ranking.size()))},
          {"rows", table_of(page)},
          {"hidden", hidden > 0 ? count_text(static_cast<std::int64_t>(hidden)) : ""}};
}

}  // namespace thaw::reports
