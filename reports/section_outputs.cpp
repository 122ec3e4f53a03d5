#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "reports/chart.h"
#include "reports/number_text.h"
#include "reports/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

json histogram_rows(const std::vector<double>& counts, double total) {
  json rows = json::array();
  const double bins = static_cast<double>(counts.size());
  double at_least = total;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    const double low = static_cast<double>(bin) / bins, high = static_cast<double>(bin + 1) / bins;
    rows.push_back({{"range", fixed_text(low, 2) + "–" + fixed_text(high, 2)},
                    {"count", count_text(static_cast<std::int64_t>(counts[bin]))},
                    {"at_least", share_text(at_least / total)}});
    at_least -= counts[bin];
  }
  return rows;
}

// "...: 92.8 % at IoU ≥ 0.6", from the metric itself: a threshold inside a bin cannot be read off the bins.
std::string boxes_summary(const RecordView& view, const OutputEvaluation& output, const std::string& title) {
  for (std::size_t i = 0; i < view.metrics.size(); ++i) {
    const MetricView& metric = view.metrics[i];
    const bool is_it = metric.kind == MetricKind::kBoxShare && metric.info.output() == output.output();
    if (is_it && std::isfinite(view.judged.values[i]))
      return title + ": " + metric.text(view.judged.values[i]) + " with " + metric.label;
  }
  return title;
}

json boxes(const RecordView& view, const OutputEvaluation& output) {
  Histogram histogram{"iou-histogram-" + slug(output.output()),
                      "Overlap of true and predicted boxes",
                      "",
                      "intersection over union (IoU)",
                      {},
                      output.iou_threshold()};
  for (const std::int64_t count : output.iou_histogram())
    histogram.counts.push_back(static_cast<double>(std::max<std::int64_t>(count, 0)));
  const double total = std::accumulate(histogram.counts.begin(), histogram.counts.end(), 0.0);
  if (histogram.counts.size() < 2 || histogram.counts.size() > 1000 || !(total > 0)) return {};
  if (!(histogram.threshold > 0 && histogram.threshold <= 1)) histogram.threshold = 0;
  histogram.description = "A histogram of the IoU of " + count_text(static_cast<std::int64_t>(total)) + " boxes.";
  return {{"id", histogram.id},
          {"summary", boxes_summary(view, output, histogram.title)},
          {"svg", draw_histogram(histogram)},
          {"rows", histogram_rows(histogram.counts, total)}};
}

}  // namespace

json outputs_section(const RecordView& view) {
  if (!view.record.evaluation) return {};
  json outputs = json::array();
  for (const OutputEvaluation& output : view.record.evaluation->output()) {
    const json classes = classes_of_output(view, output), box = boxes(view, output);
    if (classes.is_null() && box.is_null()) continue;
    outputs.push_back({{"name", output.output()}, {"classification", classes}, {"boxes", box}});
  }
  if (outputs.empty()) return {};
  return {{"outputs", outputs}};
}

}  // namespace thaw::reports
