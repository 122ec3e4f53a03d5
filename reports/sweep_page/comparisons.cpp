#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/interval_chart.h"
#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"
#include "reports/sweep_pairs.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPanels = 12, kMostRows = 10, kMostTableRows = 300;
constexpr std::size_t kMostWords = 6, kMostSettingWords = 20;

using Pairs = std::vector<PairResult>;

// "fine-tune − frozen"; of points, which the best one is better than, or not, the other's name.
std::string label_of(const SweepPage& page, const PairResult& pair) {
  if (page.compares()) return page.answer.choices[pair.better].name + " − " + page.answer.choices[pair.worse].name;
  return page.view.points[pair.worse].label;
}

// A difference of shares is counted in points, of anything else in its own unit.
double in_points(const SweepPage& page, double difference) {
  return page.scale().is_share ? 100 * difference : difference;
}

std::string interval_of(const SweepPage& page, const PairResult& pair) {
  const Interval& interval = pair.difference.interval;
  if (!interval.is_known()) return "–";
  return difference_text(page.view, interval.low) + " to " + difference_text(page.view, interval.high);
}

std::string p_text(double p) {
  if (!std::isfinite(p)) return "–";
  return p < 0.001 ? "<0.001" : fixed_text(p, 3);
}

std::string probability_text(const PairResult& pair) {
  if (!std::isfinite(pair.probability)) return "–";
  std::string text = share_text(pair.probability);
  const Interval& interval = pair.probability_interval;
  if (interval.is_known()) text += " (" + share_range_text(interval.low, interval.high) + ")";
  return text;
}

IntervalRow row_of(const SweepPage& page, const PairResult& pair) {
  return {.label = label_of(page, pair),
          .value = difference_text(page.view, pair.difference.mean),
          .middle = in_points(page, pair.difference.mean),
          .low = in_points(page, pair.difference.interval.low),
          .high = in_points(page, pair.difference.interval.high),
          .style = page.compares() ? static_cast<int>(pair.better) % kStyles : 0,
          .is_open = !pair.is_distinguishable,
          .is_strong = pair.is_distinguishable};
}

std::string standing_text(const PairResult& pair) {
  if (pair.is_distinguishable) return "distinguishable";
  return can_be_judged(pair) && pair.diverged_better == 0 ? "not distinguishable" : "not judged";
}

std::vector<std::string> cells_of(const SweepPage& page, const PairResult& pair) {
  return {label_of(page, pair),     difference_text(page.view, pair.difference.mean),
          interval_of(page, pair),  count_text(pair.difference.count),
          probability_text(pair),   p_text(pair.p_value),
          p_text(pair.corrected_p), standing_text(pair)};
}

struct Panel {
  std::string id, title;
  Pairs pairs;
};

bool is_judged(const Pairs& pairs) {
  return std::any_of(pairs.begin(), pairs.end(), [](const PairResult& pair) { return pair.difference.count > 1; });
}

// Of many pairs those with the best choice: what is left says how the others do among themselves.
Pairs most_wanted(const Pairs& pairs) {
  if (pairs.size() <= kMostRows) return pairs;
  std::vector<std::size_t> wins;
  for (const PairResult& pair : pairs) {
    if (pair.better >= wins.size()) wins.resize(pair.better + 1);
    ++wins[pair.better];
  }
  const auto best = static_cast<std::size_t>(std::max_element(wins.begin(), wins.end()) - wins.begin());
  Pairs wanted;
  for (const PairResult& pair : pairs) {
    if (pair.better == best && wanted.size() < kMostRows) wanted.push_back(pair);
  }
  return wanted;
}

