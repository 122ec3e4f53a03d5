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

// Decisions come from a file: only points that are there count.
std::vector<std::pair<std::size_t, double>> entries(const SweepPage& page, const RungView& rung) {
  std::vector<std::pair<std::size_t, double>> found;
  for (int i = 0; i < std::min(rung.decision.point_size(), rung.decision.value_size()); ++i) {
    if (size(rung.decision.point(i)) < page.view.points.size() && rung.decision.point(i) >= 0)
      found.emplace_back(rung.decision.point(i), rung.decision.value(i));
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
    if (rung.is_decided && !taking_part.empty()) {
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
json rung_chart(const SweepPage& page) {
  LineChart chart;
  chart.id = "rungs-chart";
  chart.title = page.metric() + " at the rungs";
  chart.x_title = "epochs";
  chart.x_is_log = chart.is_wide = true;
  chart.is_share = page.scale().is_share;
  chart.may_be_log = page.scale().may_be_log;
  chart.text = [&page](double value) { return page.view.text(value); };
  std::map<std::size_t, std::vector<double>> values;
  for (const RungView& rung : page.view.rungs) {
    if (!rung.is_decided || rung.epochs <= 0) continue;
    if (!chart.x.empty() && rung.epochs <= chart.x.back()) continue;
    chart.x.push_back(rung.epochs);
    for (const auto& [point, value] : entries(page, rung)) {
      values[point].resize(chart.x.size(), kUnknown);
      values[point].back() = value;
    }
  }
  if (chart.x.size() < 2) return {};
  std::size_t survivors = 0;
  std::vector<Series> front;
  for (auto& [point, line] : values) {
    const bool is_survivor = line.size() == chart.x.size() && std::isfinite(line.back());
    line.resize(chart.x.size(), kUnknown);
    Series series{page.view.points[point].label, line, is_survivor ? static_cast<int>(survivors % kStyles) : 5, false};
    series.is_faint = !is_survivor;
    if (is_survivor) {
      ++survivors;
      front.push_back(std::move(series));
    } else if (chart.series.size() < kMostFaint) {
      chart.series.push_back(std::move(series));
    }
  }
  chart.series.insert(chart.series.end(), front.begin(), front.end());
  chart.description = "Each line is a combination; it ends at the rung where it was left behind. " +
                      count_text(static_cast<std::int64_t>(survivors)) + " reached the last rung.";
  json drawn = chart_values(chart);
  drawn["note"] = chart.description;
  return drawn;
}

}  // namespace

json sweep_rungs_section(const SweepPage& page) {
  if (page.view.rungs.empty()) return {};
  json charts = json::array();
  if (const json chart = rung_chart(page); !chart.is_null()) charts.push_back(chart);
  return {{"rows", rung_rows(page)}, {"charts", charts}};
}

}  // namespace thaw::reports
