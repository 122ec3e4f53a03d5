#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sections.h"
#include "reports/unit_chart.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr int kMostTableClasses = 30;  // numbers in cells; beyond, a picture with the numbers behind it
constexpr int kMostMatrixClasses = 100;
constexpr std::size_t kMostScoreRows = 40;
constexpr std::size_t kMostConfusions = 10;
constexpr std::size_t kMostCurves = 6;
constexpr int kMostPoints = 1000;
constexpr int kMostBins = 1000;

// One of the style sheet's eleven shades; anything above nothing gets at least the first.
int shade(std::int64_t count, std::int64_t row_total) {
  if (count <= 0 || row_total <= 0) return 0;
  return std::max(1, static_cast<int>(10.0 * static_cast<double>(count) / static_cast<double>(row_total)));
}

std::int64_t row_total(const Confusion& confusion, int truth) {
  std::int64_t total = 0;
  for (int predicted = 0; predicted < confusion.classes; ++predicted) total += confusion.at(truth, predicted);
  return total;
}

json matrix(const RecordView& view, const Confusion& confusion) {
  if (confusion.classes > kMostMatrixClasses) return {};
  const bool is_large = confusion.classes > kMostTableClasses;
  json names = json::array(), rows = json::array();
  for (int truth = 0; truth < confusion.classes; ++truth) {
    names.push_back(view.class_name(truth));
    const std::int64_t total = row_total(confusion, truth);
    json cells = json::array();
    for (int predicted = 0; predicted < confusion.classes; ++predicted) {
      const std::int64_t count = confusion.at(truth, predicted);
      const std::string kind = truth == predicted ? "hit" : "miss";
      // What is empty goes without a class where there are thousands of cells.
      const std::string name = is_large && count == 0 ? "" : kind + std::to_string(shade(count, total));
      cells.push_back({{"count", count > 0 ? count_text(count) : ""}, {"class", name}});
    }
    rows.push_back({{"name", view.class_name(truth)}, {"cells", cells}});
  }
  return {{"names", names}, {"rows", rows}, {"is_large", is_large}};
}

json heat_map(const RecordView& view, const Confusion& confusion, const std::string& id) {
  if (confusion.classes <= kMostTableClasses || confusion.classes > kMostMatrixClasses) return {};
  HeatMap map{"heat-" + id, "Confusion matrix", "", {}, {}};
  std::int64_t right = 0, all = 0;
  for (int truth = 0; truth < confusion.classes; ++truth) {
    map.names.push_back(view.class_name(truth));
    const std::int64_t total = row_total(confusion, truth);
    right += confusion.at(truth, truth);
    all += total;
    for (int predicted = 0; predicted < confusion.classes; ++predicted) {
      map.shades.push_back(shade(confusion.at(truth, predicted), total));
    }
  }
  map.description = count_text(right) + " of " + count_text(all) + " answers stand on the diagonal: they are right.";
  return {{"id", map.id}, {"svg", draw_heat_map(map)}};
}

json most_confused(const RecordView& view, const Confusion& confusion) {
  std::vector<std::size_t> pairs;
  for (std::size_t i = 0; i < confusion.counts.size(); ++i) {
    const bool is_right = i / confusion.classes == i % confusion.classes;
    if (!is_right && confusion.counts[i] > 0) pairs.push_back(i);
  }
  const std::size_t shown = std::min(pairs.size(), kMostConfusions);
  std::partial_sort(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(shown), pairs.end(),
                    [&confusion](std::size_t a, std::size_t b) {
                      return std::pair(-confusion.counts[a], a) < std::pair(-confusion.counts[b], b);
                    });
  json rows = json::array();
  for (std::size_t i = 0; i < shown; ++i) {
    rows.push_back({{"truth", view.class_name(static_cast<int>(pairs[i] / confusion.classes))},
                    {"predicted", view.class_name(static_cast<int>(pairs[i] % confusion.classes))},
                    {"count", count_text(confusion.counts[pairs[i]])}});
  }
  return rows;
}

double area_of(bool has_it, double area) {
  return has_it && area >= 0 && area <= 1 ? area : std::numeric_limits<double>::quiet_NaN();
}

// Runs of old have the confusion matrix alone.
std::vector<ClassScore> scores_of(const OutputEvaluation& output, const std::optional<Confusion>& confusion) {
  std::vector<ClassScore> scores;
  for (const thaw::ClassScore& score : output.class_score()) {
    const auto count = [](std::int64_t value) { return std::clamp<std::int64_t>(value, 0, std::int64_t{1} << 60); };
    scores.push_back(
        score_class(count(score.true_positives()), count(score.false_positives()), count(score.false_negatives())));
    scores.back().label = score.label();
    scores.back().roc_auc = area_of(score.has_roc_auc(), score.roc_auc());
    scores.back().average_precision = area_of(score.has_pr_auc(), score.pr_auc());
  }
  if (scores.empty() && confusion) scores = score_classes(*confusion);
  return scores;
}

