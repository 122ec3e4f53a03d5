#include "reports/sweep_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "reports/sweep_answer.h"
#include "schemas/diagnostic.h"
#include "schemas/sweep_journal.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/recorded_sweep.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;
using test::MemberEnd;
using test::RecordedSweep;
using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

void write(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// One axis, three choices, two seeds.
RecordedSweep small_sweep() {
  RecordedSweep sweep = test::empty_sweep("small", 2);
  test::add_choices(sweep, "strategy", {"frozen", "fine-tune", "scratch"});
  for (int point = 0; point < 3; ++point) {
    for (int seed = 1; seed <= 2; ++seed)
      test::add_member(sweep, point, seed, {sweep.started.axis(0).choice(point)}).value = 0.9 - 0.1 * point;
  }
  return sweep;
}

SweepView view_of(const RecordedSweep& sweep) {
  const TemporaryFolder folder;
  return load_sweep(write_sweep(folder / "runs", sweep));
}

TEST(SweepView, HasPointsWithTheirMembers) {
  const SweepView view = view_of(small_sweep());
  ASSERT_EQ(view.points.size(), 3);
  EXPECT_EQ(view.points[1].label, "fine-tune");
  EXPECT_THAT(view.points[1].members, ElementsAre(2, 3));
  EXPECT_EQ(view.compared, 0);
  EXPECT_TRUE(view.is_finished);
  EXPECT_EQ(view.count(MemberState::kDone), 6);
  EXPECT_THAT(view.unreadable, IsEmpty());
  const MemberView& member = view.members[3];
  EXPECT_EQ(member.value, 0.8);
  EXPECT_TRUE(member.is_final);
  EXPECT_EQ(member.split, "validation");
  EXPECT_EQ(member.epochs.size(), 10);
  EXPECT_NEAR(member.curve.back(), 0.8, 1e-12);
  EXPECT_EQ(member.best_epoch, 10);
  EXPECT_EQ(member.seconds, 10);
  EXPECT_EQ(member.trainable_parameters, 1000);
  EXPECT_EQ(member.train_samples, 500);
  EXPECT_EQ(member.peak_memory_bytes, 200 << 20);
  EXPECT_EQ(member.report, "../" + member.info.id() + "/report.html");
  EXPECT_EQ(member.attempts, 1);
  EXPECT_THAT(member.metrics, ElementsAre(::testing::DoubleNear(0.4, 1e-12), 0.8));
}

TEST(SweepView, LabelsNameOtherAxesAndNumbers) {
  EXPECT_EQ(view_of(test::strategies_sweep(1)).points[5].label, "fine-tune, images 100");
  EXPECT_EQ(view_of(test::numeric_sweep()).points[0].label, "relu, learning_rate 0.003162, units 96");
  RecordedSweep none = test::empty_sweep("repeats", 2);
  test::add_member(none, 0, 1, {});
  EXPECT_EQ(view_of(none).points[0].label, "repeats");
}

TEST(SweepView, TellsEveryStateApart) {
  RecordedSweep sweep = small_sweep();
  sweep.is_finished = false;
  const MemberEnd ends[] = {MemberEnd::kDone,    MemberEnd::kDiverged, MemberEnd::kFailed,
                            MemberEnd::kStopped, MemberEnd::kRunning,  MemberEnd::kNotBegun};
  for (std::size_t i = 0; i < 6; ++i) sweep.members[i].end = ends[i];
  sweep.members[2].reason = "killed by SIGKILL";
  sweep.members[2].failures = 2;
  sweep.members[4].epochs_done = 4;
  const SweepView view = view_of(sweep);
  std::vector<std::string> states;
  for (const MemberView& member : view.members) states.push_back(state_name(member.state));
  EXPECT_THAT(states, ElementsAre("done", "diverged", "failed", "stopped", "running/killed", "not begun"));
  EXPECT_FALSE(view.is_finished);
  EXPECT_EQ(view.members[1].reason, "NaN in dense/kernel gradient after 100 steps");
  EXPECT_EQ(view.members[2].reason, "killed by SIGKILL");
  EXPECT_EQ(view.members[2].attempts, 3);
  EXPECT_FALSE(view.members[4].is_final);
  EXPECT_EQ(view.members[4].epochs.size(), 4);
  EXPECT_NEAR(view.members[4].value, 0.7, 1e-12);  // best so far
  EXPECT_THAT(view.members[5].folder, IsEmpty());
}

TEST(SweepView, AMemberThatAnotherSweepTrainedIsDoneWithoutAnAttempt) {
  const TemporaryFolder folder;
  const std::string sweep = write_sweep(folder / "runs", small_sweep());
  for (const auto& entry : fs::directory_iterator(sweep + "/journal")) {
    std::vector<SweepEvent> events = parse_journal(read(entry.path()), "journal");
    events.resize(1);
    write(entry.path(), test::journal_bytes(events));
  }
  const SweepView view = load_sweep(sweep);
  EXPECT_EQ(view.count(MemberState::kDone), 6);
  EXPECT_EQ(view.members[0].attempts, 0);
}

TEST(SweepView, WhatAnotherProcessHasIsNoAttempt) {
  const TemporaryFolder folder;
  RecordedSweep sweep = small_sweep();
  sweep.members[0].end = MemberEnd::kRunning;
  const std::string path = write_sweep(folder / "runs", sweep);
  SweepEvent begun, ended;
  begun.mutable_attempt_begun()->set_member(sweep.members[1].info.id());
  ended.mutable_attempt_ended()->set_member(sweep.members[1].info.id());
  ended.mutable_attempt_ended()->set_end(AttemptEnded::TAKEN);
  begun.set_time_unix_ms(1'900'000'000'000);
  ended.set_time_unix_ms(1'900'000'000'001);
  SweepEvent started;
  started.set_time_unix_ms(1'899'000'000'000);
  *started.mutable_started() = load_sweep(path).started;
  write(path + "/journal/other-1.binpb", test::journal_bytes({started, begun, ended}));
  const SweepView view = load_sweep(path);
  EXPECT_EQ(view.members[1].state, MemberState::kDone);
  EXPECT_EQ(view.members[1].attempts, 1);
}

TEST(SweepView, HalvingLeavesPointsBehindAtTheirRung) {
  const SweepView view = view_of(test::halving_sweep());
  EXPECT_EQ(view.count(MemberState::kDone), 2);
  EXPECT_EQ(view.count(MemberState::kLeftBehind), 16);
  EXPECT_TRUE(view.is_finished);
  ASSERT_EQ(view.rungs.size(), 3);
  EXPECT_EQ(view.rungs[1].epochs, 3);
  EXPECT_EQ(view.rungs[1].points, 6);
  EXPECT_FALSE(view.rungs[2].is_decided);
  const SweepAnswer answer = answer_sweep(view);
  int at_first = 0, at_second = 0;
  for (const PointResult& point : answer.points) {
    at_first += point.rung == 0;
    at_second += point.rung == 1;
    EXPECT_EQ(point.rank > 0, point.rung < 0);
    EXPECT_EQ(std::isnan(point.rung_value), point.rung < 0);
  }
  EXPECT_EQ(at_first, 12);
  EXPECT_EQ(at_second, 4);
}

TEST(SweepView, BeforeARungIsDecidedItsMembersArePaused) {
  RecordedSweep sweep = test::halving_sweep();
  sweep.decisions.clear();
  sweep.is_finished = false;
  const SweepView view = view_of(sweep);
  EXPECT_EQ(view.count(MemberState::kPaused), 16);
  for (const MemberView& member : view.members) {
    if (member.state == MemberState::kPaused) {
      EXPECT_EQ(member.rung, member.epochs.size() == 1 ? 0 : 1);
    }
  }
}

TEST(SweepView, TheTrunkCostsWhatItTookWhoComputedIt) {
  RecordedSweep sweep = small_sweep();
  for (int i = 0; i < 2; ++i) {
    sweep.members[i].trunk_key = "same";
    sweep.members[i].trunk_seconds = i == 0 ? 8 : 0.5;
    sweep.members[i].has_computed_trunk = i == 0;
    sweep.members[i].seconds = i == 0 ? 10 : 2.5;
  }
  sweep.members[2].beside = {"aaaaaaaaaaaa"};
  const SweepView view = view_of(sweep);
  EXPECT_EQ(view.members[0].cost_seconds, 10);
  EXPECT_EQ(view.members[1].cost_seconds, 10);  // 2 of its own, 8 for the trunk
  EXPECT_EQ(view.members[1].seconds, 2.5);
  EXPECT_EQ(view.members[2].cost_seconds, 5);  // it shared its process
}

TEST(SweepView, MayBeMovedWithItsRunsRoot) {
  const TemporaryFolder folder;
  const fs::path sweep = write_sweep(folder / "runs", test::troubled_sweep());
  const SweepView before = load_sweep(sweep.string());
  fs::rename(folder / "runs", folder / "elsewhere");
  const fs::path moved = fs::path(folder / "elsewhere") / sweep.lexically_relative(folder / "runs");
  const SweepView after = load_sweep(moved.string() + "/");
  EXPECT_EQ(after.count(MemberState::kDone), before.count(MemberState::kDone));
  EXPECT_EQ(after.members[0].report, before.members[0].report);
  EXPECT_TRUE(fs::exists(moved / after.members[0].report));
}

TEST(SweepView, AMembersRunMayLieUnderAnotherName) {
  const TemporaryFolder folder;
  const std::string path = write_sweep(folder / "runs", small_sweep());
  const std::string id = small_sweep().members[0].info.id();
  fs::create_directories(folder / "runs/first");
  fs::rename(folder / ("runs/small/" + id), folder / ("runs/first/" + id));
  SweepEvent started;
  started.set_time_unix_ms(1'900'000'000'000);
  *started.mutable_started() = load_sweep(path).started;
  started.mutable_started()->mutable_member(0)->set_folder("first/" + id);
  write(path + "/journal/other-2.binpb", test::journal_bytes({started}));
  const SweepView view = load_sweep(path);
  EXPECT_EQ(view.members[0].state, MemberState::kDone);
  EXPECT_EQ(view.members[0].value, 0.9);
  EXPECT_EQ(view.members[0].report, "../../first/" + id + "/report.html");
}

TEST(SweepView, AFolderThatLeavesTheRunsRootIsNotFollowed) {
  const TemporaryFolder folder;
  RecordedSweep sweep = small_sweep();
  const std::string path = write_sweep(folder / "runs", sweep);
  fs::rename(folder / ("runs/small/" + sweep.members[0].info.id()), folder / "secret");
  SweepEvent started;
  started.set_time_unix_ms(1'900'000'000'000);
  *started.mutable_started() = load_sweep(path).started;
  for (const std::string hostile : {"../secret", "small/../../secret", "/etc"}) {
    started.mutable_started()->mutable_member(0)->set_folder(hostile);
    write(path + "/journal/other-3.binpb", test::journal_bytes({started}));
    const MemberView member = load_sweep(path).members[0];
    EXPECT_THAT(member.folder, IsEmpty()) << hostile;
    EXPECT_EQ(member.state, MemberState::kDone);  // so its journal says
    EXPECT_EQ(member.reason, "its run's folder is not there");
    EXPECT_TRUE(std::isnan(member.value));
  }
}

TEST(SweepView, TornDamagedAndForeignFilesAreNamedAndLeftOut) {
  const TemporaryFolder folder;
  const std::string path = write_sweep(folder / "runs", small_sweep());
  const std::string journal = path + "/journal/host-4711.binpb";
  const std::string whole = read(journal);
  write(path + "/journal/zz-torn.binpb", whole.substr(0, whole.size() - 3));
  std::string broken = whole;
  broken[broken.size() - 300] ^= 1;
  write(path + "/journal/yy-broken.binpb", broken);
  write(path + "/journal/empty.binpb", "");
  write(path + "/journal/note.txt", "not ours");
  write(path + "/journal/xx-run.binpb", test::record_bytes(test::finished_run({})));
  const std::string record = fs::path(path).parent_path() / small_sweep().members[5].info.id() / "record.binpb";
  std::string damaged = read(record);
  damaged[20] ^= 1;
  write(record, damaged);
  const SweepView view = load_sweep(path);
  EXPECT_EQ(view.count(MemberState::kDone), 6);
  EXPECT_EQ(view.members[5].reason, "its run's record cannot be read");
  ASSERT_EQ(view.unreadable.size(), 3);
  EXPECT_THAT(view.unreadable[0],
              ::testing::MatchesRegex(path + "/journal/yy-broken.binpb: damaged at byte [0-9]+: the frame's length or "
                                             "checksum is wrong, but whole frames follow at byte [0-9]+"));
  EXPECT_EQ(view.unreadable[1], path + "/journal/xx-run.binpb: not a journal of this sweep");
  EXPECT_THAT(view.unreadable[2], ::testing::HasSubstr("record.binpb: damaged at byte 0"));
}

TEST(SweepView, WithoutAJournalThatSaysWhatItIsThereIsNone) {
  const TemporaryFolder folder;
  const std::string path = folder / "sweep-1";
  fs::create_directories(path);
  EXPECT_FALSE(is_sweep_folder(path));
  EXPECT_EQ(message_of([&] { load_sweep(path); }), path + ": not a sweep's folder: it holds no journal");
  fs::create_directories(path + "/journal");
  EXPECT_TRUE(is_sweep_folder(path));
  EXPECT_EQ(message_of([&] { load_sweep(path); }), path + ": no journal says what the sweep is");
}

TEST(SweepView, TheMetricIsCompletedFromTheRecords) {
  RecordedSweep sweep = small_sweep();
  const TemporaryFolder folder;
  const std::string path = write_sweep(folder / "runs", sweep);
  SweepEvent started;
  started.set_time_unix_ms(1'900'000'000'000);
  *started.mutable_started() = load_sweep(path).started;
  started.mutable_started()->clear_metric_is_max();
  started.mutable_started()->clear_metric_is_share();
  started.mutable_started()->clear_metric_title();
  write(path + "/journal/other-4.binpb", test::journal_bytes({started}));
  const SweepView view = load_sweep(path);
  EXPECT_TRUE(view.started.metric_is_max());
  EXPECT_TRUE(view.started.metric_is_share());
  EXPECT_EQ(view.started.metric_title(), "Accuracy");
}

TEST(SweepView, ShowsEveryRecordedSweep) {
  for (const test::NamedSweep& named : test::recorded_sweeps()) {
    const SweepView view = view_of(named.sweep);
    EXPECT_EQ(view.members.size(), named.sweep.members.size()) << named.name;
    EXPECT_NE(answer_sweep(view).head, "") << named.name;
  }
}

TEST(DifferingFields, AreThoseThatMembersDoNotShare) {
  const SweepView view = view_of(test::strategies_sweep(2));
  std::vector<std::string> paths;
  for (const DifferingField& field : differing_fields(view)) {
    paths.push_back(field.path);
    EXPECT_EQ(field.values.size(), view.members.size());
  }
  EXPECT_THAT(paths, ElementsAre("data.train.take"));
}

}  // namespace
}  // namespace thaw::reports
