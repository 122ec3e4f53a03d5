#include "schemas/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "schemas/diagnostic.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using ::testing::ElementsAre;

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

std::vector<Event> three_events() { return begun_run({.epochs_done = 1}); }

std::vector<int> epoch_numbers(const EffectiveRecord& record) {
  std::vector<int> numbers;
  for (const EpochEnd& epoch : record.epochs) numbers.push_back(epoch.epoch());
  return numbers;
}

TEST(ReadRecord, GivesBackWhatWasWritten) {
  const auto events = three_events();
  const std::string bytes = record_bytes(events);
  const RecordFrames frames = parse_record(bytes, "record.binpb");
  ASSERT_EQ(frames.events.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(frames.events[i].SerializeAsString(), events[i].SerializeAsString());
  EXPECT_EQ(frames.valid_bytes, bytes.size());
}

TEST(ReadRecord, AnEmptyFileHoldsNothing) {
  const RecordFrames frames = parse_record("", "record.binpb");
  EXPECT_TRUE(frames.events.empty());
  EXPECT_EQ(frames.valid_bytes, 0u);
}

// A writer may die after any byte of a frame.
TEST(ReadRecord, IgnoresATailTornAtAnyByte) {
  const auto events = three_events();
  const std::string whole = record_bytes({events[0], events[1]}), bytes = record_bytes(events);
  for (std::size_t size = whole.size(); size < bytes.size(); ++size) {
    const RecordFrames frames = parse_record(std::string_view(bytes).substr(0, size), "record.binpb");
    ASSERT_EQ(frames.events.size(), 2u) << "cut after byte " << size;
    ASSERT_EQ(frames.valid_bytes, whole.size()) << "cut after byte " << size;
  }
}

// After a crash of the machine, a file system may leave zeros, or an old block's bytes, where data never arrived.
TEST(ReadRecord, IgnoresATailOfZerosOrRubbish) {
  const std::string whole = record_bytes(three_events());
  for (const std::string& tail :
       {std::string(4096, '\0'), std::string(4096, '\xff'), std::string("\x03\0\0\0abcdxyz", 11)}) {
    EXPECT_EQ(parse_record(whole + tail, "record.binpb").valid_bytes, whole.size());
  }
}

// Every single damaged byte before the last frame is noticed, with the frame it damaged.
TEST(ReadRecord, ReportsDamageInTheMiddle) {
  const auto events = three_events();
  const std::size_t first = record_bytes({events[0]}).size();
  const std::string bytes = record_bytes(events);
  for (std::size_t at = 0; at < record_bytes({events[0], events[1]}).size(); at += 7) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    const std::string start = at < first ? "0" : std::to_string(first);
    EXPECT_THAT(message_of([&] { parse_record(damaged, "runs/x/record.binpb"); }),
                ::testing::StartsWith("runs/x/record.binpb: damaged at byte " + start + ": "))
        << "byte " << at;
  }
}

TEST(ReadRecord, SaysWhereWholeFramesGoOn) {
  const auto events = three_events();
  std::string bytes = record_bytes(events);
  bytes[9] = static_cast<char>(bytes[9] ^ 1);
  EXPECT_EQ(
      message_of([&] { parse_record(bytes, "record.binpb"); }),
      "record.binpb: damaged at byte 0: the frame's length or checksum is wrong, but whole frames follow at byte " +
          std::to_string(record_bytes({events[0]}).size()));
}

TEST(ReadRecord, RefusesAFrameThatHoldsNoEvent) {
  const std::string payload = "\xff\xff\xff";
  const auto checksum = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(payload.data()), 3));
  std::string bytes(8, '\0');
  bytes[0] = 3;
  for (int i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(checksum >> (8 * i) & 255);
  EXPECT_EQ(message_of([&] { parse_record(bytes + payload, "record.binpb"); }),
            "record.binpb: damaged at byte 0: the frame holds no event");
}

TEST(ReadRecord, RefusesAMissingFile) {
  EXPECT_EQ(message_of([] { read_record("/nowhere/record.binpb"); }), "/nowhere/record.binpb: no such file");
}

TEST(LoadRun, RefusesAFolderWithoutARecord) {
  EXPECT_EQ(message_of([] { load_run("/nowhere"); }), "/nowhere: not a run folder: it holds no record.binpb");
}

TEST(LoadRun, RefusesARunThatNeverStarted) {
  const TemporaryFolder folder;
  const std::string run = write_run(folder / "run", {});
  EXPECT_EQ(message_of([&] { load_run(run); }),
            run + "/record.binpb: the run never started: the record holds no Started event");
}

