#include "runner/sweep/scheduler.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// Members that take less than this together share a process, one after the other: starting one takes its time, too.
constexpr double kWorthAProcess_s = 2;
/// However small they are: a process that is killed gives all of them back.
constexpr std::size_t kMostInARow = 16;

/// Whoever failed is tried again alone, so that it takes nobody along.
bool is_alone(const Scheduler::Member& member) { return member.is_alone || member.failures > 0; }

}  // namespace

Scheduler::Scheduler(const SweepStarted& sweep, const std::string& runs_root, SchedulerSettings settings)
    : sweep_(sweep), runs_root_(runs_root), settings_(settings) {
  for (const MemberInfo& info : sweep.member()) {
    members_.push_back({.info = info, .record = MemberRecord(runs_root + "/" + info.folder(), sweep.metric())});
  }
  if (sweep.rung_epochs_size() > 1) {
    halving_.emplace(std::vector<int>(sweep.rung_points().begin(), sweep.rung_points().end()), sweep.metric_is_max());
  }
}

int Scheduler::find(const std::string& id) const {
  for (int i = 0; i < size(); ++i) {
    if (member(i).info.id() == id) return i;
  }
  return -1;
}

void Scheduler::learn(const SweepHistory& history) {
  for (Member& member : members_) {
    const auto found = history.attempts.find(member.info.id());
    if (found == history.attempts.end()) continue;
    member.attempts = found->second.begun;
    member.failures = found->second.failures;
    member.is_alone = found->second.failed_in_company;
    member.reason = found->second.reason;
  }
}

void Scheduler::adopt_runs_of_others(int index) {
  Member& member = this->member(index);
  if (member.record.has_ended()) return;
  const std::string folder = find_finished_run(runs_root_, member.info.id(), member.record.folder());
  if (folder.empty()) return;
  member.info.set_folder(std::filesystem::path(folder).lexically_relative(runs_root_).string());
  member.record.set_folder(folder);
}

bool Scheduler::is_ours(const Member& member) const {
  return member.info.folder() == sweep_.name() + "/" + member.info.id();
}

bool Scheduler::lacks_report(const Member& member) const {
  return is_ours(member) && !member.was_ended_here && !std::filesystem::exists(member.record.folder() + "/report.html");
}

int Scheduler::target_epochs(int index) const {
  if (!halving_) return 0;
  const int rung = halving_->rung(member(index).info.point());
  return rung + 1 == halving_->rungs() ? 0 : sweep_.rung_epochs(rung);
}

bool Scheduler::is_left_behind(int index) const {
  return halving_ && halving_->is_left_behind(member(index).info.point());
}

bool Scheduler::wants_work(const Member& member, int index) const {
  const int target = target_epochs(index);
  if (member.record.has_ended()) return lacks_report(member);  // it was killed right before its end
  return target == 0 || member.record.epochs() < target;
}

void Scheduler::update(int index) {
  Member& member = this->member(index);
  try {
    member.record.refresh();
  } catch (const InputError& error) {  // a damaged record: this member's affair alone
    member.failures = settings_.retries + 1;
    member.reason = std::string(error.what()) + "\n  expected a whole record; without the folder " +
                    member.record.folder() + " it is trained anew";
  }
  if (member.state == State::kRunning) return;
  const bool is_over = member.record.has_ended() && !lacks_report(member);
  member.state = is_over                               ? State::kEnded
                 : member.failures > settings_.retries ? State::kFailed
                 : !wants_work(member, index)          ? State::kResting
                 : member.state == State::kElsewhere   ? State::kElsewhere
                                                       : State::kWaiting;
}

std::optional<double> Scheduler::value_at(int point, int rung) const {
  const int epochs = sweep_.rung_epochs(rung);
  double sum = 0;
  int count = 0;
  for (const Member& member : members_) {
    if (member.info.point() != point) continue;
    const bool is_there = member.record.has_ended() || member.record.epochs() >= epochs;
    if (!is_there && member.state != State::kFailed) return std::nullopt;
    sum += is_there ? member.record.value(epochs) : std::numeric_limits<double>::quiet_NaN();
    ++count;
  }
  return sum / count;
}

