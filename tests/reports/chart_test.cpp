#include "reports/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/html.h"
#include "reports/interval_chart.h"
#include "reports/parallel_chart.h"
#include "reports/scatter_chart.h"
#include "tests/reports/page_checks.h"

namespace thaw::reports {
namespace {

using test::count_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

IntervalRow row(const std::string& label, double middle, double reach) {
  return {.label = label, .value = label, .middle = middle, .low = middle - reach, .high = middle + reach};
}

TEST(IntervalChart, AFewFarRowsDoNotSetTheScale) {
  IntervalChart chart{.id = "c", .title = "t"};
  chart.rows = {row("a", 0.861, 0.004), row("b", 0.85, 0.004), row("c", 0.84, 0.004), row("far", 0.3, 0.02)};
  const std::string svg = draw_intervals(chart);
  EXPECT_EQ(count_of(svg, "class=\"interval"), 3);
  EXPECT_THAT(svg, HasSubstr("l9 -5v10Z"));  // an arrow to the left
  EXPECT_THAT(svg, Not(HasSubstr(">0.3<")));
  // Most of them are no exception.
  chart.rows[1].middle = chart.rows[2].middle = 0.31;
  EXPECT_THAT(draw_intervals(chart), Not(HasSubstr("l9 -5v10Z")));
}

TEST(IntervalChart, NoDifferenceStaysInSight) {
  IntervalChart chart{.id = "c", .title = "t"};
  chart.mark = 0;
  chart.rows = {row("a", 0.4, 0.1), row("b", 0.6, 0.1), row("far", 40, 2)};
  const std::string svg = draw_intervals(chart);
  EXPECT_THAT(svg, HasSubstr("class=\"mark\""));
  EXPECT_THAT(svg, HasSubstr("l-9 -5v10Z"));
}

TEST(IntervalChart, OneRowWithoutAnIntervalIsDrawn) {
  IntervalChart chart{.id = "c", .title = "t"};
  chart.is_share = true;
  chart.rows = {{.label = "a", .value = "100 %", .middle = 1, .low = kNaN, .high = kNaN, .dots = {1, kNaN}}};
  const std::string svg = draw_intervals(chart);
  EXPECT_EQ(count_of(svg, "class=\"interval"), 0);
  EXPECT_THAT(svg, HasSubstr(">100%</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(IntervalChart, LongNamesLeaveRoomForTheValue) {
  IntervalChart chart{.id = "c", .title = "t"};
  chart.rows = {row(std::string(200, 'x'), 1, 0.1)};
  chart.rows[0].value = "84.1 % (83.0 to 85.2)";
  EXPECT_THAT(draw_intervals(chart), HasSubstr(">" + std::string(28, 'x') + "…</text>"));
}

TEST(LineChart, ABandIsDrawnAndWrittenInTheTable) {
  LineChart chart;
  chart.id = "c";
  chart.x = {20, 100, 500};
  chart.x_title = "training samples";
  chart.x_is_log = true;
  chart.text = [](double value) { return std::to_string(std::lround(value)); };
  chart.series = {{"a", {1, 5, kNaN}, 0, false, {0, 4, kNaN}, {3, 5, kNaN}}};
  const nlohmann::json values = chart_values(chart);
  EXPECT_THAT(values["svg"], HasSubstr("<path class=\"band s0\" d=\"M"));
  EXPECT_THAT(values["svg"], HasSubstr(">100</text>"));
  EXPECT_EQ(values["x_title"], "Training samples");
  EXPECT_EQ(values["rows"][0], nlohmann::json({{"x", "20"}, {"cells", {"1 (0 to 3)"}}, {"is_best", false}}));
}

TEST(LineChart, AValueThatStandsAloneIsADot) {
  LineChart chart;
  chart.id = "c";
  chart.x = {1, 2, 3, 4};
  chart.text = [](double) { return ""; };
  chart.series = {{"a", {0.5, kNaN, 0.5, 0.5}, 0, false}};
  chart.series[0].is_faint = true;
  const nlohmann::json values = chart_values(chart);
  EXPECT_EQ(count_of(values["svg"], "h0"), 1);
  EXPECT_THAT(values["svg"], HasSubstr("class=\"line s0 faint\""));
  EXPECT_TRUE(values["columns"].empty());
}

TEST(ScatterChart, TheFrontIsAStairway) {
  ScatterChart chart{.id = "c", .title = "t"};
  chart.has_front = true;
  for (const double x : {1.0, 2.0, 4.0}) chart.points.push_back({.x = x, .y = x, .name = "p", .is_marked = x != 2});
  const std::string svg = draw_scatter(chart);
  EXPECT_EQ(count_of(svg, "<path class=\"front\" d=\"M48 228H366V14H366\"/>"), 1) << svg;
}

TEST(ScatterChart, LeavesOutWhatHasNoPlace) {
  ScatterChart chart{.id = "c", .title = "t"};
  chart.x_is_log = true;
  chart.points = {
      {.x = 0, .y = 1, .name = "zero"}, {.x = kNaN, .y = 1, .name = "unknown"}, {.x = 2, .y = 1, .name = "ok"}};
  const std::string svg = draw_scatter(chart);
  EXPECT_EQ(count_of(svg, "<circle"), 1);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(ScatterChart, ManyPointsAreOnePath) {
  ScatterChart chart{.id = "c", .title = "t"};
  for (int i = 0; i < 1000; ++i) chart.points.push_back({.x = i * 1.0, .y = i % 7 * 1.0, .name = "p"});
  const std::string svg = draw_scatter(chart);
  EXPECT_EQ(count_of(svg, "class=\"dots"), 1);
  EXPECT_LT(svg.size(), 20'000u);
}

TEST(ParallelChart, BetterLinesAreDrawnOverWorseOnes) {
  ParallelChart chart{.id = "c", .title = "t"};
  chart.axes = {{"a", {{0, "low"}}}, {"b", {}}};
  chart.lines = {{{0, 1}, 4, "best"}, {{0.5, kNaN}, 0, "broken"}};
  const std::string svg = draw_parallel(chart);
  EXPECT_LT(svg.find("class=\"shade0\""), svg.find("class=\"shade4\""));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, HasSubstr("<title>best</title>"));
}

TEST(Plot, AxesHaveTicksWhateverTheirRange) {
  Range narrow;
  narrow.add(6.02);
  narrow.add(6.4);
  EXPECT_GE(setting_axis(narrow, true, 5).ticks.size(), 2u);
  Range wide;
  wide.add(1e-5);
  wide.add(1e-1);
  const Axis axis = setting_axis(wide, true, 5);
  EXPECT_EQ(axis.ticks.size(), 5u);
  EXPECT_EQ(tick_text(axis, 1e-4, false), "0.0001");
  EXPECT_EQ(tick_text(log_axis(1e5, 1e8), 2e6, false), "2M");
  EXPECT_EQ(tick_text(log_axis(10, 1e5), 2000, false), "2,000");
  Range same;
  same.add(1);
  const Axis share = value_axis(same, {.is_share = true});
  EXPECT_LE(share.high, 1);
  EXPECT_LT(share.low, 1);
}

TEST(Shortened, NeverCutsACharacter) {
  EXPECT_EQ(shortened("äöü", 3), "äöü");
  EXPECT_EQ(shortened("äöüß", 3), "äöü…");
  EXPECT_EQ(shortened("a\xff", 5), "a\ufffd");
}

TEST(Escape, ShowsWhatIsInvisible) {
  EXPECT_EQ(escape("a\u202Eb\u2066c\u2069d"), "a\ufffdb\ufffdc\ufffdd");
  EXPECT_EQ(escape("\u0085\u009f\u00a0\u200d\u2060"), "\ufffd\ufffd\u00a0\u200d\u2060");
}

TEST(LinkPath, LeadsNowhereElse) {
  EXPECT_EQ(link_path("../3f2a/report.html"), "../3f2a/report.html");
  EXPECT_EQ(link_path("javascript:alert(1)"), "javascript%3Aalert%281%29");
  EXPECT_EQ(link_path("//host/x?y#z"), ".//host/x%3Fy%23z");
  EXPECT_EQ(link_path("\xff \""), "%FF%20%22");
}

}  // namespace
}  // namespace thaw::reports
