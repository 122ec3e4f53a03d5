#include "reports/sweep_words.h"

#include <algorithm>
#include <cmath>

#include "reports/number_text.h"
#include "reports/statistics/bootstrap.h"

namespace thaw::reports {
namespace {

constexpr const char* kInterval = "95\u00a0% interval ";
constexpr const char* kOneSeed = "one seed: differences cannot be judged; repeats: 5 would";
constexpr std::size_t kMostNamedSettings = 6;
constexpr double kRounding = 1e-12;  // smaller differences are those of sums in another order

// A difference in the unit of its axis, with as many decimals as tell it and its interval.
struct Scale {
  double factor = 1;
  int digits = 0;
  std::string unit;

  std::string text(double value) const {
    const std::string size = size_text(value);
    return (value < 0 && !is_zero(size) ? "−" : "") + size;
  }
  // With its sign, whichever it is; 0 has none.
  std::string signed_text(double value) const {
    const std::string size = size_text(value);
    return (is_zero(size) ? "" : value < 0 ? "−" : "+") + size;
  }

 private:
  std::string size_text(double value) const { return fixed_text(std::abs(value) * factor, digits); }
  static bool is_zero(const std::string& size) { return size.find_first_not_of("0.") == std::string::npos; }
};

Scale scale_of(const SweepView& view, const std::vector<double>& differences) {
  double greatest = kRounding;
  bool is_fine = false;  // one decimal would make 0 of what is not
  for (const double difference : differences) {
    greatest = std::max(greatest, std::abs(difference));
    is_fine = is_fine || (std::abs(difference) > kRounding && std::abs(difference) < 0.0005);
  }
  if (view.started.metric_is_share()) return {100, greatest < 0.00995 || is_fine ? 2 : 1, " points"};
  return {1, std::clamp(2 - static_cast<int>(std::floor(std::log10(greatest))), 0, 12), ""};
}

std::vector<double> ends_of(const Estimate& estimate) {
  if (!estimate.interval.is_known()) return {estimate.mean};
  return {estimate.mean, estimate.interval.low, estimate.interval.high};
}

// A p-value with enough digits to see on which side of 0.05 it is.
std::string p_text(double p) { return "p\u00a0=\u00a0" + fixed_text(p, p < 0.0995 ? 3 : 2); }

bool has_no_spread(const Estimate& estimate) {
  return estimate.count > 1 && estimate.interval.high - estimate.interval.low <= kRounding;
}

// "+3.1 points, 95 % interval 1.2 to 4.9 (5 seeds)"; of what is better the lower it is "3.1 points lower, ...".
std::string amount(const SweepView& view, const Estimate& difference) {
  const Scale scale = scale_of(view, ends_of(difference));
  const bool is_max = view.started.metric_is_max();
  std::string text =
      is_max ? scale.signed_text(difference.mean) + scale.unit : scale.text(difference.mean) + scale.unit + " lower";
  if (has_no_spread(difference)) return text + " in each of " + seeds_text(difference.count);
  if (difference.interval.is_known()) {
    text += std::string(", ") + kInterval + scale.text(difference.interval.low) + " to " +
            scale.text(difference.interval.high);
  }
  return text + " (" + seeds_text(difference.count) + ")";
}

// The two that are compared, as the sentence calls them, and where.
struct Names {
  std::string better, worse, where;

