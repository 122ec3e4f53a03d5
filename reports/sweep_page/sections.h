#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reports/chart.h"
#include "reports/plot.h"
#include "reports/sweep_answer.h"
#include "reports/sweep_view.h"

namespace thaw::reports {

/// What every part of the page is made from.
struct SweepPage {
  const SweepView& view;
  const SweepAnswer& answer;
  std::string to_sweep = {};  ///< from the page's folder to the sweep's, "../runs/digits/sweep-1/"; empty: the same

  bool compares() const { return answer.choices.size() > 1; }
  /// Whether there are seeds enough to tell combinations apart.
  bool is_judged() const;
  /// "images", "learning_rate".
  std::string axis_name(std::size_t axis) const { return view.axis_text(axis); }
  bool is_max() const { return view.started.metric_is_max(); }
  ValueScale scale() const { return {view.started.metric_is_share(), !view.started.metric_is_share() && !is_max()}; }
  /// "Accuracy"; the metric's full name where its title is missing.
  std::string metric() const;
  /// Of a path from the sweep's folder, for a link. Empty stays empty.
  std::string link(const std::string& path) const;
  /// The same of a file in the sweep's folder; empty if it is not there.
  std::string link_to_file(const std::string& name) const;
  /// The choice of the compared axis that a point has; -1: none is compared.
  int choice_of(std::size_t point) const;
  /// The look of a point in every chart: that of its choice.
  int style_of(std::size_t point) const;
  /// An interval as it is drawn: it may reach beyond what a share can be, the drawing must not.
  Interval possible(const Interval& interval) const;
  /// "84.1 % (83.0 to 85.2)"; without the interval where there is none.
  std::string estimate_text(const Estimate& estimate) const;
};

/// A drawing with its title and the table behind it: what template figure.html shows.
struct Figure {
  struct Column {
    std::string text;
    bool is_number = true;
  };
  std::string id, title, svg = {}, note = {};
  std::vector<Column> columns = {};  ///< the first one is the rows' heading
  std::vector<std::vector<std::string>> rows = {};
  std::size_t hidden_rows = 0;  ///< left out, because there are too many
  bool has_own_width = false;   ///< at its own width, which may be scrolled
};
nlohmann::json figure_values(const Figure& figure);

/// Names with the look they have in the charts: a legend beside them.
nlohmann::json choice_key(const SweepPage& page);
/// The same of combinations, the i-th of which has the look i.
nlohmann::json point_key(const SweepPage& page, const std::vector<std::size_t>& points);
inline constexpr std::size_t kMostNamedLines = 8;

/// What a member's process said last: the last line of logs/ID.txt. Empty: nothing.
std::string last_log_line(const std::string& folder, const std::string& id);
bool has_log(const std::string& folder, const std::string& id);

// The values of the page's parts: one function for each template of the name sweep_*.html. Null: the part is left out.

nlohmann::json sweep_recommended_section(const SweepPage& page);
nlohmann::json sweep_ranking_section(const SweepPage& page);
nlohmann::json sweep_comparisons_section(const SweepPage& page);
nlohmann::json sweep_costs_section(const SweepPage& page);
nlohmann::json sweep_curves_section(const SweepPage& page);
nlohmann::json sweep_axes_section(const SweepPage& page);
nlohmann::json sweep_rungs_section(const SweepPage& page);
nlohmann::json sweep_members_section(const SweepPage& page);
nlohmann::json sweep_failures_section(const SweepPage& page);
nlohmann::json sweep_configs_section(const SweepPage& page);
nlohmann::json sweep_work_section(const SweepPage& page);
nlohmann::json sweep_again_section(const SweepPage& page);

}  // namespace thaw::reports