TEST(LoadRun, ReadsTheFolder) {
  const TemporaryFolder folder;
  const EffectiveRecord record = load_run(write_run(folder / "run", finished_run({})));
  EXPECT_EQ(record.started.name(), "digits");
  EXPECT_EQ(record.epochs.size(), 10u);
  EXPECT_EQ(record.step, 9380);
  EXPECT_TRUE(record.preview && record.evaluation && record.finished);
  EXPECT_FALSE(record.stopped || record.diverged);
  EXPECT_EQ(record.resumed, 0);
}

TEST(EffectiveRecord, KeepsWhenThingsHappened) {
  auto events = begun_run({.epochs_done = 3});  // Started, DataPreview and the epochs
  for (std::size_t i = 0; i < events.size(); ++i) events[i].set_time_unix_ms(1000 + static_cast<std::int64_t>(i));
  events.push_back(resumed_event(events[3].step(), events[3].step()));
  events.back().set_time_unix_ms(5000);
  events.push_back(events[4]);  // the last epoch again
  events.back().set_time_unix_ms(6000);
  const EffectiveRecord record = effective_record(events, "record.binpb");
  EXPECT_EQ(record.begun_unix_ms, 1000);
  EXPECT_EQ(record.last_unix_ms, 6000);
  std::vector<std::int64_t> times, steps;
  for (const Moment& moment : record.epoch_ends) {
    times.push_back(moment.unix_ms);
    steps.push_back(moment.step);
  }
  EXPECT_THAT(times, ElementsAre(1002, 1003, 6000));
  EXPECT_THAT(steps, ElementsAre(events[2].step(), events[3].step(), events[4].step()));
}

TEST(EffectiveRecord, DropsWhatAResumedRunThrewAway) {
  auto events = begun_run({.epochs_done = 3});
  events[4].mutable_epoch_end()->set_learning_rate(77);  // epoch 3, which dies with its process
  events.push_back(resumed_event(2 * 938, 2 * 938));
  EffectiveRecord record = effective_record(events, "record");
  EXPECT_THAT(epoch_numbers(record), ElementsAre(1, 2));
  EXPECT_EQ(record.step, 2 * 938);
  EXPECT_EQ(record.resumed, 1);

  events.push_back(begun_run({.epochs_done = 3}).back());
  record = effective_record(events, "record");
  EXPECT_THAT(epoch_numbers(record), ElementsAre(1, 2, 3));
  EXPECT_EQ(record.epochs[2].learning_rate(), 0.001);
}

TEST(EffectiveRecord, KeepsTheEpochThatEndsAtTheCheckpoint) {
  auto events = begun_run({.epochs_done = 2});
  events.push_back(resumed_event(0, 938));
  EXPECT_THAT(epoch_numbers(effective_record(events, "record")), ElementsAre(1));
}

TEST(EffectiveRecord, AResumedRunHasNotEnded) {
  for (const Event& ending : {stopped_event(938), diverged_event(938), finished_run({}).back()}) {
    auto events = begun_run({.epochs_done = 1});
    events.push_back(ending);
    EffectiveRecord record = effective_record(events, "record");
    EXPECT_TRUE(record.stopped || record.diverged || record.finished);
    events.push_back(resumed_event(938, 938));
    record = effective_record(events, "record");
    EXPECT_FALSE(record.stopped || record.diverged || record.finished);
  }
}

TEST(EffectiveRecord, DropsALaterEvaluationButKeepsThePreview) {
  auto events = finished_run({});
  events.push_back(resumed_event(938, 938));
  const EffectiveRecord record = effective_record(events, "record");
  EXPECT_FALSE(record.evaluation);
  EXPECT_TRUE(record.preview);
}

TEST(EffectiveRecord, ASecondStartBeginsAnew) {
  auto events = begun_run({.epochs_done = 3});
  events.push_back(begun_run({.seed = 5}).front());
  const EffectiveRecord record = effective_record(events, "record");
  EXPECT_TRUE(record.epochs.empty());
  EXPECT_EQ(record.started.seed(), 5u);
}

TEST(EffectiveRecord, PassesOverEventsOfALaterVersion) {
  auto events = begun_run({.epochs_done = 1});
  events.insert(events.begin() + 1, Event());
  EXPECT_THAT(epoch_numbers(effective_record(events, "record")), ElementsAre(1));
}

}  // namespace
}  // namespace thaw::test
