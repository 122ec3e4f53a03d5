#include <algorithm>
#include <cmath>

#include "reports/number_text.h"
#include "reports/pages.h"
#include "reports/sweep_words.h"
#include "reports/terminal_text.h"

namespace thaw {
namespace {

using namespace reports;

constexpr std::size_t kMostRows = 30;
constexpr std::size_t kMostWords = 60;
constexpr std::size_t kLongestReason = 200;

std::string more_text(std::size_t left_out) {
  if (left_out == 0) return {};
  return "... and " + count_text(static_cast<std::int64_t>(left_out)) + " more: --json has all of them\n";
}

std::string state_text(const SweepView& view) {
  std::string text = count_text(static_cast<std::int64_t>(view.members.size())) + ": ";
  bool is_first = true;
  for (int state = 0; state <= static_cast<int>(MemberState::kNotBegun); ++state) {
    const auto count = static_cast<std::int64_t>(view.count(static_cast<MemberState>(state)));
    if (count == 0) continue;
    text += (is_first ? "" : ", ") + count_text(count) + " " + state_name(static_cast<MemberState>(state));
    is_first = false;
  }
  return text;
}

std::string known(double number, const std::string& text) { return std::isfinite(number) ? text : "–"; }

// "=": cannot be told from the first one; "T", "P": on the front of value against time, or parameters.
std::string marks(const PointResult& result) {
  std::string text = result.is_like_first && result.rank > 1 ? "=" : "";
  if (result.is_on_time_front) text += "T";
  if (result.is_on_parameter_front) text += "P";
  return text;
}

std::string ranking_table(const SweepView& view, const SweepAnswer& answer) {
  if (answer.ranking.empty()) return {};
  std::vector<std::vector<std::string>> rows = {
      {"combination", "rank", "mean", "95 % interval", "seeds", "time", "trained", "marks"}};
  for (std::size_t i = 0; i < std::min(answer.ranking.size(), kMostRows); ++i) {
    const PointResult& result = answer.points[answer.ranking[i]];
    const std::string interval = interval_text(view, result.value.interval);
    const auto all = static_cast<std::int64_t>(result.values.size());
    rows.push_back({line(view.points[answer.ranking[i]].label), count_text(result.rank), view.text(result.value.mean),
                    interval.empty() ? "–" : interval,
                    count_text(result.value.count) + (result.value.count < all ? " of " + count_text(all) : ""),
                    known(result.seconds, seconds_text(result.seconds)),
                    known(result.parameters, count_text(std::llround(result.parameters))), marks(result)});
    for (std::size_t column = 1; column < rows.back().size(); ++column) rows.back()[column] = cell(rows.back()[column]);
  }
  return "\n" + aligned(rows) + more_text(answer.ranking.size() - std::min(answer.ranking.size(), kMostRows)) +
         "(time: seconds of a run, its trunk included; trained: parameters; =: cannot be told from the first one;\n"
         " T, P: nothing is as good in less time, with fewer trained parameters)\n";
}

std::string choice_table(const SweepView& view, const SweepAnswer& answer) {
  std::vector<std::vector<std::string>> rows = {{line(view.axis_text(view.compared))}};
  for (const SettingGroup& group : answer.settings) rows[0].push_back(group.label.empty() ? "mean" : line(group.label));
  const bool has_mean = answer.settings.size() > 1 && answer.shared_settings > 0;
  const bool is_of_all = answer.shared_settings == static_cast<int>(answer.settings.size());
  if (has_mean)
    rows[0].push_back(is_of_all ? "mean of all"
                                : "mean of the " + count_text(answer.shared_settings) + " that all have");
  for (const ChoiceResult& choice : answer.choices) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(line(choice.name));
    for (const int point : choice.points)
      row.push_back(point < 0 ? "-" : cell(view.text(answer.points[point].value.mean)));
    if (has_mean) row.push_back(cell(view.text(choice.value.mean)));
  }
  return "\n" + aligned(rows);
}

std::string word_lines(const std::vector<PairResult>& pairs) {
  std::string text;
  for (std::size_t i = 0; i < std::min(pairs.size(), kMostWords); ++i) text += line(pairs[i].words) + "\n";
  return text + more_text(pairs.size() - std::min(pairs.size(), kMostWords));
}

// With one seed each there is nothing to say of pairs, and the caveats say why.
bool is_judged(const std::vector<PairResult>& pairs) {
  return std::any_of(pairs.begin(), pairs.end(), [](const PairResult& pair) {
    return pair.difference.count > 1 || pair.diverged_better + pair.diverged_worse > 0;
  });
}

std::string comparison_text(const SweepView& view, const SweepAnswer& answer) {
  if (answer.choices.empty()) {
    return !is_judged(answer.to_first) ? "" : "\nAgainst the first one:\n" + word_lines(answer.to_first);
  }
  constexpr std::size_t kMostColumns = 8;
  std::string text = answer.settings.size() <= kMostColumns ? choice_table(view, answer) : "";
  if (!is_judged(answer.pairs)) return text;
  if (!answer.overall.empty()) text += "\n" + word_lines(answer.overall);
  return text + "\n" + word_lines(answer.pairs);
}

std::string importance_text(const SweepView& view, const SweepAnswer& answer) {
  if (answer.importance.empty()) return {};
  std::vector<std::vector<std::string>> rows = {{"what mattered", "share of variance", "p"}};
  for (const AxisImportance& axis : answer.importance) {
    rows.push_back({line(view.axis_text(axis.axis)), cell(share_text(axis.share)), fixed_text(axis.p_value, 4)});
  }
  if (std::isfinite(answer.noise_share)) rows.push_back({"(seeds)", cell(share_text(answer.noise_share)), "-"});
  return "\n" + aligned(rows) +
         (answer.importance_epochs > 0
              ? "(after " + counted_text(answer.importance_epochs, "epoch") + ", which all combinations had)\n"
              : "");
}

std::string first_line(const std::string& text) {
  std::string first = text.substr(0, text.find('\n'));
  if (first.size() > kLongestReason) first = first.substr(0, kLongestReason) + "...";
  return first;
}

std::string trouble_text(const SweepView& view) {
  std::string text;
  for (const MemberView& member : view.members) {
    if (member.state != MemberState::kFailed && member.state != MemberState::kDiverged) continue;
    const std::string attempts =
        member.attempts > 1 ? " after " + count_text(member.attempts) + " attempts" : std::string();
    text += line(member.info.id()) + " (" + line(view.points[member.point].label) + ", seed " +
            std::to_string(member.info.seed()) + ") " + state_name(member.state) + attempts +
            (member.reason.empty() ? "" : ": " + line(first_line(member.reason))) + "\n";
  }
  for (const std::string& file : view.unreadable) text += line(file) + "\n";
  return text.empty() ? "" : "\n" + text;
}

}  // namespace

std::string render_sweep_text(const std::string& sweep_folder) {
  const SweepView view = load_sweep(sweep_folder);
  const SweepAnswer answer = answer_sweep(view);
  const SweepStarted& started = view.started;
  std::string text = line(answer.head) + "\n\n";
  add_line(text, "status", view.is_finished ? "done" : "not finished");
  add_line(text, "name", started.name());
  add_line(text, "id", started.id());
  add_line(text, "members", state_text(view));
  add_line(text, "metric",
           started.metric() + (started.metric_is_max() ? ", more is better" : ", less is better") +
               (started.repeats() > 1 ? ", " + count_text(started.repeats()) + " seeds each" : ""));
  if (view.wall_seconds > 0) add_line(text, "wall time", seconds_text(view.wall_seconds));
  text += ranking_table(view, answer);
  text += comparison_text(view, answer);
  text += importance_text(view, answer);
  text += trouble_text(view);
  for (const std::string& caveat : answer.caveats) text += "\n" + line(caveat) + "\n";
  if (answer.recommendation) text += "\n" + line(answer.recommendation->reason) + "\n";
  if (!started.command().empty()) text += "\n" + line(started.command()) + "\n";
  return text;
}

}  // namespace thaw
