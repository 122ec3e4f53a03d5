#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostFaint = 400;

std::size_t size(int count) { return static_cast<std::size_t>(std::max(count, 0)); }

// Who took part and with what value, the best one first. Decisions come from a file: only points that are there count.
// Nothing is decided at the last rung: it has the results.
std::vector<std::pair<std::size_t, double>> entries(const SweepPage& page, const RungView& rung) {
  std::vector<std::pair<std::size_t, double>> found;
  if (!rung.is_decided && &rung == &page.view.rungs.back()) {
    for (const std::size_t point : page.answer.ranking) found.emplace_back(point, page.answer.points[point].value.mean);
  }
  for (int i = 0; i < std::min(rung.decision.point_size(), rung.decision.value_size()); ++i) {
    if (const auto point = page.view.find_point(rung.decision.point(i)))
      found.emplace_back(*point, rung.decision.value(i));
  }
  return found;
}

json rung_rows(const SweepPage& page) {
  json rows = json::array();
  for (std::size_t i = 0; i < page.view.rungs.size(); ++i) {
    const RungView& rung = page.view.rungs[i];
    const auto taking_part = entries(page, rung);
    const bool is_last = i + 1 == page.view.rungs.size();
    const std::size_t promoted = std::min(size(rung.decision.promoted()), taking_part.size());
    json row = {{"rung", std::to_string(i + 1)},
                {"epochs", count_text(rung.epochs)},
                {"points", count_text(rung.points)},
                {"promoted", "–"},
                {"best", "–"},
                {"least", "–"},
                {"decided", is_last           ? "the last one"
                            : rung.is_decided ? ""
                                              : "not decided yet"}};
    if (!taking_part.empty()) {
      row["best"] =
          page.view.text(taking_part.front().second) + ", " + page.view.points[taking_part.front().first].label;
      row["promoted"] = is_last ? "–" : count_text(static_cast<std::int64_t>(promoted));
      if (promoted > 0 && !is_last) row["least"] = page.view.text(taking_part[promoted - 1].second);
    }
    rows.push_back(row);
  }
  return rows;
}

// Each combination's value at the rungs that it took part in: the line ends where it was left behind.
json rung_chart(const SweepPage& page, json& key) {
  LineChart chart;
  chart.id = "rungs-chart";
  chart.title = page.metric() + " at the rungs";
  chart.x_title = "epochs";
  chart.x_is_log = chart.is_wide = true;
  chart.is_share = page.scale().is_share;
  chart.may_be_log = page.scale().may_be_log;
  chart.text = [&page](double value) { return page.view.text(value); };
  std::map<std::size_t, std::vector<double>> values;
  const RungView* last_rung = nullptr;
  for (const RungView& rung : page.view.rungs) {
    const auto taking_part = entries(page, rung);
    if (taking_part.empty() || rung.epochs <= 0 || (!chart.x.empty() && rung.epochs <= chart.x.back())) continue;
    chart.x.push_back(rung.epochs);
    last_rung = &rung;
    for (const auto& [point, value] : taking_part) {
      values[point].resize(chart.x.size(), kUnknown);
      values[point].back() = value;
    }
  }
  if (chart.x.size() < 2) return {};
  // The best at the last rung have the looks of the ranking.
  std::vector<std::pair<std::size_t, double>> last = entries(page, *last_rung);
  std::vector<std::size_t> survivors;
  for (const auto& [point, value] : last) {
    if (std::isfinite(value)) survivors.push_back(point);
  }
  for (auto& [point, line] : values) {
    line.resize(chart.x.size(), kUnknown);
    const bool is_behind = std::find(survivors.begin(), survivors.end(), point) == survivors.end();
    if (!is_behind || chart.series.size() >= kMostFaint) continue;
    Series& series = chart.series.emplace_back(Series{page.view.points[point].label, line, 5, false});
    series.is_faint = true;
  }
  for (std::size_t i = survivors.size(); i > 0; --i) {
    const std::size_t point = survivors[i - 1];
    chart.series.push_back({page.view.points[point].label, values[point], static_cast<int>((i - 1) % kStyles), false});
  }
  chart.description = "Each line is a combination; it ends at the rung where it was left behind. " +
                      count_text(static_cast<std::int64_t>(survivors.size())) + " reached the last one.";
  survivors.resize(std::min(survivors.size(), kMostNamedLines));
  key = point_key(page, survivors);
  json drawn = chart_values(chart);
  drawn["note"] = chart.description;
  return drawn;
}

}  // namespace

json sweep_rungs_section(const SweepPage& page) {
  if (page.view.rungs.empty()) return {};
  json charts = json::array(), key = json::array();
  if (const json chart = rung_chart(page, key); !chart.is_null()) charts.push_back(chart);
  return {{"rows", rung_rows(page)}, {"charts", charts}, {"key", key}};
}

}  // namespace thaw::reports
