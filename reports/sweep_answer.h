#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/statistics/estimate.h"
#include "reports/sweep_view.h"

namespace thaw::reports {

/// What a combination reached: its members that trained for all epochs.
struct PointResult {
  std::vector<double> values;  ///< beside PointView::members; NaN: not done
  Estimate value;
  int diverged = 0;              ///< seeds; they have no value
  int missing = 0;               ///< seeds that failed or are not done
  double seconds = kUnknown;     ///< means over its members: cost_seconds
  double parameters = kUnknown;  ///< that are trained
  double samples = kUnknown;     ///< to train on
  double memory_bytes = kUnknown;
  int rank = 0;                   ///< from 1 by the mean; 0: it has no value, or was left behind
  bool is_like_first = false;     ///< is the first one or cannot be told from it; needs two seeds
  bool is_on_time_front = false;  ///< no other one is as good in less time (Pareto)
  bool is_on_parameter_front = false;
  bool is_on_sample_front = false;
  int rung = -1;                 ///< successive halving: where it was left behind
  double rung_value = kUnknown;  ///< the mean it had there
};

/// `better` against `worse`: two choices of the compared axis, or two points.
struct PairResult {
  std::size_t better = 0, worse = 0;  ///< choices of the compared axis, by the mean difference
  int setting = -1;                   ///< into SweepAnswer::settings; -1: averaged over all of them, seed by seed
  Estimate difference;                ///< `better` minus `worse`, in the metric's direction: positive is better
  double probability = kUnknown;      ///< P(better > worse), ties count half (Mann and Whitney)
  Interval probability_interval;
  double p_value = kUnknown;      ///< paired t-test, two-sided
  double corrected_p = kUnknown;  ///< after Holm, among `family` comparisons
  int family = 1;
  int seeds = 0;                                ///< that both have, diverged ones included
  int strata = 1;                               ///< settings in the average
  int diverged_better = 0, diverged_worse = 0;  ///< seeds without a value
  bool is_distinguishable = false;
  std::string words;  ///< "fine-tune beats frozen at images 500: +3.1 points, 95 % interval 1.2 to 4.9 (5 seeds)"
};

/// A choice of the compared axis over all settings of the others.
struct ChoiceResult {
  std::string name;
  Estimate value;           ///< over seeds of the mean over settings; only seeds that have all of them
  std::vector<int> points;  ///< beside SweepAnswer::settings: into SweepView::points; -1: left out
  int rank = 0;             ///< from 1; 0: no value
  bool is_like_first = false;
  double seconds = kUnknown;  ///< mean over its points
  double parameters = kUnknown;
  int diverged = 0;
};

/// A combination of the other axes at which choices are compared.
struct SettingGroup {
  std::string label;                   ///< "images 500"; empty: there is no other axis
  std::vector<Setting> settings;       ///< one for each axis; the compared one's is empty
  int best = -1;                       ///< choice with the best mean; -1: none has a value
  std::vector<std::size_t> like_best;  ///< other choices that cannot be told from it, the better ones first
  bool is_judged = false;  ///< every other choice was compared with it, by two seeds or more, and beats it in none
};

/// How much of the differences between combinations an axis explains.
struct AxisImportance {
  std::size_t axis = 0;
  double share = kUnknown;    ///< of the variance, beyond what chance would (epsilon squared)
  double p_value = kUnknown;  ///< by permutation
  int groups = 0;             ///< levels; of many numbers, bins with equally many
  bool is_binned = false;
};

/// What to take, and why.
struct Recommendation {
  std::size_t point = 0;
  std::size_t member = 0;   ///< whose config recommended.pbtxt is
  std::string reason;       ///< one or two sentences
  bool is_cheaper = false;  ///< than the first one, from which it cannot be told
};

/// All that a sweep's page says in numbers and words.
struct SweepAnswer {
  std::vector<PointResult> points;    ///< beside SweepView::points
  std::vector<std::size_t> ranking;   ///< points with a rank, the best first
  std::vector<ChoiceResult> choices;  ///< of the compared axis; empty: none is compared
  std::vector<SettingGroup> settings;
  int shared_settings = 0;           ///< of these, in the choices' values: those at which every choice has results
  std::vector<PairResult> overall;   ///< pairs of choices, averaged over settings
  std::vector<PairResult> pairs;     ///< pairs of choices at each setting
  std::vector<PairResult> to_first;  ///< points against the first one: `better` and `worse` are points
  std::vector<AxisImportance> importance;  ///< the most important one first; empty: too few points
  int importance_epochs = 0;               ///< successive halving: of the values after so many; else 0
  double noise_share = kUnknown;           ///< of the variance of all members' values: seeds
  std::optional<Recommendation> recommendation;
  std::string head;                  ///< which, at which size, at what cost
  std::vector<std::string> caveats;  ///< what the reader must know before trusting the numbers
};

SweepAnswer answer_sweep(const SweepView& view);

/// A point's learning curve over its members: by epoch, those that got so far.
struct CurveBand {
  std::vector<double> epochs, mean, low, high;  ///< low and high: the least and the greatest
};
CurveBand curve_band(const SweepView& view, std::size_t point);

/// How values, intervals and comparisons were found, each a sentence with its source; for the foot of a page.
std::vector<std::string> method_notes(const SweepView& view);

/// What `cost_seconds` means, for a caption: of processes, less what the trunk took, plus what it takes who computes it
/// first; divided by the members that shared the process.
std::string cost_text();

/// A difference as pages write it: "+3.1 points", "-0.012".
std::string difference_text(const SweepView& view, double difference);

/// Fields of the members' configs that are not the same in all of them, without the seed: path and one value for each
/// member ("–": absent).
struct DifferingField {
  std::string path;
  std::vector<std::string> values;
};
std::vector<DifferingField> differing_fields(const SweepView& view);

}  // namespace thaw::reports
