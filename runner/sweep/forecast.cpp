#include "runner/sweep/forecast.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "runner/sweep/core_shares.h"
#include "schemas/record.h"

namespace thaw {
namespace {

/// The share of an unfinished run that is still to do.
double share_left(const std::string& run_folder) {
  const EffectiveRecord record = load_run(run_folder);
  const double epochs = std::max(1, record.started.epochs());
  return std::clamp(1 - static_cast<double>(record.epochs.size()) / epochs, 0.0, 1.0);
}

/// The share of all epochs that successive halving lets its combinations have.
double halving_share(const SweepStarted& plan) {
  if (plan.rung_epochs_size() == 0) return 1;
  double trained = 0;
  int before = 0;
  for (int i = 0; i < plan.rung_epochs_size(); ++i) {
    trained += static_cast<double>(plan.rung_points(i)) * (plan.rung_epochs(i) - before);
    before = plan.rung_epochs(i);
  }
  return trained / (static_cast<double>(plan.rung_points(0)) * before);
}

/// How many of the processes have cores of their own: more than these make nothing faster.
int processes_at_once(int jobs, int threads) {
  return std::clamp(static_cast<int>(available_cores().size()) / std::max(1, threads), 1, jobs);
}

/// Reasons of all members; operators that several of them guess at are named once.
std::vector<std::string> joined_reasons(const std::set<std::string>& reasons) {
  const std::string guess = "how fast these operators run is a guess: ";
  std::set<std::string> operators;
  std::vector<std::string> joined;
  for (const std::string& reason : reasons) {
    if (!reason.starts_with(guess)) {
      joined.push_back(reason);
      continue;
    }
    std::istringstream names(reason.substr(guess.size()));
    for (std::string name; std::getline(names >> std::ws, name, ',');) operators.insert(name);
  }
  std::string all;
  for (const std::string& name : operators) all += (all.empty() ? "" : ", ") + name;
  if (!all.empty()) joined.insert(joined.begin(), guess + all);
  return joined;
}

}  // namespace

SweepForecast forecast(const ForecastFacts& facts) {
  SweepForecast result;
  std::set<std::string> features, reasons;
  double own_s = 0, most_s = 0;
  std::int64_t left = 0;
  const double share = halving_share(facts.plan);
  for (std::size_t i = 0; i < facts.costs.size(); ++i) {
    const RunStatus status = facts.status[i];
    if (status == RunStatus::kFinished || status == RunStatus::kDiverged) continue;
    const MemberCost& cost = *facts.costs[i];
    ++left;
    const std::string folder = facts.runs_root + "/" + facts.plan.member(static_cast<int>(i)).folder();
    own_s += cost.own_s * (status == RunStatus::kResumable ? std::min(share, share_left(folder)) : share);
    for (const SharedFeatures& shared : cost.features) {
      if (!features.insert(shared.key).second) continue;
      result.features_s += shared.seconds;
      result.features_bytes += shared.bytes;
    }
    result.memory_bytes = std::max(result.memory_bytes, cost.memory_bytes);
    result.runs_bytes += cost.disk_bytes;
    reasons.insert(cost.rough.begin(), cost.rough.end());
    if (cost.run_s() > most_s) {
      most_s = cost.run_s();
      result.most_expensive = static_cast<int>(i);
    }
  }
  const int jobs = static_cast<int>(std::min<std::int64_t>(facts.jobs, std::max<std::int64_t>(1, left)));
  result.at_once = processes_at_once(jobs, facts.plan.threads());
  result.features_s /= result.at_once;
  // The last ones may have to wait for the longest.
  result.wall_s = left == 0 ? 0 : std::max(own_s / result.at_once, most_s * share) + result.features_s;
  result.all_jobs_bytes = left == 0 ? 0 : result.memory_bytes * jobs;
  result.rough = joined_reasons(reasons);
  return result;
}

}  // namespace thaw
