// The sentences about a sweep as a whole.

#include <algorithm>
#include <cmath>

#include "reports/number_text.h"
#include "reports/statistics/bootstrap.h"
#include "reports/statistics/variance_share.h"
#include "reports/sweep_pairs.h"
#include "reports/sweep_words.h"

namespace thaw::reports {
namespace {

constexpr std::size_t kMostSettingsInHead = 8;
constexpr std::size_t kManyPoints = 10;

std::string metric_title(const SweepView& view) {
  const std::string& title = view.started.metric_title();
  return title.empty() ? view.started.metric() : title;
}

std::string state_counts(const SweepView& view) {
  std::string text;
  for (const MemberState state :
       {MemberState::kDone, MemberState::kRunning, MemberState::kPaused, MemberState::kStopped,
        MemberState::kLeftBehind, MemberState::kDiverged, MemberState::kFailed, MemberState::kNotBegun}) {
    const std::size_t count = view.count(state);
    if (count > 0)
      text += (text.empty() ? "" : ", ") + count_text(static_cast<std::int64_t>(count)) + " " + state_name(state);
  }
  return text;
}

std::size_t like_first(const SweepAnswer& answer) {
  return std::count_if(answer.points.begin(), answer.points.end(),
                       [](const PointResult& point) { return point.is_like_first; });
}

std::string cost_of(const PointResult& point) {
  return std::isfinite(point.seconds) ? ", " + seconds_text(point.seconds) + " a run" : "";
}

// " of 16 combinations", " of 2 combinations that trained to the end, of 18 in all".
std::string among_words(const SweepView& view, const SweepAnswer& answer) {
  const std::string among = " of " + counted_text(answer.ranking.size(), "combination");
  if (!view.is_finished) return among + " with results so far";
  if (view.rungs.empty()) return among;
  return among + " that trained to the end, of " + count_text(static_cast<std::int64_t>(view.points.size())) +
         " in all";
}

// " 3 others cannot be told from it. 1 other has too few seeds in common with it."
std::string others_words(const SweepAnswer& answer) {
  std::string text;
  const auto add = [&](std::size_t count, const std::string& one, const std::string& many) {
    if (count > 0) text += " " + counted_text(count, "other") + " " + (count == 1 ? one : many) + ".";
  };
  const std::size_t first = answer.ranking.front();
  const auto& pairs = answer.to_first;
  const std::string alike = "cannot be told from it", ahead = "it in the seeds that both have";
  add(like_first(answer) - (answer.points[first].is_like_first ? 1 : 0), alike, alike);
  add(std::count_if(pairs.begin(), pairs.end(),
                    [first](const PairResult& pair) { return pair.is_distinguishable && pair.better != first; }),
      "beats " + ahead, "beat " + ahead);
  add(std::count_if(pairs.begin(), pairs.end(), [](const PairResult& pair) { return !can_be_judged(pair); }),
      "has too few seeds in common with it", "have too few seeds in common with it");
  return text;
}

// "Best of 16 combinations: fine-tune, images 2000. Accuracy 97.9 % (...), 6.20 s a run."
std::string first_sentence(const SweepView& view, const SweepAnswer& answer) {
  const std::size_t first = answer.ranking.front();
  const PointResult& best = answer.points[first];
  const std::string result = metric_title(view) + " " + estimate_text(view, best.value) + cost_of(best) + ".";
  if (view.points.size() == 1) return result;
  const std::string found = ": " + view.points[first].label + ". " + result;
  if (answer.ranking.size() == 1)
    return "The only combination with a result" + std::string(view.is_finished ? "" : " yet") + found;
  const std::string among = among_words(view, answer);
  if (best.value.count == 1)
    return "First" + among + found + " One seed: differences cannot be judged; repeats: 5 would.";
  const std::string others =
      others_words(answer) +
      (best.diverged > 0 ? " It diverged in " + seeds_text(best.diverged) + ", as all did in some." : "");
  return (others.empty() ? "Best" : "Best mean") + among + found + others;
}

// The settings' labels as one: "images 20, 100 and 500" where there is only one other axis.
std::string labels_of(const SweepView& view, const std::vector<const SettingGroup*>& groups) {
  std::vector<std::string> labels;
  if (view.started.axis_size() != 2) {
    for (const SettingGroup* group : groups) labels.push_back(group->label);
    return listed(labels);
  }
  const std::size_t other = view.compared == 0 ? 1 : 0;
  for (const SettingGroup* group : groups) labels.push_back(setting_text(group->settings[other]));
  return view.axis_text(other) + " " + listed(labels);
}

bool are_alike(const SweepAnswer& answer) {
  return std::all_of(answer.settings.begin(), answer.settings.end(), [&answer](const SettingGroup& group) {
    return group.is_judged && group.like_best.size() + 1 == answer.choices.size();
  });
}

// "Best at images 20 and 100: frozen; at images 500: fine-tune or gradual (not distinguishable)."
std::string settings_sentence(const SweepView& view, const SweepAnswer& answer) {
  if (answer.settings.size() < 2 || answer.settings.size() > kMostSettingsInHead) return {};
  if (are_alike(answer)) return "At no setting can a choice be told from the best one.";
  std::string text;
  for (std::size_t i = 0; i < answer.settings.size();) {
    const SettingGroup& group = answer.settings[i];
    std::vector<const SettingGroup*> alike;
    for (; i < answer.settings.size(); ++i) {
      const SettingGroup& next = answer.settings[i];
      if (next.best < 0 || !next.is_judged) return {};
      if (next.best != group.best || next.like_best != group.like_best) break;
      alike.push_back(&next);
    }
    std::string names = answer.choices[group.best].name;
    for (const std::size_t choice : group.like_best) names += " or " + answer.choices[choice].name;
    text += (text.empty() ? "Best at " : "; at ") + labels_of(view, alike) + ": " + names +
            (group.like_best.empty() ? "" : " (not distinguishable)");
  }
  return text + ".";
}

// The first of the compared choices against the second one.
std::string overall_sentence(const SweepView& view, const SweepAnswer& answer) {
  const auto with_rank = [&answer](int rank) {
    const auto found = std::find_if(answer.choices.begin(), answer.choices.end(),
                                    [rank](const ChoiceResult& choice) { return choice.rank == rank; });
    return found == answer.choices.end() ? -1 : static_cast<int>(found - answer.choices.begin());
  };
  const int first = with_rank(1), second = with_rank(2);
  for (const PairResult& pair : answer.overall) {
    const auto better = static_cast<int>(pair.better), worse = static_cast<int>(pair.worse);
    const bool is_it = (better == first && worse == second) || (better == second && worse == first);
    if (is_it && pair.difference.count > 1) return averaged_words(view, answer, pair) + ".";
  }
  return {};
}

// How much less good the recommended point may be than the first one.
std::string sacrifice(const SweepView& view, const SweepAnswer& answer) {
  const std::size_t first = answer.ranking.front(), chosen = answer.recommendation->point;
  for (const PairResult& pair : answer.to_first) {
    if (pair.better != chosen && pair.worse != chosen) continue;
    const double most = seen_from(first, pair).difference.interval.high;
    std::string text = difference_text(view, std::max(0.0, most));
    if (!text.empty() && text[0] == '+') text.erase(0, 1);
    return "by the interval of the difference it may be up to " + text + " worse";
  }
  return {};
}

}  // namespace

std::string recommendation_words(const SweepView& view, const SweepAnswer& answer) {
  const Recommendation& recommended = *answer.recommendation;
  const PointResult &chosen = answer.points[recommended.point], &best = answer.points[answer.ranking.front()];
  const std::string label = "“" + view.points[recommended.point].label + "”";
  if (recommended.is_cheaper) {
    const bool has_times = std::isfinite(best.seconds);
    const auto cost = [has_times](const PointResult& point) {
      return has_times ? seconds_text(point.seconds) : count_text(std::llround(point.parameters));
    };
    return "Recommended: " + label + ", which is within one standard error of the best mean and " +
           (has_times ? "takes " + cost(chosen) + " a run" : "trains " + cost(chosen) + " parameters") +
           " instead of " + cost(best) + "; " + sacrifice(view, answer) + ".";
  }
  if (view.points.size() == 1) return "Recommended: " + label + ", the only combination.";
  if (best.value.count == 1) {
    return "Recommended: " + label +
           ", for the best value in one seed; repeats: 5 would tell which others are as good.";
  }
  if (best.value.count < kFewestResampled) {
    return "Recommended: " + label + ", for the best mean; " + seeds_text(best.value.count) +
           " are too few to tell which cheaper ones are as good.";
  }
  return "Recommended: " + label + ", for the best mean; no cheaper one is known to be as good.";
}

std::string head_words(const SweepView& view, const SweepAnswer& answer) {
  if (answer.ranking.empty()) return "No member has a result: " + state_counts(view) + ".";
  std::string text = first_sentence(view, answer);
  for (const std::string& sentence : {settings_sentence(view, answer), overall_sentence(view, answer)}) {
    if (!sentence.empty()) text += " " + sentence;
  }
  const bool says_more = answer.recommendation && answer.recommendation->is_cheaper;
  return says_more ? text + " " + answer.recommendation->reason : text;
}

std::vector<std::string> caveats(const SweepView& view, const SweepAnswer& answer) {
  std::vector<std::string> list;
  const std::size_t diverged = view.count(MemberState::kDiverged), failed = view.count(MemberState::kFailed);
  if (!view.is_finished) list.push_back("Not finished: " + state_counts(view) + ". Numbers will change.");
  if (diverged > 0) {
    list.push_back(
        counted_text(diverged, "member") +
        " diverged. Such a seed has no value: it is in no mean and no difference, loses against every seed that "
        "has one, and its combination comes after those without, beats none and is not recommended.");
  }
  if (failed > 0) {
    list.push_back(counted_text(failed, "member") +
                   " failed: their combinations have fewer seeds. That says nothing of how good "
                   "they are.");
  }
  const auto seeds = answer.ranking.empty() ? 0 : answer.points[answer.ranking.front()].value.count;
  if (seeds == 1 && view.points.size() > 1) list.push_back("One seed: differences cannot be judged; repeats: 5 would.");
  if (seeds > 1 && seeds < kFewestResampled) {
    list.push_back(
        "Fewer than 5 seeds: intervals are Student's, which take values for normally distributed, and wide. "
        "That two cannot be told apart says little then; repeats: 5 says more.");
  }
  const bool on_training = std::any_of(view.members.begin(), view.members.end(),
                                       [](const MemberView& member) { return member.split == "train"; });
  if (on_training) {
    list.push_back("No validation set: values are of what the networks were trained on.");
  } else if (answer.ranking.size() >= kManyPoints) {
    list.push_back("The first of " + counted_text(answer.ranking.size(), "combination") +
                   " was chosen by the numbers that are shown: on new data expect a little less of it.");
  }
  if (!view.rungs.empty()) {
    list.push_back(
        "Successive halving: those left behind have a value after fewer epochs, which is compared with none after "
        "all epochs." +
        std::string(view.compared >= 0
                        ? " So the choices of " + view.axis_text(view.compared) + " are not compared with each other."
                        : ""));
  }
  const auto shared = std::count_if(view.members.begin(), view.members.end(),
                                    [](const MemberView& member) { return member.beside > 0; });
  if (shared > 0) {
    list.push_back(counted_text(shared, "member") +
                   " trained side by side with others: each is charged its share of the time they took together.");
  }
  return list;
}

std::vector<std::string> method_notes(const SweepView& view) {
  std::vector<std::string> notes = {
      "A value is that of the best weights, as train.best chooses them" +
          std::string(view.started.metric_is_share() ? "; differences of shares are in points of per cent." : "."),
      "What varies is the seed. Intervals tell how far means and differences would move with other seeds; that other "
      "samples to validate on would move them, too, is not in them.",
      "Differences are taken seed by seed; averages over settings, too, so that one seed counts once.",
      "95 % intervals are bootstrap percentiles over seeds, of all " + count_text(kMostEnumerated) +
          " seeds' multisets at most and else of " + count_text(kResamples) +
          " resamples, at levels widened for few seeds (Hesterberg 2015); of five normally distributed seeds they hold "
          "the truth in 92 of 100 cases. With two to four seeds they are Student's t.",
      "“Beats” is said where the interval of the difference leaves out 0 and the paired t-test's p-value, corrected "
      "for all "
      "comparisons of its table (Holm 1979), is below 0.05. Where the difference is the same in every seed, the "
      "p-value is "
      "the sign test's.",
      "The first one was chosen by the same numbers. In 95 of 100 cases it is the best one, or that cannot be told "
      "from "
      "it; but of twenty equally good ones some is called worse than the first in about one case of six.",
      "P(better) is the probability that a run of one gives a better value than a run of the other, whatever their "
      "seeds; ties "
      "count half (Mann and Whitney 1947; Agarwal et al. 2021).",
      "What mattered: the share of the variance of the combinations' values between an axis's settings, less what "
      "chance "
      "gives (epsilon squared, Kelley 1935), with the p-value of " +
          count_text(kPermutations) + " permutations. Numbers are put into bins with equally many.",
      "Recommended is the cheapest combination that is at most one standard error of the difference behind the best "
      "mean "
      "(Breiman et al. 1984), if it is cheaper by a tenth and both have 5 seeds; else the best mean. Fronts of value "
      "against cost go by means alone."};
  if (!view.rungs.empty()) {
    notes.push_back(
        "Successive halving decides by values alone; what mattered is weighed by those of the first rung, which "
        "all combinations reached.");
  }
  return notes;
}

std::string cost_text() {
  return "Seconds of a member's processes; the frozen trunk at what it took the member that computed it first; of "
         "members "
         "that trained side by side, each one's share.";
}

}  // namespace thaw::reports