std::vector<Panel> panels_of(const SweepPage& page) {
  std::vector<Panel> panels;
  const auto add = [&panels](const std::string& id, const std::string& title, Pairs pairs) {
    std::erase_if(pairs, [](const PairResult& pair) { return !std::isfinite(pair.difference.mean); });
    if (!pairs.empty()) panels.push_back({id, title, std::move(pairs)});
  };
  const auto at = [&page](int setting) {
    Pairs found;
    for (const PairResult& pair : page.answer.pairs) {
      if (pair.setting == setting) found.push_back(pair);
    }
    return found;
  };
  if (!page.compares()) {
    if (page.answer.ranking.empty()) return panels;
    Pairs pairs;
    for (const PairResult& pair : page.answer.to_first) pairs.push_back(seen_from(page.answer.ranking.front(), pair));
    add("difference-1", "The first one minus", std::move(pairs));
    return panels;
  }
  const auto& settings = page.answer.settings;
  const bool have_all =
      std::all_of(page.answer.overall.begin(), page.answer.overall.end(),
                  [&](const PairResult& pair) { return pair.strata == static_cast<int>(settings.size()); });
  if (settings.size() > 1) {
    add("difference-overall", have_all ? "Mean over all settings" : "Mean over the settings that both have",
        page.answer.overall);
  }
  for (std::size_t i = 0; i < settings.size(); ++i) {
    add("difference-" + std::to_string(i + 1), settings[i].label.empty() ? page.metric() : settings[i].label,
        at(static_cast<int>(i)));
  }
  return panels;
}

json figure_of(const SweepPage& page, const Panel& panel) {
  IntervalChart chart{.id = panel.id, .title = panel.title};
  chart.mark = 0;
  chart.x_title = page.scale().is_share ? "points better" : "better by";
  chart.is_wide = !page.compares();
  for (const PairResult& pair : most_wanted(panel.pairs)) {
    chart.rows.push_back(row_of(page, pair));
    chart.description += (chart.description.empty() ? "" : "; ") + chart.rows.back().label + " " +
                         chart.rows.back().value + ", 95 % interval " + interval_of(page, pair);
  }
  Figure figure{.id = panel.id, .title = panel.title, .svg = draw_intervals(chart)};
  const std::size_t hidden = panel.pairs.size() - chart.rows.size();
  if (hidden > 0) figure.note = "And " + count_text(static_cast<std::int64_t>(hidden)) + " more, in the table.";
  figure.columns = {{page.compares() ? "Difference" : "The first one, against", false},
                    {"Mean"},
                    {"95 % interval"},
                    {"Seeds"},
                    {"P(better)"},
                    {"p"},
                    {"p, after Holm"},
                    {"", false}};
  for (const PairResult& pair : panel.pairs) {
    if (figure.rows.size() == kMostTableRows) break;
    figure.rows.push_back(cells_of(page, pair));
  }
  figure.hidden_rows = panel.pairs.size() - figure.rows.size();
  return figure_values(figure);
}

// Those that can be told apart first.
json words_of(const Pairs& pairs, std::size_t most) {
  json words = json::array();
  for (const bool is_distinguishable : {true, false}) {
    for (const PairResult& pair : pairs) {
      if (pair.is_distinguishable == is_distinguishable && !pair.words.empty() && words.size() < most)
        words.push_back({{"text", pair.words}, {"is_clear", is_distinguishable}});
    }
  }
  return words;
}

// Of every setting, where the words above are of their mean.
json words_by_setting(const std::vector<Panel>& panels) {
  json settings = json::array();
  for (std::size_t i = 1; i < panels.size(); ++i) {
    if (settings.size() == kMostPanels) break;
    settings.push_back({{"title", panels[i].title}, {"words", words_of(panels[i].pairs, kMostSettingWords)}});
  }
  return settings;
}

}  // namespace

json sweep_comparisons_section(const SweepPage& page) {
  const std::vector<Panel> panels = panels_of(page);
  if (panels.empty()) return {};
  json figures = json::array();
  for (const Panel& panel : panels) {
    if (figures.size() < kMostPanels && is_judged(panel.pairs)) figures.push_back(figure_of(page, panel));
  }
  const json settings = words_by_setting(panels);
  const std::size_t hidden = panels.size() - std::min(panels.size(), kMostPanels);
  return {{"is_judged", !figures.empty()},
          {"is_wide", !page.compares()},
          {"figures", figures},
          {"words", words_of(panels.front().pairs, figures.empty() ? 1 : kMostWords)},
          {"has_settings", !figures.empty() && !settings.empty()},
          {"settings", settings},
          {"hidden", hidden > 0 ? count_text(static_cast<std::int64_t>(hidden)) : ""}};
}

}  // namespace thaw::reports
