#include "runner/sweep/scheduler.h"

#include <gmock/gmock.h>

#include <cmath>

#include "runner/store/durable_file.h"
#include "runner/store/record_writer.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

using State = Scheduler::State;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kEpochs = 9;

/// A sweep of members that other processes, played by the test, write records of.
class SchedulerTest : public TempFolderTest {
 protected:
  MemberInfo& add_member(const std::string& id, int point, const std::string& group = "") {
    MemberInfo& member = *sweep_.add_member();
    member.set_id(id);
    member.set_point(point);
    member.set_folder("name/" + id);
    if (!group.empty()) member.set_group(group);
    return member;
  }

  Scheduler scheduler(int jobs = 1, std::int64_t memory_bytes = 0) {
    sweep_.set_name("name");
    sweep_.set_metric("digit/accuracy");
    sweep_.set_metric_is_max(true);
    return Scheduler(sweep_, folder_, {.retries = 2, .jobs = jobs, .memory_bytes = memory_bytes});
  }

  /// Brings the member's record to so many epochs, each with its value; `is_finished`: to its end.
  void train(const std::string& id, const std::vector<double>& values, bool is_finished = false) {
    make_folders(in("name/" + id));
    RecordWriter record(in("name/" + id + "/record.binpb"));
    Event started;
    started.mutable_started()->set_epochs(kEpochs);
    record.append(started);
    double best = -1;
    for (std::size_t i = 0; i < values.size(); ++i) {
      Event event;
      event.mutable_epoch_end()->set_epoch(static_cast<int>(i) + 1);
      event.mutable_epoch_end()->set_is_best(values[i] > best);
      best = std::max(best, values[i]);
      MetricValue* value = event.mutable_epoch_end()->add_validation();
      value->set_name("digit/accuracy");
      value->set_value(values[i]);
      record.append(event);
    }
    if (!is_finished) return;
    Event finished;
    finished.mutable_finished()->set_reason("all epochs done");
    record.append(finished);
    write_plain(in("name/" + id + "/report.html"), "report");
  }

  void diverge(const std::string& id) {
    train(id, {});
    RecordWriter record(in("name/" + id + "/record.binpb"));
    Event event;
    event.mutable_diverged()->set_tensor("x");
    record.append(event);
    write_plain(in("name/" + id + "/report.html"), "report");
  }

  static std::vector<int> next(Scheduler& scheduler, int idle = 1) {
    const auto task = scheduler.next(idle, [](int) { return true; });
    return task ? task->members : std::vector<int>();
  }

  SweepStarted sweep_;
};

TEST_F(SchedulerTest, GivesOutWhatIsNotDoneInOrder) {
  for (int i = 0; i < 3; ++i) add_member("a" + std::to_string(i), i);
  train("a0", {0.5}, true);
  diverge("a1");
  Scheduler scheduler = this->scheduler();
  for (int i = 0; i < 3; ++i) scheduler.update(i);
  EXPECT_EQ(scheduler.member(0).state, State::kEnded);
  EXPECT_EQ(scheduler.member(1).state, State::kEnded);
  EXPECT_FALSE(scheduler.is_finished());
  EXPECT_THAT(next(scheduler), ElementsAre(2));
  scheduler.member(2).failures = 3;
  scheduler.update(2);
  EXPECT_EQ(scheduler.member(2).state, State::kFailed);
  EXPECT_TRUE(scheduler.is_finished());
}