  std::string both() const { return better + " and " + worse + where; }
};

std::string divergence(const PairResult& pair, const Names& names) {
  std::string text;
  const auto add = [&](const std::string& name, int diverged) {
    if (diverged > 0) text += "; " + name + " diverged in " + count_text(diverged) + " of " + seeds_text(pair.seeds);
  };
  add(names.better, pair.diverged_better);
  add(names.worse, pair.diverged_worse);
  return text;
}

// No seed has a value on both sides.
std::string words_without_values(const PairResult& pair, const Names& names) {
  if (pair.seeds > 0 && pair.diverged_better == 0) {
    return names.better + " trains" + names.where + ", " + names.worse + " diverged in " +
           (pair.seeds == 1 ? "the only seed" : "all " + seeds_text(pair.seeds));
  }
  return "not comparable: " + names.both() + ": no seed in which both ended" + divergence(pair, names);
}

std::string words_of_one_seed(const SweepView& view, const PairResult& pair, const Names& names) {
  const double mean = pair.difference.mean;
  const Scale scale = scale_of(view, {mean});
  const std::string found =
      mean == 0 ? names.both() + " are equal"
                : names.better + " is ahead of " + names.worse + names.where + " by " + scale.text(mean) + scale.unit;
  const std::string judged =
      view.started.repeats() >= kFewestResampled ? "one seed in common: differences cannot be judged yet" : kOneSeed;
  return judged + " (" + found + divergence(pair, names) + ")";
}

std::string words_of(const SweepView& view, const PairResult& pair, const Names& names) {
  const Estimate& difference = pair.difference;
  if (difference.count == 0) return words_without_values(pair, names);
  if (difference.count == 1) return words_of_one_seed(view, pair, names);
  const std::string end = divergence(pair, names);
  if (pair.is_distinguishable)
    return names.better + " beats " + names.worse + names.where + ": " + amount(view, difference) + end;
  if (pair.diverged_better > 0) {
    return "not judged, as " + divergence(pair, names).substr(2) + ": " + names.both() + ": " + names.better + " " +
           amount(view, difference);
  }
  const std::string start = "not distinguishable: " + names.both() + ": ";
  if (has_no_spread(difference) && difference.mean == 0)
    return start + "the same in each of " + seeds_text(difference.count) + end;
  const bool by_correction = difference.interval.excludes(0) && pair.family > 1 && !has_no_spread(difference);
  return start + names.better + " " + amount(view, difference) +
         (by_correction ? ", but " + p_text(pair.corrected_p) + " among " + count_text(pair.family) + " comparisons"
                        : "") +
         end;
}

// "averaged over images 20, 100 and 500".
std::string average_words(const SweepView& view, const SweepAnswer& answer, const PairResult& pair) {
  const std::string count = "averaged over " + count_text(pair.strata) + " settings";
  const bool has_all = pair.strata == static_cast<int>(answer.settings.size());
  if (!has_all || view.started.axis_size() != 2 || answer.settings.size() > kMostNamedSettings) return count;
  const std::size_t other = view.compared == 0 ? 1 : 0;
  std::vector<std::string> settings;
  for (const SettingGroup& group : answer.settings) settings.push_back(setting_text(group.settings[other]));
  return "averaged over " + view.axis_text(other) + " " + listed(settings);
}

}  // namespace

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

std::string seeds_text(int count) { return count == 1 ? "one seed" : count_text(count) + " seeds"; }

std::string interval_text(const SweepView& view, const Interval& interval) {
  if (!interval.is_known()) return {};
  if (!view.started.metric_is_share()) return number_text(interval.low) + " to " + number_text(interval.high);
  // Student's interval of a share may reach beyond what there is.
  const double low = std::max(0.0, interval.low), high = std::min(1.0, interval.high);
  const int digits = high > 0.9895 || low < 0.01 || high - low < 0.002 ? 2 : 1;
  return fixed_text(100 * low, digits) + " to " + fixed_text(100 * high, digits);
}

std::string estimate_text(const SweepView& view, const Estimate& estimate) {
  const std::string interval = interval_text(view, estimate.interval);
  return view.text(estimate.mean) + " (" + (interval.empty() ? "" : kInterval + interval + ", ") +
         seeds_text(estimate.count) + ")";
}

std::string difference_text(const SweepView& view, double difference) {
  if (std::isnan(difference)) return "–";
  const Scale scale = scale_of(view, {difference});
  return scale.signed_text(difference) + scale.unit;
}

std::string averaged_words(const SweepView& view, const SweepAnswer& answer, const PairResult& pair) {
  const std::string words =
      words_of(view, pair, {answer.choices[pair.better].name, answer.choices[pair.worse].name, ""});
  std::string average = average_words(view, answer, pair);
  average[0] = 'A';
  return average + ", " + words;
}

void add_pair_words(const SweepView& view, SweepAnswer& answer) {
  for (PairResult& pair : answer.overall) {
    pair.words = words_of(
        view, pair,
        {answer.choices[pair.better].name, answer.choices[pair.worse].name, " " + average_words(view, answer, pair)});
  }
  for (PairResult& pair : answer.pairs) {
    const std::string& label = answer.settings[pair.setting].label;
    pair.words = words_of(
        view, pair,
        {answer.choices[pair.better].name, answer.choices[pair.worse].name, label.empty() ? "" : " at " + label});
  }
  for (PairResult& pair : answer.to_first) {
    // Labels have commas.
    const auto called = [&](std::size_t point) {
      return point == answer.ranking.front() ? "the first one" : "“" + view.points[point].label + "”";
    };
    pair.words = words_of(view, pair, {called(pair.better), called(pair.worse), ""});
  }
}

}  // namespace thaw::reports
