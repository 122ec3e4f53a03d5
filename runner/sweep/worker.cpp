#include "runner/sweep/worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iostream>
#include <optional>
#include <utility>

#include "runner/store/run_folder.h"
#include "runner/sweep/claims.h"
#include "runner/sweep/coordinator.h"
#include "runner/sweep/core_shares.h"
#include "runner/sweep/member_record.h"
#include "runner/sweep/members.h"
#include "runner/train/preparation_cache.h"
#include "runner/train/run_facts.h"
#include "runner/train/side_by_side.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// What its coordinator can no longer ask for, the system then does.
void stop_with(long parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) throw IoError("process", "prctl", errno);
  if (::getppid() == parent) return;
  std::cerr << "its coordinator (pid " << parent << ") is gone\n";
  std::exit(static_cast<int>(SweepEnd::kStopped));
}

class Worker {
 public:
  Worker(const WorkerTask& task, const RunOptions& options) : task_(task), options_(options) {}

  int run() {
    stop_with(task_.parent);
    // How many threads a member has that does not say is asked before this process is confined to its share.
    threads_ = make_cpu_device(0)->threads();
    if (!task_.processors.empty()) use_processors(task_.processors);
    if (task_.is_side_by_side) {
      train(task_.members);
    } else {
      for (const WorkerTask::Member& member : task_.members) {
        train({member});
        if (is_stopped_) break;
      }
    }
    return is_stopped_ ? static_cast<int>(SweepEnd::kStopped)
           : is_taken_ ? kTakenExitCode
                       : exit_code(has_diverged_ ? RunEnd::kDiverged : RunEnd::kDone);
  }

 private:
  void train(const std::vector<WorkerTask::Member>& members) {
    std::vector<Claim> claims;  // taken before anything that takes time: others see at once that they are
    std::vector<PreparedExperiment> prepared;
    std::vector<WorkerTask::Member> own;
    for (const WorkerTask::Member& member : members) {
      if (auto claim = Claim::take(options_.runs_root, member.id)) {
        claims.push_back(std::move(*claim));
        own.push_back(member);
      } else {
        leave_out(member, claim_writer(options_.runs_root, member.id) + " trains it");
      }
    }
    for (const WorkerTask::Member& member : own) {
      PreparedExperiment experiment = prepare_member(member);
      const std::string folder = options_.runs_root + "/" + experiment.loaded.config.name() + "/" + member.id;
      const std::string finished = find_finished_run(options_.runs_root, member.id, folder);
      if (!finished.empty()) {  // by another sweep, while this one came here
        leave_out(member, finished + " has it");
      } else if (is_run_held(folder)) {  // by hand
        leave_out(member, folder + " is held by another process");
      } else {
        prepared.push_back(std::move(experiment));
      }
    }
    if (prepared.empty()) return;
    const auto device = open_device(prepared.front().loaded.config);
    if (prepared.size() == 1) return take_over(run_experiment(std::move(prepared.front()), device, options_));
    for (const RunOutcome& outcome : run_side_by_side(std::move(prepared), device, options_)) take_over(outcome);
  }

  void leave_out(const WorkerTask::Member& member, const std::string& why) {
    std::cerr << member.id << ": left out: " << why << '\n';
    is_taken_ = true;
  }

  void take_over(const RunOutcome& outcome) {
    std::cerr << outcome.message << '\n';
    is_stopped_ = is_stopped_ || outcome.end == RunEnd::kStopped;
    has_diverged_ = has_diverged_ || outcome.end == RunEnd::kDiverged;
  }

  std::shared_ptr<Device> open_device(const Experiment& config) const {
    return make_cpu_device(config.compute().threads() > 0 ? config.compute().threads() : threads_);
  }

  const SweepMembers& sweep() {
    if (!sweep_) sweep_ = expand_sweep(load_experiment(task_.sweep_folder + "/experiment.pbtxt", {}));
    return *sweep_;
  }

  PreparedExperiment prepare_member(const WorkerTask::Member& member) {
    const auto index = sweep().find(member.point, member.seed);
    if (!index) fail(member, "the sweep has no such member");
    DataRoots roots{task_.data_folders};
    roots.folders.insert(roots.folders.end(), task_.file_folders.begin(), task_.file_folders.end());
    const PretrainingPlaces places{options_.runs_root,
                                   task_.data_folders,
                                   [this](const Experiment& config) { return open_device(config); },
                                   {},
                                   &cache_};
    PreparedExperiment prepared = prepare(sweep().experiment(sweep().members[*index]), roots, places);
    if (!prepared.run_first.empty()) {
      fail(member, "the weights of " + prepared.run_first[0].file + " are not there any more");
    }
    const std::string id = run_id(prepared, *open_device(prepared.loaded.config)).substr(0, member.id.size());
    if (id != member.id) fail(member, "it is " + id + " now: did its data, weights or the program change meanwhile?");
    for (const std::string& warning : prepared.warnings) std::cerr << "warning: " << warning << '\n';
    return prepared;
  }

  [[noreturn]] void fail(const WorkerTask::Member& member, const std::string& why) const {
    throw InputError(
        task_.sweep_folder + ": member " + member_text(member) + ": " + why +
        "\n  expected what the sweep began with; thaw run with its file finds out what there is to do now");
  }

  const WorkerTask& task_;
  const RunOptions& options_;
  int threads_ = 0;
  std::optional<SweepMembers> sweep_;
  PreparationCache cache_;
  bool is_stopped_ = false;
  bool is_taken_ = false;
  bool has_diverged_ = false;
};

}  // namespace

std::string member_text(const WorkerTask::Member& member) {
  return member.id + ":" + std::to_string(member.point) + ":" + std::to_string(member.seed);
}

std::vector<std::string> task_words(const WorkerTask& task, int until_epoch) {
  std::vector<std::string> words;
  for (const WorkerTask::Member& member : task.members) words.insert(words.end(), {"--member", member_text(member)});
  if (until_epoch > 0) words.insert(words.end(), {"--until-epoch", std::to_string(until_epoch)});
  if (task.is_side_by_side) words.emplace_back("--side-by-side");
  words.insert(words.end(), {"--cores", task.processors, "--parent", std::to_string(task.parent)});
  return words;
}

WorkerTask::Member parse_member(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  WorkerTask::Member member;
  const auto takes = [&text](std::size_t begin, std::size_t end, auto& number) {
    const auto result = std::from_chars(text.data() + begin, text.data() + end, number);
    return result.ec == std::errc() && result.ptr == text.data() + end;
  };
  const bool is_whole = first != std::string::npos && second != std::string::npos &&
                        takes(first + 1, second, member.point) && takes(second + 1, text.size(), member.seed);
  member.id = text.substr(0, first);
  const bool is_id = !member.id.empty() && member.id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_whole || !is_id) throw InputError("--member takes ID:POINT:SEED, not \"" + text + "\"");
  return member;
}

int work(const WorkerTask& task, const RunOptions& options) { return Worker(task, options).run(); }

}  // namespace thaw