TEST_F(SchedulerTest, AGroupGoesToOneProcessButNoProcessStandsIdle) {
  for (int i = 0; i < 5; ++i) add_member("a" + std::to_string(i), i, "one");
  add_member("b", 5);
  Scheduler scheduler = this->scheduler(2);
  EXPECT_THAT(next(scheduler, 1), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(next(scheduler, 2), ElementsAre(0, 1, 2, 3, 4));  // the second process has "b"
  EXPECT_THAT(next(scheduler, 3), ElementsAre(0, 1, 2));
}

TEST_F(SchedulerTest, AGroupTakesNoMoreMemoryThanThereIs) {
  for (int i = 0; i < 5; ++i) {
    MemberInfo& member = add_member("a" + std::to_string(i), i, "one");
    member.set_predicted_beside_bytes(i == 2 ? 30 : 10);
    member.set_predicted_memory_bytes(100 + (i == 2 ? 30 : 10));
  }
  const auto first = [this](int jobs, std::int64_t bytes) {
    Scheduler scheduler = this->scheduler(jobs, bytes);
    return *scheduler.next(1, [](int) { return true; });
  };
  EXPECT_THAT(first(1, 170).members, ElementsAre(0, 1, 2, 3, 4)) << "100 for all, and their own";
  EXPECT_EQ(first(1, 170).bytes, 170);
  EXPECT_FALSE(first(1, 170).is_cut_by_memory);
  EXPECT_THAT(first(1, 169).members, ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(first(1, 169).is_cut_by_memory);
  EXPECT_THAT(first(1, 149).members, ElementsAre(0, 1));
  EXPECT_EQ(first(1, 149).bytes, 120);
  EXPECT_THAT(first(1, 50).members, ElementsAre(0)) << "alone it is tried in any case";
  EXPECT_THAT(first(2, 240).members, ElementsAre(0, 1)) << "the other process takes its half";
  EXPECT_THAT(first(1, 0).members, ElementsAre(0, 1, 2, 3, 4)) << "it is not known";
}

TEST_F(SchedulerTest, WhoFailedIsTriedAgainAlone) {
  for (int i = 0; i < 3; ++i) add_member("a" + std::to_string(i), i, "one");
  Scheduler scheduler = this->scheduler();
  SweepHistory history;
  history.attempts["a0"] = {.begun = 1, .failures = 0, .failed_in_company = true};
  scheduler.learn(history);
  EXPECT_THAT(next(scheduler), ElementsAre(0));
  scheduler.member(0).state = State::kRunning;
  EXPECT_THAT(next(scheduler), ElementsAre(1, 2));
}

TEST_F(SchedulerTest, SmallMembersShareAProcessOneAfterTheOther) {
  for (int i = 0; i < 12; ++i) add_member("a" + std::to_string(i), i).set_predicted_s(i == 2 ? 10 : 0.1);
  Scheduler scheduler = this->scheduler(2);
  EXPECT_THAT(next(scheduler), ElementsAre(0, 1));  // not the one that takes long
  scheduler.member(0).state = scheduler.member(1).state = State::kRunning;
  EXPECT_THAT(next(scheduler), ElementsAre(2));
  scheduler.member(2).state = State::kRunning;
  EXPECT_THAT(next(scheduler), ElementsAre(3, 4));  // a quarter of the nine: others need work, too
}

TEST_F(SchedulerTest, HalvingTrainsToTheRungAndGoesOnWithTheBest) {
  for (int i = 0; i < 3; ++i) {
    add_member("a" + std::to_string(i), i);
    add_member("b" + std::to_string(i), i);
  }
  sweep_.add_rung_epochs(3);
  sweep_.add_rung_epochs(kEpochs);
  sweep_.add_rung_points(3);
  sweep_.add_rung_points(1);
  Scheduler scheduler = this->scheduler();
  auto task = scheduler.next(1, [](int) { return true; });
  ASSERT_TRUE(task);
  EXPECT_EQ(task->until_epoch, 3);
  train("a0", {0.1, 0.7, 0.2});  // the best so far counts, not the last
  train("b0", {0.1, 0.2, 0.3});
  train("a1", {0.6, 0.6, 0.6, 0.9});  // what came after the rung does not
  train("b1", {0.6, 0.6, 0.6});
  train("a2", {0.9, 0.9, 0.9});
  diverge("b2");
  for (int i = 0; i < 6; ++i) scheduler.update(i);
  const auto decided = scheduler.decide();
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_THAT(decided[0].point(), ElementsAre(1, 0, 2));
  EXPECT_DOUBLE_EQ(decided[0].value(0), 0.6);
  EXPECT_DOUBLE_EQ(decided[0].value(1), 0.5);
  EXPECT_TRUE(std::isnan(decided[0].value(2)));
  EXPECT_EQ(scheduler.member(0).state, State::kResting);
  EXPECT_TRUE(scheduler.is_left_behind(0));
  EXPECT_FALSE(scheduler.is_finished());
  EXPECT_THAT(next(scheduler), ElementsAre(2));
  EXPECT_EQ(scheduler.target_epochs(2), 0);
}

TEST_F(SchedulerTest, ARunOfAnotherSweepIsUsed) {
  add_member("abc", 0);
  train("abc", {0.5});
  std::filesystem::create_directories(in("other"));
  std::filesystem::rename(in("name/abc"), in("other/abc"));
  Scheduler scheduler = this->scheduler();
  scheduler.adopt_runs_of_others(0);
  scheduler.update(0);
  EXPECT_EQ(scheduler.member(0).info.folder(), "name/abc");  // it is not finished
  RecordWriter record(in("other/abc/record.binpb"));
  Event finished;
  finished.mutable_finished()->set_reason("all epochs done");
  record.append(finished);
  scheduler.adopt_runs_of_others(0);
  scheduler.update(0);
  EXPECT_EQ(scheduler.member(0).info.folder(), "other/abc");
  EXPECT_EQ(scheduler.member(0).state, State::kEnded);
}

TEST_F(SchedulerTest, OneThatWasKilledBeforeItsReportIsVisitedOnceMore) {
  add_member("abc", 0);
  train("abc", {0.5}, true);
  std::filesystem::remove(in("name/abc/report.html"));
  Scheduler scheduler = this->scheduler();
  scheduler.update(0);
  EXPECT_THAT(next(scheduler), ElementsAre(0));
  scheduler.member(0).was_ended_here = true;  // but not again and again, should the report not be possible
  scheduler.update(0);
  EXPECT_TRUE(scheduler.is_finished());
}

TEST_F(SchedulerTest, ADamagedRecordIsThatMembersAffair) {
  add_member("abc", 0);
  add_member("abd", 1);
  train("abc", {0.5, 0.6});
  std::string bytes = read_file(in("name/abc/record.binpb"));
  bytes[10] ^= 1;
  write_plain(in("name/abc/record.binpb"), bytes);
  Scheduler scheduler = this->scheduler();
  for (int i = 0; i < 2; ++i) scheduler.update(i);
  EXPECT_EQ(scheduler.member(0).state, State::kFailed);
  EXPECT_THAT(scheduler.member(0).reason, testing::HasSubstr("record.binpb: damaged at byte 0: "));
  EXPECT_THAT(next(scheduler), ElementsAre(1));
}

SweepEvent begun(const std::string& member, int attempt, bool has_company = false) {
  SweepEvent event;
  event.mutable_attempt_begun()->set_member(member);
  event.mutable_attempt_begun()->set_attempt(attempt);
  if (has_company) event.mutable_attempt_begun()->add_beside("other");
  return event;
}

SweepEvent ended(const std::string& member, AttemptEnded::End end, const std::string& reason = "") {
  SweepEvent event;
  event.mutable_attempt_ended()->set_member(member);
  event.mutable_attempt_ended()->set_end(end);
  event.mutable_attempt_ended()->set_reason(reason);
  return event;
}

TEST(SweepHistory, CountsWhatFailedAloneSinceTheSweepLastEnded) {
  SweepEvent finished;
  finished.set_time_unix_ms(50);
  finished.mutable_finished();
  const std::vector<SweepEvent> events = {begun("a", 1),
                                          ended("a", AttemptEnded::FAILED, "first"),
                                          finished,
                                          begun("a", 2),
                                          ended("a", AttemptEnded::KILLED, "second"),
                                          begun("a", 3),
                                          ended("a", AttemptEnded::STOPPED),
                                          begun("b", 1, true),
                                          ended("b", AttemptEnded::FAILED, "third")};
  const SweepHistory history = sweep_history(events, 100);
  EXPECT_EQ(history.attempts.at("a").begun, 3);
  EXPECT_EQ(history.attempts.at("a").failures, 1);
  EXPECT_EQ(history.attempts.at("a").reason, "second");
  EXPECT_FALSE(history.attempts.at("a").failed_in_company);
  EXPECT_EQ(history.attempts.at("b").failures, 0);
  EXPECT_TRUE(history.attempts.at("b").failed_in_company);
  EXPECT_TRUE(history.is_finished);
  // An end that another process saw meanwhile forgives nothing.
  EXPECT_EQ(sweep_history(events, 10).attempts.at("a").failures, 2);
}

}  // namespace
}  // namespace thaw
