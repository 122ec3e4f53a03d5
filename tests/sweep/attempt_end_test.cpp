#include "runner/sweep/attempt_end.h"

#include <signal.h>

#include "runner/store/durable_file.h"
#include "runner/store/record_writer.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

class AttemptEndTest : public TempFolderTest {
 protected:
  void append(const Event& event) { RecordWriter(in("record.binpb")).append(event); }

  void train(int epochs) {
    Event started;
    started.mutable_started()->set_epochs(4);
    append(started);
    for (int epoch = 1; epoch <= epochs; ++epoch) {
      Event event;
      event.mutable_epoch_end()->set_epoch(epoch);
      append(event);
    }
  }

  struct Asked {
    int until_epoch = 0;
    bool was_begun = true;
    bool is_stopping = false;
  };
  /// "END: REASON: what people are told".
  std::string end_of(const ChildEnd& process, const Asked& asked, const std::string& words = "words") {
    Scheduler::Member member{.info = {}, .record = MemberRecord(folder_, "loss"), .attempts = 3};
    member.record.refresh();
    const AttemptEnded ended =
        describe_end({member, process, asked.until_epoch, asked.was_begun, asked.is_stopping, words, 1.5});
    EXPECT_EQ(ended.attempt(), 3);
    EXPECT_EQ(ended.seconds(), 1.5);
    return AttemptEnded::End_Name(ended.end()) + ": " + ended.reason() + ": " + end_text(ended, member);
  }
  std::string end_of(const ChildEnd& process) { return end_of(process, Asked()); }
};

TEST_F(AttemptEndTest, WithoutAResultTheProcessDecides) {
  train(1);
  EXPECT_EQ(end_of({.exit_code = 1}), "FAILED: words: failed, and is tried again: words");
  EXPECT_EQ(end_of({.exit_code = 2}, {}, ""),
            "FAILED: its process said nothing: failed, and is tried again: its process said nothing");
  EXPECT_EQ(end_of({.exit_code = 0}), "FAILED: words: failed, and is tried again: words");
  EXPECT_EQ(
      end_of({.signal = SIGKILL}),
      "KILLED: killed by SIGKILL (out of memory?): failed, and is tried again: killed by SIGKILL (out of memory?)");
  EXPECT_EQ(end_of({.signal = SIGSEGV}), "KILLED: killed by SIGSEGV: failed, and is tried again: killed by SIGSEGV");
  EXPECT_EQ(end_of({.exit_code = 69}), "TAKEN: : ");
  EXPECT_EQ(end_of({.exit_code = 75}), "STOPPED: : ");
  EXPECT_EQ(end_of({.signal = SIGTERM}), "STOPPED: : ");
  EXPECT_EQ(end_of({.exit_code = 1}, {.is_stopping = true}), "STOPPED: : ");
  EXPECT_EQ(end_of({.exit_code = 1}, {.was_begun = false}), "STOPPED: its process ended before its turn came: ");
}

TEST_F(AttemptEndTest, ARungsEndIsAPause) {
  EXPECT_EQ(after_epochs(1), "after 1 epoch");
  train(2);
  EXPECT_EQ(end_of({}, {.until_epoch = 2}), "PAUSED: : after 2 epochs");
  EXPECT_EQ(end_of({.signal = SIGKILL}, {.until_epoch = 2}), "PAUSED: : after 2 epochs");
  EXPECT_EQ(end_of({.exit_code = 75}, {.until_epoch = 3}), "STOPPED: : ");
}

TEST_F(AttemptEndTest, TheRecordGoesBeforeTheProcess) {
  train(4);
  Event finished;
  finished.mutable_finished()->set_reason("all epochs done");
  append(finished);
  EXPECT_EQ(end_of({.signal = SIGKILL}), "DONE: : done");
  EXPECT_EQ(end_of({.exit_code = 1}), "DONE: : done");
}

TEST_F(AttemptEndTest, WhoDivergedSaysWhatToTry) {
  train(1);
  Event diverged;
  diverged.mutable_diverged()->set_tensor("loss");
  diverged.mutable_diverged()->set_kind("NaN");
  diverged.mutable_diverged()->set_advice("lower the rate");
  append(diverged);
  EXPECT_EQ(
      end_of({.exit_code = 3}),
      "DIVERGED: loss became NaN; what to try: lower the rate: diverged: loss became NaN; what to try: lower the rate");
}

}  // namespace
}  // namespace thaw