bool has_areas(const std::vector<ClassScore>& scores) {
  return std::any_of(scores.begin(), scores.end(),
                     [](const ClassScore& score) { return std::isfinite(score.roc_auc + score.average_precision); });
}

std::string area_text(double area) { return std::isfinite(area) ? fixed_text(area, 4) : "–"; }

// Those that need looking at first: the lowest F1.
json score_rows(const RecordView& view, std::vector<ClassScore> scores, bool with_areas) {
  const auto f1 = [](const ClassScore& score) { return std::isnan(score.f1) ? 2.0 : score.f1; };
  std::stable_sort(scores.begin(), scores.end(),
                   [&f1](const ClassScore& a, const ClassScore& b) { return f1(a) < f1(b); });
  if (scores.size() > kMostScoreRows) scores.resize(kMostScoreRows);
  json rows = json::array();
  for (const ClassScore& score : scores) {
    json areas = json::array();
    if (with_areas) areas = {area_text(score.roc_auc), area_text(score.average_precision)};
    rows.push_back({{"name", view.class_name(score.label)},
                    {"samples", count_text(score.samples)},
                    {"precision", share_text(score.precision)},
                    {"recall", share_text(score.recall)},
                    {"f1", share_text(score.f1)},
                    {"areas", areas}});
  }
  return rows;
}

/// The curves of one kind that are drawn: those with the least area.
struct Curves {
  std::vector<const thaw::ClassScore*> scores;
  bool is_roc = true;

  double area(const thaw::ClassScore& score) const {
    return is_roc ? area_of(score.has_roc_auc(), score.roc_auc()) : area_of(score.has_pr_auc(), score.pr_auc());
  }
  const auto& points(const thaw::ClassScore& score) const { return is_roc ? score.roc() : score.pr(); }
};

Curves curves_of(const OutputEvaluation& output, bool is_roc) {
  Curves curves{{}, is_roc};
  for (const thaw::ClassScore& score : output.class_score()) {
    const int points = curves.points(score).size();
    if (points > 1 && points <= kMostPoints && std::isfinite(curves.area(score))) curves.scores.push_back(&score);
  }
  std::stable_sort(curves.scores.begin(), curves.scores.end(),
                   [&curves](const auto* a, const auto* b) { return curves.area(*a) < curves.area(*b); });
  if (curves.scores.size() > kMostCurves) curves.scores.resize(kMostCurves);
  return curves;
}

// ROC: the highest true positive rate up to a false positive rate; else the precision at the first threshold that
// reaches a recall. Both stand on the curve that is drawn.
double read_off(const google::protobuf::RepeatedPtrField<CurvePoint>& points, double x, bool is_roc) {
  double value = std::numeric_limits<double>::quiet_NaN();
  for (const CurvePoint& point : points) {
    if (is_roc && point.x() <= x + 1e-6) value = std::fmax(value, point.y());
    if (!is_roc && point.x() >= x - 1e-6) return point.y();
  }
  return value;
}

json curve_rows(const RecordView& view, const Curves& curves, const std::vector<double>& places) {
  json rows = json::array();
  for (const thaw::ClassScore* score : curves.scores) {
    json cells = {area_text(curves.area(*score))};
    for (const double x : places) cells.push_back(share_text(read_off(curves.points(*score), x, curves.is_roc)));
    rows.push_back({{"name", view.class_name(score->label())}, {"cells", cells}});
  }
  return rows;
}

json curve_columns(const std::string& area, const std::vector<double>& places) {
  json columns = {{{"text", "Class"}, {"class", ""}}, {{"text", area}, {"class", "n"}}};
  for (const double x : places) columns.push_back({{"text", "at " + share_text(x)}, {"class", "n"}});
  return columns;
}

std::string number_of_classes(std::size_t drawn, int all) {
  if (static_cast<int>(drawn) >= all) return {};
  return " The " + count_text(static_cast<std::int64_t>(drawn)) + " of " + count_text(all) +
         " classes with the smallest area.";
}

