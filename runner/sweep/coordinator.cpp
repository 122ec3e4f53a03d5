#include "runner/sweep/coordinator.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include "runner/store/durable_file.h"
#include "runner/store/host_name.h"
#include "runner/store/run_folder.h"
#include "runner/store/stop_signal.h"
#include "runner/sweep/attempt_end.h"
#include "runner/sweep/child_process.h"
#include "runner/sweep/claims.h"
#include "runner/sweep/core_shares.h"
#include "runner/sweep/journal_writer.h"
#include "runner/sweep/last_words.h"
#include "runner/sweep/leftovers.h"
#include "runner/sweep/live_table.h"
#include "runner/sweep/scheduler.h"
#include "runner/sweep/worker.h"
#include "runner/train/process_facts.h"
#include "schemas/diagnostic.h"
#include "schemas/sweep_journal.h"

namespace thaw {
namespace {

using Clock = std::chrono::steady_clock;
using State = Scheduler::State;
using Status = MemberRecord::Status;

constexpr std::chrono::milliseconds kPatience{50};
constexpr std::chrono::milliseconds kBetweenLooks{500};  ///< at what other processes do

bool is_due(Clock::time_point& last, std::chrono::milliseconds interval) {
  const auto now = Clock::now();
  if (now - last < interval) return false;
  last = now;
  return true;
}

/// A process at work.
struct Worker {
  pid_t pid = 0;
  std::size_t share = 0;  ///< of the cores
  Task task;
  std::string log = {};
  Clock::time_point started;
};

class Coordinator {
 public:
  Coordinator(SweepStarted sweep, const SweepOptions& options)
      : sweep_(std::move(sweep)),
        options_(options),
        scheduler_(sweep_, options.runs_root, {options.retries, options.jobs, available_memory_bytes()}),
        shares_(core_shares(available_cores(), options.jobs)),
        started_unix_ms_(now_unix_ms()),
        table_(sweep_, scheduler_) {}

  SweepEnd run() {
    if (const auto end = find_it_done()) return *end;
    make_folders(options_.folder + "/logs");
    remove_leftovers(options_.folder);
    remove_leftovers(options_.folder + "/logs");
    write_experiment();
    journal_.emplace(options_.folder);
    append_started();
    table_.note_what_is_there();
    decide();
    children_.emplace();
    while (!is_over()) {
      if (stop_.is_requested() && !is_stopping_) stop_workers();
      if (!is_stopping_) {
        look_at_others();
        decide();
        start_tasks();
      }
      if (is_over()) break;
      if (const auto ended = children_->wait(kPatience)) end_task(*ended);
      table_.draw(running());
    }
    return finish();
  }

 private:
  bool is_over() const { return workers_.empty() && (is_stopping_ || scheduler_.is_finished()); }

  /// Learns the past. Its end, if nothing is left to do and a journal says so.
  std::optional<SweepEnd> find_it_done() {
    const SweepHistory history = read_history();
    for (int i = 0; i < scheduler_.size(); ++i) {
      scheduler_.adopt_runs_of_others(i);
      scheduler_.update(i);
      sweep_.mutable_member(i)->set_folder(scheduler_.member(i).info.folder());
    }
    decide();
    if (!scheduler_.is_finished() || !history.is_finished) return std::nullopt;
    table_.note("already done: nothing is left to train");
    return give_report();
  }

  /// Workers read it, never the user's file, which may change meanwhile.
  void write_experiment() const {
    const std::string path = options_.folder + "/experiment.pbtxt";
    if (!std::filesystem::exists(path) || read_file(path) != sweep_.config()) {
      write_shared_file_durably(path, sweep_.config());
    }
  }

  SweepHistory read_history() {
    others_bytes_ = bytes_of_other_journals(options_.folder, journal_ ? journal_->path() : "");
    SweepHistory history;
    if (std::filesystem::exists(options_.folder + "/journal")) {
      history = sweep_history(read_whole_events(), started_unix_ms_);
    }
    scheduler_.learn(history);
    decided_.insert(history.decided_rungs.begin(), history.decided_rungs.end());
    return history;
  }

  /// Journals tell only of attempts, the members' records of what is done: a damaged one keeps nobody from going on.
  std::vector<SweepEvent> read_whole_events() {
    std::vector<Journal> journals = open_journals(options_.folder);
    for (const Journal& journal : journals) {
      if (journal.damage.empty() || !damaged_.insert(journal.path).second) continue;
      table_.note("warning: " + journal.damage + "\n  it goes on without what this journal told of earlier attempts");
    }
    return merged_events(std::move(journals));
  }

  void append_started() {
    sweep_.set_host(host_name());
    sweep_.set_pid(::getpid());
    SweepEvent event;
    *event.mutable_started() = sweep_;
    journal_->append(std::move(event));
  }

