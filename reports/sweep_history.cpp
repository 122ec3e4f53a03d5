#include "reports/sweep_history.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "schemas/diagnostic.h"
#include "schemas/sweep_journal.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

// An event with the journal it is from: what one process leaves open, another one's end does not close.
struct PlacedEvent {
  const SweepEvent* event = nullptr;
  std::size_t journal = 0;
};

const SweepStarted* started_in(const Journal& journal) {
  for (const SweepEvent& event : journal.events) {
    if (event.has_started() && event.started().member_size() > 0 && !event.started().id().empty())
      return &event.started();
  }
  return nullptr;
}

std::int64_t begin_of(const Journal& journal) { return journal.events.front().time_unix_ms(); }

// The id that the folder is called by, "sweep-ID", if a journal knows it; else that of the newest journal.
std::string sweep_id(const std::string& folder, const std::vector<Journal>& journals) {
  const fs::path path = fs::path(folder + "/").lexically_normal().parent_path();
  const std::string called = path.filename().string();
  std::string newest;
  std::int64_t begin = 0;
  for (const Journal& journal : journals) {
    const SweepStarted* started = started_in(journal);
    if (started == nullptr) continue;
    if (called == "sweep-" + started->id()) return started->id();
    if (newest.empty() || begin_of(journal) >= begin) {
      newest = started->id();
      begin = begin_of(journal);
    }
  }
  return newest;
}

// The time during which at least one process worked: the union of the journals' spans.
double worked_seconds(const std::vector<Journal>& journals) {
  std::vector<std::pair<std::int64_t, std::int64_t>> spans;
  for (const Journal& journal : journals) {
    const auto [first, last] = std::minmax_element(
        journal.events.begin(), journal.events.end(),
        [](const SweepEvent& a, const SweepEvent& b) { return a.time_unix_ms() < b.time_unix_ms(); });
    spans.emplace_back(first->time_unix_ms(), last->time_unix_ms());
  }
  std::sort(spans.begin(), spans.end());
  double ms = 0;
  std::int64_t end = 0;
  for (const auto& [first, last] : spans) {
    if (last <= end) continue;
    ms += static_cast<double>(last - std::max(first, end));
    end = last;
  }
  return ms / 1000;
}

void drop_repeated_members(SweepStarted& started) {
  auto& members = *started.mutable_member();
  std::set<std::string> ids;
  const auto is_repeated = [&ids](const MemberInfo& member) { return !ids.insert(member.id()).second; };
  members.erase(std::remove_if(members.begin(), members.end(), is_repeated), members.end());
}

class Merger {
 public:
  explicit Merger(SweepHistory& history) : history_(history) {}

  void add(const PlacedEvent& placed) {
    const SweepEvent& event = *placed.event;
    switch (event.kind_case()) {
      case SweepEvent::kStarted:
        if (history_.begun_unix_ms == 0) history_.begun_unix_ms = event.time_unix_ms();
        history_.started = event.started();
        break;
      case SweepEvent::kAttemptBegun:
        begin(event.attempt_begun().member(), placed.journal);
        break;
      case SweepEvent::kAttemptEnded:
        end(event.attempt_ended());
        break;
      case SweepEvent::kRungDecided:
        history_.decisions.emplace(event.rung_decided().rung(), event.rung_decided());
        break;
      case SweepEvent::kStopped:
      case SweepEvent::kFinished:
        close_all(placed.journal);
        break;
      case SweepEvent::KIND_NOT_SET:  // an event of a later version
        break;
    }
  }

 private:
  void begin(const std::string& id, std::size_t journal) {
    MemberHistory& member = history_.members[id];
    before_[id] = member;
    ++member.attempts;
    member.is_begun = true;
    by_[id] = journal;
  }

  void end(const AttemptEnded& ended) {
    MemberHistory& member = history_.members[ended.member()];
    if (ended.end() == AttemptEnded::TAKEN) {  // it was none
      if (const auto found = before_.find(ended.member()); found != before_.end()) member = found->second;
      return;
    }
    if (!member.is_begun) ++member.attempts;
    if (ended.end() == AttemptEnded::FAILED || ended.end() == AttemptEnded::KILLED) ++member.failures;
    member.is_begun = false;
    member.has_ended = true;
    member.last = ended;
  }

  // A process that says that it leaves has none of its attempts running.
  void close_all(std::size_t journal) {
    for (auto& [id, member] : history_.members) {
      if (!member.is_begun || by_[id] != journal) continue;
      member.is_begun = false;
      member.has_ended = true;
      member.last.Clear();
      member.last.set_end(AttemptEnded::STOPPED);
    }
  }

  SweepHistory& history_;
  std::map<std::string, MemberHistory> before_;
  std::map<std::string, std::size_t> by_;
};

}  // namespace

SweepHistory read_history(const std::string& folder) {
  SweepHistory history;
  std::vector<Journal> journals = open_journals(folder);
  for (const Journal& journal : journals) {
    if (!journal.damage.empty()) history.unreadable.push_back(journal.damage);
  }
  std::erase_if(journals, [](const Journal& journal) { return journal.events.empty(); });
  const std::string id = sweep_id(folder, journals);
  if (id.empty()) throw InputError(folder + ": no journal says what the sweep is");
  std::erase_if(journals, [&](const Journal& journal) {
    const SweepStarted* started = started_in(journal);
    const bool is_foreign = started == nullptr || started->id() != id;
    if (is_foreign) history.unreadable.push_back(journal.path + ": not a journal of this sweep");
    return is_foreign;
  });
  std::vector<PlacedEvent> events;
  for (std::size_t i = 0; i < journals.size(); ++i) {
    for (const SweepEvent& event : journals[i].events) events.push_back({&event, i});
  }
  std::stable_sort(events.begin(), events.end(), [](const PlacedEvent& a, const PlacedEvent& b) {
    return a.event->time_unix_ms() < b.event->time_unix_ms();
  });
  Merger merger(history);
  for (const PlacedEvent& event : events) merger.add(event);
  drop_repeated_members(history.started);
  history.wall_seconds = worked_seconds(journals);
  return history;
}

}  // namespace thaw::reports
