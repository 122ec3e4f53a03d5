#include "runner/sweep_summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runner/amount_text.h"
#include "runner/sweep/axis.h"
#include "runner/text_table.h"

namespace thaw {
namespace {

std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
  return grouped(count) + " " + (count == 1 ? one : many);
}

/// What an axis is set to, or between what.
std::string settings_text(const SweepMembers& sweep, std::size_t index) {
  const Axis& axis = sweep.sweep->config.sweep().axis(static_cast<int>(index));
  std::string text;
  const auto add = [&text](const std::string& setting) { text += (text.empty() ? "" : ", ") + setting; };
  if (axis.has_int_range()) {
    const IntRange& range = axis.int_range();
    const std::string step = range.step() == 1 ? "" : " in steps of " + std::to_string(range.step());
    return "whole numbers from " + std::to_string(range.min()) + " to " + std::to_string(range.max()) + step;
  }
  const SweepAxis& plan = (*sweep.plans)[index];
  const Search& search = sweep.sweep->config.sweep().search();
  const bool is_drawn = search.has_random() || search.successive_halving().has_members();
  if (axis.has_uniform() && is_drawn) {
    return "from " + plan.low().text() + " to " + plan.high().text();
  }
  if (axis.has_log_uniform() && is_drawn) {
    return "from " + plan.low().text() + " to " + plan.high().text() + ", logarithmic";
  }
  for (std::int64_t i = 0; i < plan.grid_size(); ++i) {
    const Setting setting = plan.grid_setting(i);
    add(setting.has_number() ? setting.text() : '"' + setting.text() + '"');
  }
  return text;
}

std::string axes_table(const SweepMembers& sweep) {
  if (sweep.axes.empty()) return "no axis: the file is repeated\n";
  std::vector<std::vector<std::string>> rows{{"axis", "settings"}};
  for (std::size_t i = 0; i < sweep.axes.size(); ++i) {
    const AxisInfo& axis = sweep.axes[i];
    const std::string field = axis.has_field() && axis.field() != axis.name() ? "  (" + axis.field() + ")" : "";
    rows.push_back({axis.name(), settings_text(sweep, i) + field});
  }
  std::string text = text_table(rows, 2);
  // No blanks at the ends of lines.
  for (std::size_t at; (at = text.find(" \n")) != std::string::npos;) text.erase(at, 1);
  return text;
}

std::string search_words(const Sweep& sweep) {
  const auto drawn = [](Sampling sampling, std::uint64_t seed) {
    const std::string how = sampling == SOBOL             ? "by a scrambled Sobol sequence"
                            : sampling == LATIN_HYPERCUBE ? "by a Latin hypercube"
                                                          : "each by itself";
    return "drawn " + how + " (seed " + std::to_string(seed) + ")";
  };
  const Search& search = sweep.search();
  const SuccessiveHalving& halving = search.successive_halving();
  if (search.has_random()) return drawn(search.random().sampling(), search.random().seed());
  if (halving.has_members()) return drawn(halving.sampling(), halving.seed());
  return "all of a grid";
}

std::string rungs_text(const SweepStarted& plan) {
  std::string text = "rungs: ";
  int last = 0;
  for (int i = 0; i < plan.rung_epochs_size(); ++i) {
    last = plan.rung_epochs(i);
    text += (i == 0 ? "" : ", ") + counted(plan.rung_points(i), "combination", "combinations") + " for " +
            (i + 1 == plan.rung_epochs_size() ? "all " : "") + counted(last, "epoch", "epochs");
  }
  return text + "\n";
}

struct Progressed {
  std::int64_t done = 0, diverged = 0, begun = 0;
};

Progressed progress_of(const CheckedSweep& checked) {
  Progressed counts;
  for (const RunStatus status : checked.status) {
    counts.done += status == RunStatus::kFinished;
    counts.diverged += status == RunStatus::kDiverged;
    counts.begun += status == RunStatus::kResumable;
  }
  return counts;
}

std::string members_text(const SweepMembers& sweep, const CheckedSweep& checked) {
  const auto total = static_cast<std::int64_t>(sweep.members.size());
  std::string text = "members: " + grouped(total);
  if (!sweep.axes.empty()) {
    text += ": " + counted(static_cast<std::int64_t>(sweep.points.size()), "combination", "combinations");
    text += ", " + search_words(sweep.sweep->config.sweep());
  }
  const std::uint64_t first = sweep.members.front().seed, last = sweep.members.back().seed;
  text += sweep.repeats == 1 ? ", seed " + std::to_string(first)
                             : ", each with seeds " + std::to_string(first) + " to " + std::to_string(last);
  const std::int64_t same = total - checked.plan.member_size();
  if (same > 0) text += "; " + grouped(same) + (same == 1 ? " comes" : " come") + " to the same run as another";
  return text + "\n";
}

std::string done_text(const CheckedSweep& checked) {
  const Progressed counts = progress_of(checked);
  const std::int64_t total = checked.plan.member_size();
  std::string text = "done: " + grouped(counts.done) + " of " + grouped(total);
  if (counts.diverged > 0) text += ", and " + grouped(counts.diverged) + " diverged";
  if (counts.begun > 0) text += ", and " + grouped(counts.begun) + " begun";
  std::int64_t elsewhere = 0;
  for (const MemberInfo& member : checked.plan.member()) {
    elsewhere += !member.folder().empty() && !member.folder().starts_with(checked.plan.name() + "/");
  }
  if (elsewhere > 0) text += " (" + grouped(elsewhere) + " of them in folders of other experiments)";
  return text + "\n";
}

std::string compared_text(const SweepStarted& plan) {
  std::string text = "compared by: " + plan.metric() + (plan.metric_is_max() ? ", more is better" : ", less is better");
  if (!plan.compare().empty()) text += "; each " + plan.compare() + " with each other";
  return text + "\n";
}

std::string words_of(const SweepMembers& sweep, const MemberInfo& member) {
  return sweep.words(member.point()) + (sweep.repeats > 1 ? ", seed " + std::to_string(member.seed()) : "");
}

std::string forecast_text(const SweepMembers& sweep, const CheckedSweep& checked) {
  const SweepForecast& forecast = checked.forecast;
  if (forecast.most_expensive < 0) return "nothing is left to train\n";
  const int jobs = checked.plan.jobs();
  std::ostringstream out;
  out << "time, about: " << time_text(forecast.wall_s) << " with " << counted(jobs, "process", "processes")
      << " at once";
  if (jobs > 1) {
    out << (forecast.at_once >= jobs ? ", each on cores of its own"
                                     : ": there are cores for " + std::to_string(forecast.at_once) + " of them");
  }
  if (forecast.features_s > 0)
    out << "; " << time_text(forecast.features_s) << " of it for frozen trunks, once for all";
  out << (forecast.rough.empty() ? "\n" : "; a rough estimate:\n");
  for (const std::string& reason : forecast.rough) out << "  " << reason << '\n';
  const MemberInfo& most = checked.plan.member(forecast.most_expensive);
  out << "most expensive: " << words_of(sweep, most) << ", about " << time_text(most.predicted_s()) << '\n';
  out << "memory, about: " << bytes_text(forecast.memory_bytes) << " at most for a process";
  if (jobs > 1) out << ", " << bytes_text(forecast.all_jobs_bytes) << " for all at once";
  out << "\ndisk, about: " << bytes_text(forecast.runs_bytes) << " for runs";
  if (forecast.features_bytes > 0)
    out << ", " << bytes_text(forecast.features_bytes) << " for features of frozen trunks";
  out << '\n';
  return out.str();
}

const char* status_name(RunStatus status) {
  switch (status) {
    case RunStatus::kFinished:
      return "done";
    case RunStatus::kDiverged:
      return "diverged";
    case RunStatus::kResumable:
      return "begun";
    case RunStatus::kNew:
      break;
  }
  return "new";
}

}  // namespace