  /// What other coordinators and runs by hand have done meanwhile.
  void look_at_others() {
    if (!is_due(last_look_, kBetweenLooks)) return;
    if (bytes_of_other_journals(options_.folder, journal_->path()) != others_bytes_) {
      read_history();
      for (int i = 0; i < scheduler_.size(); ++i) scheduler_.update(i);
    }
    for (int i = 0; i < scheduler_.size(); ++i) {
      auto& member = scheduler_.member(i);
      if (member.state == State::kRunning && table_.is_terminal()) scheduler_.update(i);
      if (member.state != State::kElsewhere) continue;
      if (!is_held(member)) {
        scheduler_.adopt_runs_of_others(i);
        member.state = State::kWaiting;
      }
      scheduler_.update(i);
      if (member.state == State::kEnded) table_.member_ended(i, "done elsewhere", 0);
    }
  }

  void decide() {
    for (RungDecided& rung : scheduler_.decide()) untold_.push_back(std::move(rung));
    if (!journal_) return;
    for (RungDecided& rung : untold_) {
      if (!decided_.insert(rung.rung()).second) continue;
      table_.note(after_epochs(scheduler_.rung_epochs(rung.rung())) + ": " + std::to_string(rung.promoted()) + " of " +
                  std::to_string(rung.point_size()) + " go on");
      SweepEvent event;
      *event.mutable_rung_decided() = std::move(rung);
      journal_->append(std::move(event));
    }
    untold_.clear();
  }

  bool is_held(const Scheduler::Member& member) const {
    return is_claimed(options_.runs_root, member.info.id()) || is_run_held(member.record.folder());
  }

  /// Whether nobody else trains it at this moment, or has done so.
  bool is_free(int index) {
    auto& member = scheduler_.member(index);
    scheduler_.update(index);
    if (member.state == State::kWaiting && is_held(member)) {
      member.state = State::kElsewhere;
    }
    return member.state == State::kWaiting;
  }

  void start_tasks() {
    while (static_cast<int>(workers_.size()) < options_.jobs) {
      const int idle = options_.jobs - static_cast<int>(workers_.size());
      auto task = scheduler_.next(idle, [this](int member) { return is_free(member); });
      if (!task) return;
      start(std::move(*task));
    }
  }

  void start(Task task) {
    if (task.is_cut_by_memory) table_.note_memory(task);
    for (const int index : task.members) append_begun(index, task);
    Worker worker{.share = free_share(), .task = std::move(task), .started = Clock::now()};
    const std::string first = scheduler_.member(worker.task.members.front()).info.id();
    // A name of its own while it runs: another coordinator's may try the same member at the same time.
    worker.log = name_beside_others(options_.folder + "/logs/" + first, "txt");
    WorkerTask told;
    for (const int index : worker.task.members) {
      const MemberInfo& info = scheduler_.member(index).info;
      told.members.push_back({info.id(), info.point(), info.seed()});
    }
    told.is_side_by_side = is_side_by_side(scheduler_, worker.task);
    told.processors = processors_text(shares_[worker.share]);
    told.parent = ::getpid();
    Children::Command command{options_.worker_command, {}, worker.log};
    for (std::string& word : task_words(told, worker.task.until_epoch)) command.words.push_back(std::move(word));
    // Threads that wait by spinning would keep those from working that they wait for.
    if (options_.threads > static_cast<int>(shares_[worker.share].size())) {
      command.environment = {"OMP_WAIT_POLICY=passive", "GOMP_SPINCOUNT=0"};
    }
    worker.pid = children_->start(command);
    for (const int index : worker.task.members) scheduler_.member(index).state = State::kRunning;
    workers_.push_back(std::move(worker));
  }

  /// Members of one group that a task holds train side by side; the others one after the other.
  static bool is_side_by_side(const Scheduler& scheduler, const Task& task) {
    return task.members.size() > 1 && !scheduler.member(task.members.front()).info.group().empty();
  }

  void append_begun(int index, const Task& task) {
    auto& member = scheduler_.member(index);
    SweepEvent event;
    AttemptBegun* begun = event.mutable_attempt_begun();
    begun->set_member(member.info.id());
    begun->set_attempt(++member.attempts);
    begun->set_pid(::getpid());
    if (task.until_epoch > 0) begun->set_until_epoch(task.until_epoch);
    if (is_side_by_side(scheduler_, task)) {
      for (const int other : task.members) {
        if (other != index) begun->add_beside(scheduler_.member(other).info.id());
      }
    }
    journal_->append(std::move(event));
  }

  std::size_t free_share() const {
    for (std::size_t share = 0; share < shares_.size(); ++share) {
      const auto has_it = [share](const Worker& worker) { return worker.share == share; };
      if (std::none_of(workers_.begin(), workers_.end(), has_it)) return share;
    }
    throw InternalError("sweep: more workers than jobs");
  }

  void end_task(const ChildEnd& child) {
    const auto found =
        std::find_if(workers_.begin(), workers_.end(), [&](const Worker& w) { return w.pid == child.pid; });
    const Worker worker = std::move(*found);
    const std::vector<int>& members = worker.task.members;
    workers_.erase(found);
    const std::string words = last_words(worker.log);
    bool is_kept = false;
    for (const int index : members) {
      const AttemptEnded ended = end_of(index, worker, child, words);
      is_kept = is_kept || ended.end() != AttemptEnded::TAKEN;
      end_member(index, ended, worker, child);
    }
    std::vector<std::string> logs;
    for (const int index : members) {
      if (is_kept) logs.push_back(log_of(index));
    }
    keep_log(worker.log, logs);
  }

