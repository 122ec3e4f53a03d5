#include "runner/sweep/live_table.h"

#include <gmock/gmock.h>

#include "runner/amount_text.h"
#include "runner/store/durable_file.h"
#include "runner/store/record_writer.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

using State = Scheduler::State;
using testing::ElementsAre;

/// Two combinations of two seeds; the names are such as would steer a terminal.
class LiveTableTest : public TempFolderTest {
 protected:
  LiveTableTest() {
    sweep_.set_name("name");
    sweep_.set_metric("digit/accuracy");
    sweep_.set_metric_title("Accuracy");
    sweep_.set_metric_is_max(true);
    sweep_.set_metric_is_share(true);
    sweep_.add_axis()->set_name("strategy");
    for (int i = 0; i < 4; ++i) {
      MemberInfo& member = *sweep_.add_member();
      member.set_id("a" + std::to_string(i));
      member.set_folder("name/a" + std::to_string(i));
      member.set_point(i / 2);
      member.set_seed(static_cast<std::uint64_t>(1 + i % 2));
      member.add_setting()->set_text(i < 2 ? "frozen\033[2J" : "größer");
    }
    train("a0", 0.5, true);
    train("a2", 0.75, true);
    train("a3", 0.85, true);
    train("a1", 0.25, false);
  }

  void train(const std::string& id, double value, bool is_finished) {
    make_folders(in("name/" + id));
    RecordWriter record(in("name/" + id + "/record.binpb"));
    Event started;
    started.mutable_started()->set_epochs(10);
    record.append(started);
    Event event;
    event.mutable_epoch_end()->set_epoch(1);
    event.mutable_epoch_end()->set_is_best(true);
    MetricValue* measured = event.mutable_epoch_end()->add_validation();
    measured->set_name("digit/accuracy");
    measured->set_value(value);
    record.append(event);
    write_plain(in("name/" + id + "/report.html"), "report");
    if (!is_finished) return;
    Event finished;
    finished.mutable_finished()->set_reason("all epochs done");
    record.append(finished);
  }

  Scheduler scheduler() {
    Scheduler made(sweep_, folder_, {.retries = 0, .jobs = 1});
    for (int i = 0; i < made.size(); ++i) made.update(i);
    return made;
  }

  SweepStarted sweep_;
};

TEST_F(LiveTableTest, TellsWhatRunsAndWhatIsBest) {
  Scheduler scheduler = this->scheduler();
  scheduler.member(1).state = State::kRunning;
  const LiveTable table(sweep_, scheduler);
  EXPECT_THAT(table.lines({1}, 24),
              ElementsAre("name: 3 of 4 done, 1 running",                            //
                          "  strategy frozen\\x1b[2J, seed 2  epoch 1/10  25.0 %",   //
                          "best so far, by Accuracy:",                               //
                          "  strategy größer         80.0 %             mean of 2",  //
                          "  strategy frozen\\x1b[2J  50.0 %  mean of 1, 1 without"));
}

TEST_F(LiveTableTest, IsNeverLongerThanTheWindow) {
  Scheduler scheduler = this->scheduler();
  const LiveTable table(sweep_, scheduler);
  for (int rows = 1; rows < 12; ++rows) {
    const auto lines = table.lines({0, 1, 2, 3}, rows);
    EXPECT_LE(static_cast<int>(lines.size()), std::max(rows - 1, 1)) << rows;
  }
}

TEST_F(LiveTableTest, TheAnswerRanksCombinationsAndNamesWhoFailed) {
  Scheduler scheduler = this->scheduler();
  scheduler.member(1).state = State::kFailed;
  scheduler.member(1).reason = "killed by SIGKILL (out of memory?)";
  const LiveTable table(sweep_, scheduler);
  EXPECT_EQ(table.answer("runs/name/sweep-1"),
            "                          Accuracy\n"
            "  strategy größer           80.0 %             mean of 2\n"
            "  strategy frozen\\x1b[2J    50.0 %  mean of 1, 1 without\n"
            "3 of 4 done, 1 failed\n"
            "failed: a1  strategy frozen\\x1b[2J, seed 2: killed by SIGKILL (out of memory?)\n"
            "  its log: runs/name/sweep-1/logs/a1.txt\n");
}

// A value after fewer epochs says nothing against one after all of them.
TEST_F(LiveTableTest, ThoseLeftBehindComeAfterTheOthersAndSaySo) {
  Scheduler scheduler = this->scheduler();
  scheduler.member(2).state = scheduler.member(3).state = State::kResting;
  scheduler.member(1).state = State::kFailed;
  EXPECT_THAT(LiveTable(sweep_, scheduler).lines({}, 24),
              ElementsAre("name: 1 of 4 done, 1 failed, 2 paused",
                          "best so far, by Accuracy:", "  strategy frozen\\x1b[2J  50.0 %      mean of 1, 1 without",
                          "  strategy größer         80.0 %  mean of 2, after 1 epoch"));
}

// By its other seed it would be the first one.
TEST_F(LiveTableTest, WhatDivergedComesAfterWhatDidNot) {
  sweep_.set_metric_is_max(false);
  Event diverged;
  diverged.mutable_diverged()->set_kind("NaN");
  RecordWriter(in("name/a1/record.binpb")).append(diverged);
  Scheduler scheduler = this->scheduler();
  EXPECT_THAT(LiveTable(sweep_, scheduler).lines({}, 24),
              ElementsAre("name: 3 of 4 done, 1 diverged",
                          "best so far, by Accuracy:", "  strategy größer         80.0 %             mean of 2",
                          "  strategy frozen\\x1b[2J  50.0 %  mean of 1, 1 without"));
}

TEST(Duration, IsWrittenAsAClockDoes) {
  EXPECT_EQ(duration_text(0.4), "0:00");
  EXPECT_EQ(duration_text(61), "1:01");
  EXPECT_EQ(duration_text(3723), "1:02:03");
}

}  // namespace
}  // namespace thaw