std::string summarize_sweep(const SweepMembers& sweep, const CheckedSweep& checked) {
  const SweepStarted& plan = checked.plan;
  std::string text = plan.name() + (plan.description().empty() ? "" : ": " + plan.description()) + "\n\n" +
                     axes_table(sweep) + "\n" + members_text(sweep, checked);
  for (const std::string& excluded : plan.excluded()) text += "left out: " + excluded + "\n";
  if (plan.rung_epochs_size() > 0) text += rungs_text(plan);
  text += compared_text(plan) + done_text(checked);
  for (const RunFirst& first : checked.run_first) {
    text += "to be run first: " + first.file + " (it " + first.reason + "); its time is not part of what follows\n";
  }
  return text + forecast_text(sweep, checked);
}

std::string sweep_json(const SweepMembers& sweep, const CheckedSweep& checked) {
  const SweepStarted& plan = checked.plan;
  const SweepForecast& forecast = checked.forecast;
  nlohmann::ordered_json json;
  json["name"] = plan.name();
  json["id"] = plan.id();
  for (const AxisInfo& axis : plan.axis()) {
    nlohmann::ordered_json& added = json["axes"].emplace_back();
    added["name"] = axis.name();
    if (axis.has_field()) added["field"] = axis.field();
    for (const std::string& name : axis.choice()) added["choices"].push_back(name);
  }
  json["combinations"] = sweep.points.size();
  json["repeats"] = plan.repeats();
  json["metric"] = plan.metric();
  json["metric_is_max"] = plan.metric_is_max();
  json["compare"] = plan.compare();
  json["excluded"] = std::vector<std::string>(plan.excluded().begin(), plan.excluded().end());
  for (int i = 0; i < plan.rung_epochs_size(); ++i) {
    json["rungs"].push_back({{"epochs", plan.rung_epochs(i)}, {"combinations", plan.rung_points(i)}});
  }
  for (int i = 0; i < plan.member_size(); ++i) {
    const MemberInfo& member = plan.member(i);
    nlohmann::ordered_json added;
    added["id"] = member.id();
    added["folder"] = member.folder();
    added["status"] = status_name(checked.status[static_cast<std::size_t>(i)]);
    added["combination"] = member.point();
    added["seed"] = member.seed();
    for (int axis = 0; axis < member.setting_size(); ++axis) {
      const Setting& setting = member.setting(axis);
      nlohmann::ordered_json value = setting.text();
      if (setting.has_number()) value = setting.number();
      added["settings"][plan.axis(axis).name()] = value;
    }
    added["group"] = member.group();
    added["predicted_s"] = member.predicted_s();
    added["predicted_memory_bytes"] = member.predicted_memory_bytes();
    added["parameters"] = member.parameters();
    added["trainable_parameters"] = member.trainable_parameters();
    added["train_samples"] = member.train_samples();
    json["members"].push_back(std::move(added));
  }
  const Progressed counts = progress_of(checked);
  json["done"] = counts.done;
  json["diverged"] = counts.diverged;
  json["begun"] = counts.begun;
  json["run_first"] = nlohmann::ordered_json::array();
  for (const RunFirst& first : checked.run_first) {
    json["run_first"].push_back({{"file", first.file}, {"reason", first.reason}});
  }
  json["prediction"] = {{"jobs", plan.jobs()},
                        {"jobs_on_own_cores", forecast.at_once},
                        {"wall_s", forecast.wall_s},
                        {"features_s", forecast.features_s},
                        {"memory_bytes", forecast.memory_bytes},
                        {"all_jobs_memory_bytes", forecast.all_jobs_bytes},
                        {"runs_bytes", forecast.runs_bytes},
                        {"features_bytes", forecast.features_bytes},
                        {"rough", forecast.rough}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace thaw