  std::string log_of(int index) const {
    return options_.folder + "/logs/" + scheduler_.member(index).info.id() + ".txt";
  }

  AttemptEnded end_of(int index, const Worker& worker, const ChildEnd& child, const std::string& words) {
    auto& member = scheduler_.member(index);
    member.state = State::kWaiting;
    scheduler_.update(index);
    // Members that share a process one after the other may not have had their turn.
    const bool was_begun = worker.task.members.front() == index ||
                           claim_writer(options_.runs_root, member.info.id()) == process_name(child.pid);
    const double seconds = seconds_since(worker.started);
    const auto in_a_row = is_side_by_side(scheduler_, worker.task) ? 1 : worker.task.members.size();
    return describe_end({.member = member,
                         .process = child,
                         .until_epoch = worker.task.until_epoch,
                         .was_begun = was_begun,
                         .is_stopping = is_stopping_,
                         .words = words,
                         .seconds = seconds / static_cast<double>(in_a_row)});
  }

  void end_member(int index, const AttemptEnded& ended, const Worker& worker, const ChildEnd& child) {
    auto& member = scheduler_.member(index);
    const AttemptEnded::End end = ended.end();
    if (end == AttemptEnded::FAILED || end == AttemptEnded::KILLED) {
      member.reason = ended.reason();
      if (is_side_by_side(scheduler_, worker.task)) {
        member.is_alone = true;  // who of them is to blame is not known
      } else {
        ++member.failures;
      }
    }
    // A process may be killed between its run's end and the report: another one writes that, but no third one.
    member.was_ended_here = member.record.has_ended() && (child.signal == 0 || member.was_killed_at_end);
    member.was_killed_at_end = member.record.has_ended() && child.signal != 0;
    if (end == AttemptEnded::TAKEN) member.state = State::kElsewhere;
    scheduler_.update(index);
    SweepEvent event;
    *event.mutable_attempt_ended() = ended;
    journal_->append(std::move(event));
    table_.member_ended(index, end_text(ended, member), ended.seconds());
  }

  void stop_workers() {
    is_stopping_ = true;
    if (workers_.empty()) return;
    const std::string who = workers_.size() == 1
                                ? "its process has written a checkpoint"
                                : std::to_string(workers_.size()) + " processes have written checkpoints";
    table_.note("stopping (" + stop_.name() + "): waiting until " + who + "; once more ends at once");
    children_->terminate();
  }

  SweepEnd finish() {
    if (is_stopping_) {
      SweepEvent event;
      event.mutable_stopped()->set_signal(stop_.name());
      journal_->append(std::move(event));
      give_report();
      table_.note("stopped by " + stop_.name() + "; the same command goes on from there");
      return SweepEnd::kStopped;
    }
    if (has_new_folders()) append_started();
    SweepEvent event;
    *event.mutable_finished() = count_ends(scheduler_);
    event.mutable_finished()->set_wall_s(seconds_since(started_));
    journal_->append(std::move(event));
    return give_report();
  }

  /// Whether runs of other sweeps came into use after this one began.
  bool has_new_folders() {
    bool has_any = false;
    for (int i = 0; i < scheduler_.size(); ++i) {
      const std::string& folder = scheduler_.member(i).info.folder();
      has_any = has_any || folder != sweep_.member(i).folder();
      sweep_.mutable_member(i)->set_folder(folder);
    }
    return has_any;
  }

  SweepEnd give_report() {
    table_.clear();
    if (!is_stopping_) table_.print_answer(options_.folder);  // whether or not the report can be written
    if (options_.write_report) options_.write_report(options_.folder);
    return count_ends(scheduler_).failed() > 0 ? SweepEnd::kSomeFailed : SweepEnd::kDone;
  }

  std::vector<int> running() const {
    std::vector<int> members;
    for (const Worker& worker : workers_) {
      members.insert(members.end(), worker.task.members.begin(), worker.task.members.end());
    }
    return members;
  }

  SweepStarted sweep_;
  const SweepOptions& options_;
  Scheduler scheduler_;
  const std::vector<std::vector<int>> shares_;
  const std::int64_t started_unix_ms_;
  const Clock::time_point started_ = Clock::now();
  StopSignal stop_;
  LiveTable table_;
  std::optional<JournalWriter> journal_;
  std::set<int> decided_;            ///< rungs that a journal tells of
  std::set<std::string> damaged_;    ///< journals that were told of
  std::vector<RungDecided> untold_;  ///< decided before there was a journal to tell it
  std::vector<Worker> workers_;
  std::optional<Children> children_;
  bool is_stopping_ = false;
  std::uintmax_t others_bytes_ = 0;
  Clock::time_point last_look_ = Clock::now();
};

}  // namespace

SweepEnd run_sweep(SweepStarted sweep, const SweepOptions& options) {
  return Coordinator(std::move(sweep), options).run();
}

}  // namespace thaw
