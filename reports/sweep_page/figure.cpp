#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"
#include "reports/sweep_words.h"
#include "reports/unit_chart.h"

namespace thaw::reports {

namespace fs = std::filesystem;
using nlohmann::json;

std::string SweepPage::metric() const {
  const SweepStarted& started = view.started;
  return started.metric_title().empty() ? started.metric() : started.metric_title();
}

std::string SweepPage::link(const std::string& path) const {
  if (path.empty() || to_sweep.empty()) return link_path(path);
  return link_path(fs::path(to_sweep + path).lexically_normal().generic_string());
}

std::string SweepPage::link_to_file(const std::string& name) const {
  std::error_code error;
  return fs::is_regular_file(fs::path(view.folder) / name, error) ? link(name) : "";
}

int SweepPage::choice_of(std::size_t point) const {
  for (std::size_t choice = 0; choice < answer.choices.size(); ++choice) {
    for (const int of_choice : answer.choices[choice].points) {
      if (of_choice == static_cast<int>(point)) return static_cast<int>(choice);
    }
  }
  return -1;
}

int SweepPage::style_of(std::size_t point) const {
  const int choice = choice_of(point);
  return choice < 0 ? 0 : choice % kStyles;
}

bool SweepPage::is_judged() const {
  return !answer.ranking.empty() && answer.points[answer.ranking.front()].value.count > 1;
}

Interval SweepPage::possible(const Interval& interval) const {
  if (!interval.is_known() || !scale().is_share) return interval;
  return {std::clamp(interval.low, 0.0, 1.0), std::clamp(interval.high, 0.0, 1.0)};
}

std::string SweepPage::estimate_text(const Estimate& estimate) const {
  const std::string mean = view.text(estimate.mean), interval = interval_text(view, estimate.interval);
  return interval.empty() ? mean : mean + " (" + interval + ")";
}

json figure_values(const Figure& figure) {
  json columns = json::array(), rows = json::array();
  for (const Figure::Column& column : figure.columns)
    columns.push_back({{"text", column.text}, {"class", column.is_number ? "n" : ""}});
  for (const auto& row : figure.rows) {
    json cells = json::array();
    for (std::size_t i = 1; i < row.size(); ++i) {
      const bool is_number = i < figure.columns.size() && figure.columns[i].is_number;
      cells.push_back({{"text", row[i]}, {"class", is_number ? "n" : ""}});
    }
    rows.push_back({{"name", row.empty() ? "" : row[0]}, {"cells", cells}});
  }
  const auto hidden = static_cast<std::int64_t>(figure.hidden_rows);
  return {{"id", figure.id},
          {"title", figure.title},
          {"svg", figure.svg},
          {"note", figure.note},
          {"has_own_width", figure.has_own_width},
          {"columns", columns},
          {"has_rows", !figure.rows.empty()},
          {"rows", rows},
          {"hidden", hidden > 0 ? "And " + count_text(hidden) + " more: members.csv has them all." : ""}};
}

json choice_key(const SweepPage& page) {
  json key = json::array();
  if (!page.compares()) return key;
  for (std::size_t choice = 0; choice < page.answer.choices.size(); ++choice) {
    key.push_back(
        {{"swatch", marked_swatch(static_cast<int>(choice) % kStyles)}, {"text", page.answer.choices[choice].name}});
  }
  return key;
}

json point_key(const SweepPage& page, const std::vector<std::size_t>& points) {
  json key = json::array();
  for (std::size_t i = 0; i < points.size(); ++i)
    key.push_back({{"swatch", marked_swatch(static_cast<int>(i))}, {"text", page.view.points[points[i]].label}});
  return key;
}

}  // namespace thaw::reports
