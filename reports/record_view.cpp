#include "reports/record_view.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/number_text.h"

namespace thaw::reports {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using MetricValues = google::protobuf::RepeatedPtrField<MetricValue>;

double value_of(const MetricValues& values, const std::string& name) {
  for (const MetricValue& value : values) {
    if (value.name() == name) return value.value();
  }
  return kNaN;
}

RunStatus status_of(const EffectiveRecord& record) {
  if (record.finished) return RunStatus::kDone;
  if (record.diverged) return RunStatus::kDiverged;
  if (record.stopped) return record.stopped->has_after_epoch() ? RunStatus::kPaused : RunStatus::kStopped;
  return RunStatus::kUnfinished;
}

// Metrics are named OUTPUT/KIND; the share of boxes at or above a threshold is the only IoU that is a share.
MetricKind kind_of(const MetricInfo& info) {
  const std::string last = info.name().substr(info.name().rfind('/') + 1);
  if (last == "loss") return last == info.name() ? MetricKind::kTotalLoss : MetricKind::kOutputLoss;
  if (last == "accuracy" && info.is_share()) {
    return info.kind() == "multi-label" ? MetricKind::kSetAccuracy : MetricKind::kAccuracy;
  }
  if (last.starts_with("top_") && last.ends_with("_accuracy") && info.is_share()) return MetricKind::kTopAccuracy;
  if (last.starts_with("iou") && last != "iou" && info.is_share()) return MetricKind::kBoxShare;
  return MetricKind::kOther;
}

bool shares_title(const MetricInfo& info, const Started& started) {
  return std::count_if(started.metric().begin(), started.metric().end(),
                       [&info](const MetricInfo& other) { return other.title() == info.title(); }) > 1;
}

std::string label_of(const MetricInfo& info, const Started& started) {
  std::string title = info.title().empty() ? info.name() : info.title();
  if (const std::size_t at = title.find(" >= "); at != std::string::npos) title.replace(at, 4, "\u00a0≥\u00a0");
  return shares_title(info, started) && !info.output().empty() ? title + " (" + info.output() + ")" : title;
}

MetricView view_metric(const MetricInfo& info, const EffectiveRecord& record) {
  MetricView view{info, kind_of(info), label_of(info, record.started), {}, {}};
  for (const EpochEnd& epoch : record.epochs) {
    view.train.push_back(value_of(epoch.train(), info.name()));
    view.validation.push_back(value_of(epoch.validation(), info.name()));
  }
  return view;
}

int best_epoch_of(const EffectiveRecord& record) {
  if (record.finished && record.finished->best_epoch() > 0) return record.finished->best_epoch();
  int best = 0;
  for (const EpochEnd& epoch : record.epochs) {
    if (epoch.is_best()) best = epoch.epoch();
  }
  return best;
}

Judgement judge_by_evaluation(const RecordView& view, const Evaluation& evaluation) {
  Judgement judged{evaluation.split(), evaluation.epoch(), evaluation.samples(), true, {}};
  for (const MetricView& metric : view.metrics) {
    judged.values.push_back(value_of(evaluation.value(), metric.info.name()));
  }
  return judged;
}

// Before the closing evaluation: the best epoch's own numbers, or the last one's.
Judgement judge_by_epochs(const RecordView& view) {
  if (view.epochs.empty()) return {{}, 0, 0, false, std::vector<double>(view.metrics.size(), kNaN)};
  const std::size_t row = view.row_of(view.best_epoch).value_or(view.epochs.size() - 1);
  const std::string split = view.has_validation ? "validation" : "train";
  Judgement judged{split, view.record.epochs[row].epoch(), view.samples_in(split), false, {}};
  for (const MetricView& metric : view.metrics) {
    judged.values.push_back((view.has_validation ? metric.validation : metric.train)[row]);
  }
  return judged;
}

std::vector<TimeRow> sum_time(const EffectiveRecord& record) {
  std::vector<TimeRow> rows = {{"data_wait_s", "data", "waiting for samples and copying them in"},
                               {"forward_s", "forward", "the network's outputs and losses"},
                               {"backward_s", "backward", "the gradients"},
                               {"update_s", "update", "the optimizer"},
                               {"other_s", "other", "metrics and bookkeeping"},
                               {"validation_s", "validation", "measuring on the validation set"},
                               {"checkpoint_s", "checkpoint", "writing weights to disk"}};
  for (const EpochEnd& epoch : record.epochs) {
    const TimeSplit& time = epoch.time();
    const double seconds[] = {time.data_wait_s(), time.forward_s(),    time.backward_s(),  time.update_s(),
                              time.other_s(),     time.validation_s(), time.checkpoint_s()};
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].seconds += std::max(0.0, seconds[i]);
  }
  TimeRow trunk{"trunk_s", "frozen trunk", "its features, before training or between stages"};
  for (const TrunkReady& ready : record.trunks) trunk.seconds += std::max(0.0, ready.seconds());
  if (trunk.seconds > 0) rows.push_back(trunk);
  return rows;
}

