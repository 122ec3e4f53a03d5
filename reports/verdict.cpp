#include "reports/verdict.h"

#include <cmath>

#include "reports/number_text.h"

namespace thaw::reports {
namespace {

struct Judged {
  const MetricView* metric = nullptr;
  double value = 0;
};

std::vector<Judged> judged_of_kind(const RecordView& view, MetricKind kind) {
  std::vector<Judged> found;
  for (std::size_t i = 0; i < view.metrics.size(); ++i) {
    const double value = view.judged.values[i];
    if (view.metrics[i].kind == kind && std::isfinite(value)) found.push_back({&view.metrics[i], value});
  }
  return found;
}

std::string images_text(const RecordView& view) {
  const std::string count = view.judged.samples > 0 ? count_text(view.judged.samples) + " " : "";
  return view.judged.split == "train" ? "the " + count + "images it was trained on" : count + "unseen images";
}

// Nothing is estimated on the images it was trained on: an interval would pretend so.
std::string interval_text(const RecordView& view, double share, bool names_method) {
  if (view.judged.samples <= 0 || view.judged.split == "train") return {};
  const ShareInterval interval = wilson_interval(share, view.judged.samples);
  const std::string range = share_range_text(interval.low, interval.high);
  return names_method ? " (95\u00a0% interval " + range + ", Wilson)" : " (" + range + ")";
}

// "finds the class of 97.9 % of 10,000 unseen images (...) and boxes 92.8 % of them with IoU >= 0.6 (...)".
std::string achievement(const RecordView& view) {
  const auto classes = judged_of_kind(view, MetricKind::kAccuracy);
  const auto sets = judged_of_kind(view, MetricKind::kSetAccuracy);
  const auto boxes = judged_of_kind(view, MetricKind::kBoxShare);
  std::string text;
  const auto add = [&](const std::string& verb, const Judged& judged, const std::string& condition,
                       const std::string& what = {}) {
    const bool is_first = text.empty();
    text += (is_first ? "" : ", ") + verb + share_text(judged.value) + " of " + what +
            (is_first ? images_text(view) : "them") + condition + interval_text(view, judged.value, is_first);
  };
  for (const Judged& judged : classes) {
    add(classes.size() > 1 ? "finds the class (" + judged.metric->info.output() + ") of " : "finds the class of ",
        judged, "");
  }
  for (const Judged& judged : sets) {
    add(sets.size() > 1 ? "is right (" + judged.metric->info.output() + ") about " : "is right about ", judged, "",
        "the labels of ");
  }
  for (const Judged& judged : boxes) add("boxes ", judged, " with " + judged.metric->label);
  if (const std::size_t last = text.rfind(", boxes "); last != std::string::npos) text.replace(last, 2, " and ");
  if (!text.empty()) return text;
  for (const MetricKind kind : {MetricKind::kTopAccuracy, MetricKind::kOther}) {
    for (const Judged& judged : judged_of_kind(view, kind)) {
      const MetricView& metric = *judged.metric;
      if (metric.info.kind().empty() || !metric.info.more_is_better()) continue;
      return "reaches " + metric.label + " " + metric.text(judged.value) + " on " + images_text(view) +
             (kind == MetricKind::kTopAccuracy ? interval_text(view, judged.value, true) : "");
    }
  }
  for (const Judged& judged : judged_of_kind(view, MetricKind::kTotalLoss)) {
    return "reaches a loss of " + judged.metric->text(judged.value) + " on " + images_text(view);
  }
  return {};
}

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string epochs_done(const RecordView& view) {
  return count_text(static_cast<std::int64_t>(view.epochs.size())) + " of " + count_text(view.record.started.epochs()) +
         " epochs";
}

std::string ending(const RecordView& view) {
  if (view.best_epoch <= 0) return {};
  const bool is_early = static_cast<std::int64_t>(view.epochs.size()) < view.record.started.epochs();
  return "; best after epoch " + count_text(view.best_epoch) +
         (is_early ? ", ended early after " + epochs_done(view) : "");
}

std::string trouble(const RecordView& view) {
  switch (view.status) {
    case RunStatus::kDiverged:
      return "Diverged after " + count_text(view.record.step) + " steps: " + view.record.diverged->kind() + " in " +
             view.record.diverged->tensor() + ".";
    case RunStatus::kStopped:
      return "Stopped after " + epochs_done(view) + ".";
    case RunStatus::kPaused:
      return "Paused after " + epochs_done(view) + ".";
    case RunStatus::kUnfinished:
      return "Not finished: " + epochs_done(view) + " are done.";
    case RunStatus::kDone:
      break;
  }
  return {};
}

Notice diverged_notice(const RecordView& view) {
  const Diverged& diverged = *view.record.diverged;
  std::string text = "The first " + diverged.kind() + " stood in " + diverged.tensor();
  if (!diverged.layer().empty()) text += ", in layer " + diverged.layer();
  text += ". The learning rate was " + plain_text(diverged.learning_rate()) + ", the last finite loss " +
          number_text(diverged.last_finite_loss()) + ". Nothing was updated in that step.";
  if (!diverged.advice().empty()) text += " " + diverged.advice();
  return {"bad", "Training diverged after " + count_text(view.record.step) + " steps", text, ""};
}

void add_ending_notice(const RecordView& view, std::vector<Notice>& notices) {
  const std::string& command = view.record.started.command();
  const std::string step = count_text(view.record.step);
  if (view.status == RunStatus::kDiverged) notices.push_back(diverged_notice(view));
  if (view.status == RunStatus::kStopped) {
    const std::string& signal = view.record.stopped->signal();
    notices.push_back({"warn", "Stopped" + (signal.empty() ? "" : " by " + signal) + " after step " + step,
                       "A checkpoint was written. The same command goes on from there:", command});
  }
  if (view.status == RunStatus::kPaused) {
    notices.push_back({"info", "Paused after epoch " + count_text(view.record.stopped->after_epoch()) + " by its sweep",
                       "A checkpoint was written. The sweep goes on with it if it is among the better ones; this "
                       "command does in any case:",
                       command});
  }
  if (view.status == RunStatus::kUnfinished) {
    notices.push_back({"warn", "Still running, or killed",
                       "The record ends after step " + step +
                           ". If the process is gone, the same command goes on from the last checkpoint:",
                       command});
  }
}

const MetricView* total_loss(const RecordView& view) {
  for (const MetricView& metric : view.metrics) {
    if (metric.kind == MetricKind::kTotalLoss) return &metric;
  }
  return nullptr;
}

// Overfitting as the curves show it: since its lowest point, a fifth of the run ago, the validation loss has risen by a
// twentieth or more while the training loss went on falling. Less is noise.
void add_overfitting_notice(const RecordView& view, std::vector<Notice>& notices) {
  const MetricView* loss = total_loss(view);
  if (loss == nullptr || view.epochs.size() < 4) return;
  std::size_t best = 0;
  for (std::size_t row = 0; row < view.epochs.size(); ++row) {
    if (!std::isfinite(loss->validation[row])) return;
    if (loss->validation[row] < loss->validation[best]) best = row;
  }
  const std::size_t last = view.epochs.size() - 1;
  const double rise = loss->validation[last] / loss->validation[best] - 1;
  const std::size_t since = last - best;
  if (since < 2 || since * 5 < view.epochs.size() || !(rise >= 0.05) || !(loss->train[last] < loss->train[best]))
    return;
  notices.push_back({"warn", "Overfitting after epoch " + fixed_text(view.epochs[best], 0),
                     "Since then the validation loss has risen by " + share_text(rise) +
                         " while the training loss went on falling (" + number_text(loss->train[best]) + " to " +
                         number_text(loss->train[last]) +
                         "). More or more varied data, a smaller network, or train.early_stopping help.",
                     ""});
}

void add_progress_notices(const RecordView& view, std::vector<Notice>& notices) {
  if (view.epochs.empty()) return;
  if (!view.has_validation) {
    notices.push_back(
        {"warn", "No validation set",
         "Every number here is about images the network was trained on. data.validation measures it on others.", ""});
  }
  const bool ended_at_best =
      view.status == RunStatus::kDone && view.epochs.size() > 1 && view.epochs.back() == view.best_epoch;
  if (ended_at_best) {
    notices.push_back(
        {"info", "The last epoch was the best", "It may still be improving: try a higher train.epochs.", ""});
  }
  if (view.record.resumed > 0) {
    const std::string times = view.record.resumed == 1 ? "once" : count_text(view.record.resumed) + " times";
    notices.push_back({"info", "Taken up again " + times,
                       "What a process had done after its last checkpoint was thrown away and done again.", ""});
  }
}

// The first lines of what may name thousands of pictures.
std::string first_lines(const std::string& text) {
  constexpr std::ptrdiff_t kMostLines = 24;
  const std::ptrdiff_t lines = 1 + std::count(text.begin(), text.end(), '\n');
  if (lines <= kMostLines) return text;
  std::size_t end = 0;
  for (std::ptrdiff_t i = 0; i < kMostLines; ++i) end = text.find('\n', end) + 1;
  return text.substr(0, end) + "and " + count_text(lines - kMostLines) + " more lines; `thaw show --json` has them all";
}

void add_warnings(const RecordView& view, std::vector<Notice>& notices) {
  for (const std::string& warning : view.record.started.warning()) {
    notices.push_back({"warn", "Warning", first_lines(warning), ""});
  }
}

}  // namespace

std::string verdict(const RecordView& view) {
  const std::string achieved = achievement(view);
  const std::string failed = trouble(view);
  if (failed.empty()) return achieved.empty() ? "Done; nothing was measured." : sentence(achieved) + ending(view) + ".";
  if (achieved.empty()) return failed;
  const bool is_best = view.judged.epoch == view.best_epoch;
  return failed + " After epoch " + count_text(view.judged.epoch) + (is_best ? ", its best so far," : "") + " it " +
         achieved + ".";
}

std::vector<Notice> notices(const RecordView& view) {
  std::vector<Notice> found;
  add_ending_notice(view, found);
  add_warnings(view, found);
  add_overfitting_notice(view, found);
  add_progress_notices(view, found);
  return found;
}

}  // namespace thaw::reports
