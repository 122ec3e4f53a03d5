#include "runner/train/metrics/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace thaw {
namespace {

double share(std::int64_t part, std::int64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

/// Distance of `p` from the straight line between `a` and `b`.
double distance(const RatePoint& p, const RatePoint& a, const RatePoint& b) {
  const double length = std::hypot(b.x - a.x, b.y - a.y);
  if (length == 0) return std::hypot(p.x - a.x, p.y - a.y);
  return std::abs((b.x - a.x) * (a.y - p.y) - (a.x - p.x) * (b.y - a.y)) / length;
}

/// A stretch of a curve and the point of it that a straight line would miss most.
struct Stretch {
  std::size_t first, last, worst;
  double miss = -1;

  Stretch(const std::vector<RatePoint>& points, std::size_t from, std::size_t to) : first(from), last(to), worst(from) {
    for (std::size_t i = from + 1; i < to; ++i) {
      const double d = distance(points[i], points[from], points[to]);
      if (d <= miss) continue;
      miss = d;
      worst = i;
    }
  }
  bool operator<(const Stretch& other) const { return miss != other.miss ? miss < other.miss : first > other.first; }
};

/// The ends and those points that straight lines between the others would miss most.
/// Source: Douglas and Peucker 1973, stopped by count instead of by tolerance.
std::vector<RatePoint> thinned(const std::vector<RatePoint>& points, std::size_t most) {
  if (points.size() <= most || most < 2) return points;
  std::vector<bool> is_kept(points.size(), false);
  is_kept.front() = is_kept.back() = true;
  std::vector<Stretch> heap{Stretch(points, 0, points.size() - 1)};
  for (std::size_t kept = 2; kept < most && !heap.empty() && heap.front().miss > 0; ++kept) {
    std::pop_heap(heap.begin(), heap.end());
    const Stretch split = heap.back();
    heap.pop_back();
    is_kept[split.worst] = true;
    for (const auto& [from, to] : {std::pair(split.first, split.worst), std::pair(split.worst, split.last)}) {
      if (to - from < 2) continue;
      heap.emplace_back(points, from, to);
      std::push_heap(heap.begin(), heap.end());
    }
  }
  std::vector<RatePoint> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (is_kept[i]) kept.push_back(points[i]);
  }
  return kept;
}

class AreaMeasure : public Measure {
 public:
  using Area = std::optional<double> (Ranking::*)() const;
  AreaMeasure(std::shared_ptr<const ScoreTable> table, Area area) : Measure(0), table_(std::move(table)), area_(area) {}

  void add(const MeasuredSample&) override {}  // the table has it

  std::optional<double> value() const override {
    const ClassOutput& output = table_->output();
    double sum = 0;
    int known = 0;
    for (int c = output.kind == ClassKind::kBinary ? 1 : 0; c < output.classes(); ++c) {
      const auto area = (Ranking(table_->answers(c)).*area_)();
      if (!area) continue;
      sum += *area;
      ++known;
    }
    return known > 0 ? std::optional(sum / known) : std::nullopt;
  }

 private:
  std::shared_ptr<const ScoreTable> table_;
  Area area_;
};

}  // namespace

Ranking::Ranking(std::vector<ScoredAnswer> answers) {
  for (ScoredAnswer& answer : answers) {
    if (std::isnan(answer.score)) answer.score = -std::numeric_limits<float>::infinity();
  }
  std::sort(answers.begin(), answers.end(),
            [](const ScoredAnswer& a, const ScoredAnswer& b) { return a.score > b.score; });
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ++(answers[i].is_yes ? all_.yes : all_.no);
    const bool is_last_of_its_score = i + 1 == answers.size() || answers[i + 1].score != answers[i].score;
    if (is_last_of_its_score) thresholds_.push_back(all_);
  }
}

std::optional<double> Ranking::roc_auc() const {
  if (all_.yes == 0 || all_.no == 0) return std::nullopt;
  double area = 0;
  Threshold before;
  for (const Threshold& at : thresholds_) {
    area += static_cast<double>(at.no - before.no) * static_cast<double>(at.yes + before.yes) / 2;
    before = at;
  }
  return area / static_cast<double>(all_.yes) / static_cast<double>(all_.no);
}

std::optional<double> Ranking::average_precision() const {
  if (all_.yes == 0) return std::nullopt;
  double sum = 0;
  std::int64_t found = 0;
  for (const Threshold& at : thresholds_) {
    sum += share(at.yes - found, all_.yes) * share(at.yes, at.yes + at.no);
    found = at.yes;
  }
  return sum;
}

std::vector<RatePoint> Ranking::curve(std::size_t most,
                                      RatePoint (*point)(const Threshold& at, const Threshold& all)) const {
  std::vector<RatePoint> points;
  for (const Threshold& at : thresholds_) points.push_back(point(at, all_));
  return thinned(points, most);
}

std::vector<RatePoint> Ranking::roc_curve(std::size_t most) const {
  if (all_.yes == 0 || all_.no == 0) return {};
  auto points = curve(most - 1, [](const Threshold& at, const Threshold& all) -> RatePoint {
    return {share(at.no, all.no), share(at.yes, all.yes)};
  });
  points.insert(points.begin(), {0, 0});  // above the highest score
  return points;
}

std::vector<RatePoint> Ranking::precision_recall_curve(std::size_t most) const {
  if (all_.yes == 0) return {};
  auto points = curve(most - 1, [](const Threshold& at, const Threshold& all) -> RatePoint {
    return {share(at.yes, all.yes), share(at.yes, at.yes + at.no)};
  });
  points.insert(points.begin(), {0, points.front().y});
  return points;
}

void ScoreTable::reset() {
  scores_.clear();
  labels_.clear();
  sets_.clear();
}

void ScoreTable::add(const MeasuredSample& sample) {
  const float* row = sample.row(output_.name);
  scores_.insert(scores_.end(), row, row + output_.units);
  if (output_.kind != ClassKind::kMultiLabel) {
    labels_.push_back(sample.truth.label());
    return;
  }
  for (const float part : class_set(sample.truth, output_.units)) sets_.push_back(part > 0.5F ? 1 : 0);
}

std::vector<ScoredAnswer> ScoreTable::answers(int label) const {
  const auto units = static_cast<std::size_t>(output_.units);
  std::vector<ScoredAnswer> answers(scores_.size() / units);
  for (std::size_t n = 0; n < answers.size(); ++n) {
    const float* row = scores_.data() + n * units;
    const bool is_set = output_.kind == ClassKind::kMultiLabel;
    answers[n] = {output_.probability(row, label),
                  is_set ? sets_[n * units + static_cast<std::size_t>(label)] != 0 : labels_[n] == label};
    // 1 - p may round two scores to one: the first of two classes is ranked by the second's.
    if (output_.kind == ClassKind::kBinary && label == 0) answers[n].score = -row[0];
  }
  return answers;
}

MeasurePointer measure_roc_auc(std::shared_ptr<const ScoreTable> table) {
  return std::make_unique<AreaMeasure>(std::move(table), &Ranking::roc_auc);
}

MeasurePointer measure_pr_auc(std::shared_ptr<const ScoreTable> table) {
  return std::make_unique<AreaMeasure>(std::move(table), &Ranking::average_precision);
}

}  // namespace thaw