// Of two classes, the second one's curve tells all.
json curve_chart(const RecordView& view, const OutputEvaluation& output, bool is_roc) {
  const Curves curves = curves_of(output, is_roc);
  if (curves.scores.empty()) return {};
  const bool is_binary = output.kind() == "binary";
  UnitChart chart{(is_roc ? "roc-" : "pr-") + slug(output.output()),
                  is_roc ? "ROC curve" : "Precision and recall",
                  "",
                  is_roc ? "false positive rate" : "recall",
                  is_roc ? "true positive rate" : "precision",
                  {},
                  is_roc};
  json legend = json::array();
  const std::string area = is_roc ? "ROC AUC" : "average precision";
  for (std::size_t i = 0; i < curves.scores.size(); ++i) {
    const thaw::ClassScore& score = *curves.scores[i];
    UnitCurve curve{
        view.class_name(score.label()) + ": " + area + " " + area_text(curves.area(score)), {}, static_cast<int>(i)};
    for (const CurvePoint& point : curves.points(score)) curve.points.push_back({point.x(), point.y()});
    legend.push_back({{"swatch", line_swatch(curve.style)},
                      {"text", view.class_name(score.label()) + " " + area_text(curves.area(score))}});
    chart.description += (i > 0 ? "; " : "") + curve.name;
    chart.curves.push_back(std::move(curve));
  }
  chart.description += ".";
  const std::vector<double> places = is_roc ? std::vector<double>{0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5}
                                            : std::vector<double>{0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1};
  const std::string meaning = is_roc ? "Of all that are of a class, how many are found if so many of the others may be "
                                       "called it by mistake. The dotted line is chance."
                                     : "Of all that are called a class, how many are of it, if so many of its samples "
                                       "must be found.";
  const int all = is_binary ? 1 : static_cast<int>(output.class_score_size());
  return {{"id", chart.id},
          {"title", chart.title},
          {"svg", draw_unit_chart(chart)},
          {"has_legend", true},
          {"legend", legend},
          {"note", meaning + number_of_classes(curves.scores.size(), all)},
          {"columns", curve_columns(is_roc ? "ROC AUC" : "Average precision", places)},
          {"rows", curve_rows(view, curves, places)}};
}

json reliability_rows(const ReliabilityDiagram& diagram) {
  json rows = json::array();
  const double bins = static_cast<double>(diagram.bins.size());
  for (std::size_t i = 0; i < diagram.bins.size(); ++i) {
    const ReliabilityBin& bin = diagram.bins[i];
    if (!(bin.samples > 0)) continue;
    rows.push_back(
        {{"name",
          fixed_text(static_cast<double>(i) / bins, 2) + "–" + fixed_text(static_cast<double>(i + 1) / bins, 2)},
         {"cells", {count_text(std::llround(bin.samples)), share_text(bin.probability), share_text(bin.right)}}});
  }
  return rows;
}

json reliability_chart(const OutputEvaluation& output) {
  if (output.calibration_size() < 1 || output.calibration_size() > kMostBins) return {};
  const bool is_multi_class = output.kind() == "multi-class";
  ReliabilityDiagram diagram{"calibration-" + slug(output.output()),
                             "Calibration: expected error " + share_text(output.expected_calibration_error()),
                             "",
                             is_multi_class ? "probability of the class that was named" : "probability of yes",
                             is_multi_class ? "share that was right" : "share that is true",
                             {}};
  double answers = 0;
  for (const CalibrationBin& bin : output.calibration()) {
    diagram.bins.push_back(
        {static_cast<double>(std::max<std::int64_t>(bin.samples(), 0)), bin.mean_probability(), bin.share_right()});
    answers += diagram.bins.back().samples;
  }
  if (!(answers > 0)) return {};
  diagram.description = "How often what was said with a probability came true, for " +
                        count_text(std::llround(answers)) + " answers in " + count_text(output.calibration_size()) +
                        " bins.";
  return {{"id", diagram.id},
          {"title", diagram.title},
          {"svg", draw_reliability(diagram)},
          {"has_legend", false},
          {"note",
           "How often answers of a probability came true. The orange part is the distance to what was said, which the "
           "orange line marks. On the dotted line, probabilities can be taken at their word."},
          {"columns",
           {{{"text", "Probability"}, {"class", ""}},
            {{"text", "Answers"}, {"class", "n"}},
            {{"text", "Said"}, {"class", "n"}},
            {{"text", "Came true"}, {"class", "n"}}}},
          {"rows", reliability_rows(diagram)}};
}

std::string scores_note(std::size_t classes) {
  if (classes <= kMostScoreRows) return "The lowest F1 first.";
  return "The " + count_text(kMostScoreRows) + " of " + count_text(static_cast<std::int64_t>(classes)) +
         " classes with the lowest F1.";
}

}  // namespace

json classes_of_output(const RecordView& view, const OutputEvaluation& output) {
  const auto confusion = confusion_of(output);
  const std::vector<ClassScore> scores = scores_of(output, confusion);
  if (scores.empty()) return {};
  const json confused = confusion ? most_confused(view, *confusion) : json::array();
  json charts = json::array();
  for (json chart : {curve_chart(view, output, true), curve_chart(view, output, false), reliability_chart(output)}) {
    if (!chart.is_null()) charts.push_back(std::move(chart));
  }
  std::vector<double> f1;
  f1.reserve(scores.size());
  for (const ClassScore& score : scores) f1.push_back(score.f1);
  const std::string id = slug(output.output());
  return {{"id", id},
          {"kind", output.kind()},
          {"matrix", confusion ? matrix(view, *confusion) : json()},
          {"heat", confusion ? heat_map(view, *confusion, id) : json()},
          {"has_confused", !confused.empty()},
          {"confused", confused},
          {"scores", score_rows(view, scores, has_areas(scores))},
          {"has_areas", has_areas(scores)},
          {"scores_note", scores_note(scores.size())},
          {"macro_f1", share_text(summarize(f1).mean)},
          {"has_charts", !charts.empty()},
          {"charts", charts}};
}

}  // namespace thaw::reports
