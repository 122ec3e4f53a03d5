#include "runner/train/training_group.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "runner/store/run_folder.h"
#include "runner/store/stop_signal.h"
#include "runner/train/process_facts.h"
#include "runner/train/run_facts.h"
#include "runner/train/training_run.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using Clock = std::chrono::steady_clock;

/// A run's folder, or how the run ended that could not have it.
struct OpenedFolder {
  std::optional<RunFolder> folder;
  RunOutcome otherwise;
};

/// Once no other process holds it if that is wanted, and unless a signal ends the waiting.
OpenedFolder open_alone(const std::string& name, const std::string& id, const RunOptions& options) {
  if (!options.waits_for_others) return {RunFolder::open(options.runs_root, name, id), {}};
  std::optional<StopSignal> signal;
  const auto wait = [&](const std::string& holder) {
    if (!signal) {
      signal.emplace();  // before people can read that it waits: what they type from then on ends it in order
      std::fprintf(stderr, "waiting for another process (%s), which runs %s\n", holder.c_str(), name.c_str());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return !signal->is_requested();
  };
  try {
    return {RunFolder::open(options.runs_root, name, id, wait), {}};
  } catch (const InputError&) {
    if (!signal || !signal->is_requested()) throw;
    return {std::nullopt, {RunEnd::kStopped, "", "stopped while waiting for another process"}};
  }
}

/// Of several, one that another process holds is left to it: who waits while he holds others may wait for ever.
OpenedFolder open_among_others(const std::string& name, const std::string& id, const RunOptions& options) {
  std::string holder;
  const auto give_up = [&](const std::string& who) {
    holder = who;
    return false;
  };
  try {
    return {RunFolder::open(options.runs_root, name, id, give_up), {}};
  } catch (const InputError&) {
    if (holder.empty()) throw;
    return {std::nullopt, {RunEnd::kStopped, "", id + ": another process (" + holder + ") trains it"}};
  }
}

/// How a run ended that has nothing left to do.
std::optional<RunOutcome> ended_before(const RunFolder& folder, const RunOptions& options) {
  const std::string& path = folder.path();
  switch (folder.status()) {
    case RunStatus::kFinished:
      return RunOutcome{
          RunEnd::kDone, path,
          std::string("already done") + (options.wants_profile
                                             ? "; nothing is left to train, so nothing was timed: --profile needs "
                                               "a run that is not done, as in: --runs DIR elsewhere"
                                             : "")};
    case RunStatus::kDiverged: {
      const auto diverged = load_run(path).diverged;
      return RunOutcome{RunEnd::kDiverged, path,
                        "diverged before, and would again: " + (diverged ? diverged->advice() : std::string())};
    }
    case RunStatus::kResumable: {
      const auto stopped = load_run(path).stopped;
      if (options.until_epoch == 0 || !stopped || stopped->after_epoch() < options.until_epoch) return std::nullopt;
      return RunOutcome{RunEnd::kPaused, path,
                        "paused after epoch " + std::to_string(stopped->after_epoch()) + " before"};
    }
    case RunStatus::kNew:
      break;
  }
  return std::nullopt;
}

/// An experiment that has its folder and something left to do.
struct Begun {
  std::size_t index;
  PreparedExperiment prepared;
  RunFolder folder;
};

class TrainingGroup {
 public:
  TrainingGroup(std::shared_ptr<Device> device, const RunOptions& options)
      : options_(options), context_{std::move(device), options, stop_signal_, {}, nullptr} {}

  /// Trains them; `outcomes` gets how each ended.
  void run(std::vector<Begun> begun, std::vector<RunOutcome>& outcomes) {
    outcomes_ = &outcomes;
    begin(std::move(begun));
    for (const auto& run : runs_) {
      if (run && !run->outcome()) run->settle();
    }
    let_go_of_ended();
    train();
  }

 private:
  void begin(std::vector<Begun> begun) {
    for (const Begun& each : begun) {
      context_.ids.push_back(std::filesystem::path(each.folder.path()).filename().string());
    }
    if (begun.size() > 1) context_.arena = std::make_shared<Arena>(context_.device);
    feed_.emplace(begun.front().prepared, cache_options());
    std::int64_t process_bytes = 0;
    std::shared_ptr<FrozenTrunk> shared;
    for (Begun& each : begun) {
      runs_.push_back(
          std::make_unique<TrainingRun>(std::move(each.prepared), std::move(each.folder), context_, std::move(shared)));
      indices_.push_back(each.index);
      const Session& session = runs_.front()->session();
      if (runs_.size() == 1) process_bytes = rss_bytes() - session.file_weight_bytes();
      shared = session.trunk();
    }
    TrainingRun& first = *runs_.front();
    for (const auto& run : runs_) run->load(run.get() == &first ? nullptr : &first);
    auto trunk = first.session().has_trunk() ? first.session().make_trunk() : nullptr;
    for (const auto& run : runs_) run->announce(trunk.get(), process_bytes);
    std::vector<TrunkReady> ready = feed_->open(first.session(), std::move(trunk), first.progress());
    for (const auto& run : runs_) {
      run->start(*feed_, ready);
      for (TrunkReady& each : ready) {  // for the others, it was there
        if (each.has_computed()) each.set_computed(0);
        each.set_seconds(0);
      }
    }
  }

  FeatureCache::Options cache_options() const {
    FeatureCache::Options cache;
    cache.folder = options_.cache_folder.empty() ? options_.runs_root + "/.cache" : options_.cache_folder;
    cache.limit_bytes = options_.cache_limit_bytes;
    cache.is_stopping = [this] { return stop_signal_.is_requested(); };
    return cache;
  }

  void train() {
    std::int64_t position = -1;  // of the feed
    while (!runs_.empty()) {
      if (stop_signal_.is_requested()) {
        for (const auto& run : runs_) run->stop();
        return let_go_of_ended();
      }
      std::vector<TrainingRun*> due = runs_at(position);
      if (due.empty()) {
        position = next_step();
        feed_->seek(position);
        due = runs_at(position);
      }
      const auto start = Clock::now();
      const Batch& batch = feed_->next();
      const double waited_s = seconds_since(start) / static_cast<double>(due.size());
      for (TrainingRun* run : due) run->train(batch, waited_s);
      let_go_of_ended();
      ++position;
      if (runs_.empty() || position % runs_.front()->steps_per_epoch() != 0) continue;
      std::erase_if(due, [this](const TrainingRun* run) { return !has(run); });
      end_epoch(due);
    }
  }

  /// `due`: those that took the epoch's last step. Others may stand there because they ended it before.
  void end_epoch(const std::vector<TrainingRun*>& due) {
    if (feed_->has_validation() && !due.empty()) {
      for (std::int64_t b = 0; b < feed_->validation_batches(); ++b) {
        const auto start = Clock::now();
        const Batch& batch = feed_->next_validation();
        const double waited_s = seconds_since(start) / static_cast<double>(due.size());
        for (TrainingRun* run : due) run->validate(batch, waited_s);
      }
    }
    for (TrainingRun* run : due) {
      run->end_epoch();
      if (!run->outcome()) run->settle();
    }
    let_go_of_ended();
  }

  bool has(const TrainingRun* run) const {
    return std::any_of(runs_.begin(), runs_.end(), [run](const auto& each) { return each.get() == run; });
  }

  /// Those whose next batch is that of this step.
  std::vector<TrainingRun*> runs_at(std::int64_t step) const {
    std::vector<TrainingRun*> found;
    for (const auto& run : runs_) {
      if (run->step() == step) found.push_back(run.get());
    }
    return found;
  }

  /// Where the one stands that is furthest back.
  std::int64_t next_step() const {
    const auto is_before = [](const auto& a, const auto& b) { return a->step() < b->step(); };
    return (*std::min_element(runs_.begin(), runs_.end(), is_before))->step();
  }

  /// Their folders are free from then on, and their memory.
  void let_go_of_ended() {
    for (std::size_t i = runs_.size(); i-- > 0;) {
      if (!runs_[i]->outcome()) continue;
      RunOutcome& outcome = (*outcomes_)[indices_[i]] = *runs_[i]->outcome();
      if (options_.write_report) options_.write_report(outcome.folder);
      runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(i));
      indices_.erase(indices_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  const RunOptions& options_;
  StopSignal stop_signal_;
  RunContext context_;
  std::optional<TrainingFeed> feed_;
  std::vector<std::unique_ptr<TrainingRun>> runs_;  ///< those that have not ended
  std::vector<std::size_t> indices_;                ///< of their outcomes
  std::vector<RunOutcome>* outcomes_ = nullptr;
};

}  // namespace

std::vector<RunOutcome> train_group(std::vector<PreparedExperiment> prepared, std::shared_ptr<Device> device,
                                    const RunOptions& options) {
  std::vector<RunOutcome> outcomes(prepared.size());
  std::vector<Begun> begun;
  const auto open = prepared.size() == 1 ? open_alone : open_among_others;
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    const std::string id = run_id(prepared[i], *device).substr(0, 12);
    OpenedFolder opened = open(prepared[i].loaded.config.name(), id, options);
    if (!opened.folder) {
      outcomes[i] = std::move(opened.otherwise);
    } else if (auto ended = ended_before(*opened.folder, options)) {
      outcomes[i] = std::move(*ended);
      if (options.write_report) options.write_report(outcomes[i].folder);
    } else {
      begun.push_back({i, std::move(prepared[i]), std::move(*opened.folder)});
    }
  }
  prepared.clear();  // the data of those that ended before
  if (!begun.empty()) TrainingGroup(std::move(device), options).run(std::move(begun), outcomes);
  return outcomes;
}

}  // namespace thaw
