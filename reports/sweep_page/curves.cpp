#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPanels = 12, kMostBands = 3;
constexpr std::size_t kMostFaint = 100;  // lines behind the others

LineChart empty_chart(const SweepPage& page, const std::string& id, const std::string& title) {
  LineChart chart;
  chart.id = id;
  chart.title = title;
  chart.is_share = page.scale().is_share;
  chart.may_be_log = page.scale().may_be_log;
  chart.text = [&page](double value) { return page.view.text(value); };
  return chart;
}

// Curves begin and end where they like: a chart has one row for each epoch that any of them has.
class Lines {
 public:
  void add(Series line, CurveBand band) {
    for (const double epoch : band.epochs) rows_[epoch] = 0;
    lines_.emplace_back(std::move(line), std::move(band));
  }

  void put_into(LineChart& chart) {
    for (auto& [epoch, row] : rows_) {
      row = chart.x.size();
      chart.x.push_back(epoch);
    }
    for (auto& [line, band] : lines_) {
      line.values = line.low = line.high = std::vector<double>(chart.x.size(), kUnknown);
      for (std::size_t i = 0; i < band.epochs.size(); ++i) {
        const std::size_t row = rows_[band.epochs[i]];
        line.values[row] = band.mean[i];
        line.low[row] = band.low[i];
        line.high[row] = band.high[i];
      }
      chart.series.push_back(std::move(line));
    }
  }

  bool are_curves() const { return rows_.size() > 1; }

 private:
  std::map<double, std::size_t> rows_;
  std::vector<std::pair<Series, CurveBand>> lines_;
};

std::string describe(const SweepPage& page, const LineChart& chart) {
  std::string text = page.metric() + " over " + count_text(static_cast<std::int64_t>(chart.x.size())) + " epochs.";
  for (const Series& line : chart.series) {
    const auto last = std::find_if(line.values.rbegin(), line.values.rend(), [](double v) { return std::isfinite(v); });
    if (!line.is_faint && last != line.values.rend())
      text += " " + line.name + ": " + page.view.text(*last) + " at last.";
  }
  return text;
}

json setting_charts(const SweepPage& page) {
  json charts = json::array();
  const auto& settings = page.answer.settings;
  for (std::size_t setting = 0; setting < std::min(settings.size(), kMostPanels); ++setting) {
    Lines lines;
    for (std::size_t choice = 0; choice < page.answer.choices.size(); ++choice) {
      const ChoiceResult& result = page.answer.choices[choice];
      if (setting >= result.points.size() || result.points[setting] < 0) continue;
      lines.add({result.name, {}, static_cast<int>(choice) % kStyles, false},
                curve_band(page.view, static_cast<std::size_t>(result.points[setting])));
    }
    if (!lines.are_curves()) continue;
    const std::string& label = settings[setting].label;
    LineChart chart = empty_chart(page, "curve-" + std::to_string(setting + 1), label.empty() ? page.metric() : label);
    lines.put_into(chart);
    chart.description = describe(page, chart);
    charts.push_back(chart_values(chart));
  }
  return charts;
}

// Bands of many would hide them all.
CurveBand without_band(CurveBand band) {
  band.low.assign(band.low.size(), kUnknown);
  band.high.assign(band.high.size(), kUnknown);
  return band;
}

// Where nothing is compared: the best combinations in front of the others.
json single_chart(const SweepPage& page, json& key) {
  std::vector<std::size_t> order = page.answer.ranking;
  for (std::size_t point = 0; point < page.view.points.size(); ++point) {
    if (page.answer.points[point].rank == 0) order.push_back(point);
  }
  Lines lines;
  const std::size_t named = std::min({order.size(), page.answer.ranking.size(), kMostNamedLines});
  // Evenly over the ranking, the worst one first.
  const std::size_t others = order.size() - named, faint = std::min(others, kMostFaint);
  for (std::size_t i = faint; i > 0; --i) {
    const std::size_t point = order[named + (i - 1) * others / faint];
    Series line{page.view.points[point].label, {}, 5, false};
    line.is_faint = true;
    lines.add(std::move(line), without_band(curve_band(page.view, point)));
  }
  for (std::size_t i = named; i > 0; --i) {
    const std::string name = page.view.points[order[i - 1]].label;
    CurveBand band = curve_band(page.view, order[i - 1]);
    if (i > kMostBands) band = without_band(std::move(band));
    lines.add({name, {}, static_cast<int>(i - 1), false}, std::move(band));
  }
  json charts = json::array();
  if (!lines.are_curves()) return charts;
  LineChart chart = empty_chart(page, "curve-1", page.metric());
  chart.is_wide = true;
  lines.put_into(chart);
  chart.description = describe(page, chart);
  charts.push_back(chart_values(chart));
  order.resize(named);
  key = point_key(page, order);
  return charts;
}

std::string left_out(const SweepPage& page) {
  const std::size_t settings = page.answer.settings.size(), points = page.view.points.size();
  if (page.compares())
    return settings > kMostPanels ? count_text(static_cast<std::int64_t>(settings - kMostPanels)) + " more settings"
                                  : "";
  const std::size_t shown = kMostNamedLines + kMostFaint;
  return points > shown ? count_text(static_cast<std::int64_t>(points - shown)) + " more combinations" : "";
}

}  // namespace

json sweep_curves_section(const SweepPage& page) {
  json key = choice_key(page);
  const json charts = page.compares() ? setting_charts(page) : single_chart(page, key);
  if (charts.empty()) return {};
  return {{"metric", page.metric()},
          {"charts", charts},
          {"key", key},
          {"is_single", !page.compares()},
          {"bands", page.compares() ? "" : " (of the best " + std::to_string(kMostBands) + ")"},
          {"has_bands", page.view.started.repeats() > 1},
          {"left_out", left_out(page)}};
}

}  // namespace thaw::reports