// Epochs are of equal size, so the harmonic mean is all samples by all seconds.
double throughput(const std::vector<EpochEnd>& epochs) {
  double inverse = 0;
  int count = 0;
  for (const EpochEnd& epoch : epochs) {
    if (!(epoch.samples_per_second() > 0)) continue;
    inverse += 1 / epoch.samples_per_second();
    ++count;
  }
  return count > 0 ? count / inverse : kNaN;
}

std::int64_t peak_memory(const EffectiveRecord& record) {
  std::int64_t peak = record.finished ? record.finished->peak_rss_bytes() : 0;
  for (const EpochEnd& epoch : record.epochs) peak = std::max(peak, epoch.peak_rss_bytes());
  return peak;
}

}  // namespace

std::string status_name(RunStatus status) {
  switch (status) {
    case RunStatus::kDone:
      return "done";
    case RunStatus::kStopped:
      return "stopped";
    case RunStatus::kPaused:
      return "paused";
    case RunStatus::kDiverged:
      return "diverged";
    case RunStatus::kUnfinished:
      break;
  }
  return "running/killed";
}

std::string MetricView::text(double value) const { return info.is_share() ? share_text(value) : number_text(value); }

std::string RecordView::class_name(int label) const {
  const auto& names = record.started.class_name();
  return label >= 0 && label < names.size() && !names[label].empty() ? names[label] : std::to_string(label);
}

std::optional<std::size_t> RecordView::row_of(int epoch) const {
  const auto found = std::find(epochs.begin(), epochs.end(), epoch);
  if (found == epochs.end()) return {};
  return found - epochs.begin();
}

std::int64_t RecordView::samples_in(const std::string& split) const {
  for (const DataSet& data : record.started.data()) {
    if (data.split() == split) return data.samples();
  }
  return 0;
}

RecordView view_record(EffectiveRecord record) {
  RecordView view;
  view.record = std::move(record);
  view.status = status_of(view.record);
  for (const EpochEnd& epoch : view.record.epochs) {
    view.epochs.push_back(epoch.epoch());
    view.has_validation = view.has_validation || epoch.validation_size() > 0;
  }
  for (const MetricInfo& info : view.record.started.metric()) view.metrics.push_back(view_metric(info, view.record));
  view.best_epoch = best_epoch_of(view.record);
  view.judged = view.record.evaluation ? judge_by_evaluation(view, *view.record.evaluation) : judge_by_epochs(view);
  view.time = sum_time(view.record);
  view.samples_per_second = throughput(view.record.epochs);
  view.peak_rss_bytes = peak_memory(view.record);
  return view;
}

std::optional<Confusion> confusion_of(const OutputEvaluation& output) {
  const std::int64_t classes = output.classes();
  if (classes < 1 || classes > 100000 || output.confusion_size() != classes * classes) return {};
  Confusion confusion{output.classes(), {output.confusion().begin(), output.confusion().end()}};
  for (std::int64_t& count : confusion.counts) count = std::max<std::int64_t>(count, 0);
  return confusion;
}

}  // namespace thaw::reports