std::vector<RungDecided> Scheduler::decide() {
  if (!halving_) return {};
  auto decided = halving_->decide([this](int point, int rung) { return value_at(point, rung); });
  for (int i = 0; i < size(); ++i) {
    Member& member = this->member(i);
    if (member.state == State::kResting && wants_work(member, i)) member.state = State::kWaiting;
  }
  return decided;
}

double Scheduler::typical_seconds(int index) const {
  double sum = 0;
  int count = 0;
  for (const Member& member : members_) {
    if (member.record.status() != MemberRecord::Status::kFinished) continue;
    sum += member.record.wall_s();
    ++count;
  }
  return count > 0 ? sum / count : member(index).info.predicted_s();
}

/// How many of a group one process takes. Side by side costs least in one process; but no process should stand idle
/// that could take a part of it.
std::size_t Scheduler::group_share(const std::vector<int>& waiting, int first, int idle_jobs) const {
  std::set<std::string> others;
  std::size_t own = 0, singles = 0;
  for (const int index : waiting) {
    const MemberInfo& info = member(index).info;
    if (info.group() == member(first).info.group()) {
      ++own;
    } else if (info.group().empty()) {
      ++singles;
    } else {
      others.insert(info.group());
    }
  }
  const auto idle = static_cast<std::size_t>(std::max(idle_jobs, 1));
  const std::size_t parts = idle > others.size() + singles ? idle - others.size() - singles : 1;
  return (own + parts - 1) / parts;
}

/// What a process takes that trains the task's members side by side, and this one: what the largest shares with the
/// others, and what each has of its own.
std::int64_t Scheduler::bytes_with(const Task& task, int index) const {
  std::int64_t shared = 0, own = 0;
  const auto add = [&](int each) {
    const MemberInfo& info = member(each).info;
    shared = std::max(shared, info.predicted_memory_bytes() - info.predicted_beside_bytes());
    own += info.predicted_beside_bytes();
  };
  for (const int each : task.members) add(each);
  add(index);
  return shared + own;
}

/// Whether one of all processes may take so much.
bool Scheduler::has_room(std::int64_t bytes) const {
  return settings_.memory_bytes <= 0 || bytes <= settings_.memory_bytes / std::max(settings_.jobs, 1);
}

std::optional<Task> Scheduler::next(int idle_jobs, const std::function<bool(int member)>& is_free) {
  std::vector<int> waiting;
  for (int i = 0; i < size(); ++i) {
    if (member(i).state == State::kWaiting) waiting.push_back(i);
  }
  Task task;
  std::size_t limit = 1;
  double seconds = 0;
  for (const int index : waiting) {
    const Member& candidate = member(index);
    if (!task.members.empty()) {
      const Member& first = member(task.members.front());
      const bool is_alike = candidate.info.group() == first.info.group() && !is_alone(candidate) &&
                            target_epochs(index) == task.until_epoch &&
                            (candidate.info.group().empty() || candidate.record.epochs() == first.record.epochs());
      if (!is_alike) continue;
      seconds += typical_seconds(index);
      if (candidate.info.group().empty() && seconds > kWorthAProcess_s) break;
      task.is_cut_by_memory = !candidate.info.group().empty() && !has_room(bytes_with(task, index));
      if (task.is_cut_by_memory) break;
    }
    if (!is_free(index)) continue;
    if (task.members.empty()) {
      task.until_epoch = target_epochs(index);
      seconds = typical_seconds(index);
      const auto fair = waiting.size() / (2 * static_cast<std::size_t>(std::max(settings_.jobs, 1)));
      // Where nothing is known of how long they take, one by one.
      limit = is_alone(candidate)               ? 1
              : !candidate.info.group().empty() ? group_share(waiting, index, idle_jobs)
              : seconds > 0                     ? std::clamp<std::size_t>(fair, 1, kMostInARow)
                                                : 1;
    }
    task.bytes = bytes_with(task, index);
    task.members.push_back(index);
    if (task.members.size() >= limit) break;
  }
  if (task.members.empty()) return std::nullopt;
  return task;
}

bool Scheduler::is_finished() const {
  for (int i = 0; i < size(); ++i) {
    const State state = member(i).state;
    const bool is_over =
        state == State::kEnded || state == State::kFailed || (state == State::kResting && is_left_behind(i));
    if (!is_over) return false;
  }
  return true;
}

}  // namespace thaw
