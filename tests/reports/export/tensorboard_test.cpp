#include "reports/export/tensorboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "reports/export/event_file.h"
#include "schemas/diagnostic.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/export/example_sweep.h"
#include "tests/reports/export/exported_files.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using namespace reports;
using namespace tensorboard;
using ::testing::ElementsAre;
using ::testing::Pair;

// Bit by bit, from the polynomial: shares nothing with what wrote the file.
std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

std::uint64_t number_at(const std::string& bytes, std::size_t at, int size) {
  std::uint64_t number = 0;
  for (int i = size - 1; i >= 0; --i) number = number << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return number;
}

// The events of a file, each checksum verified.
std::vector<LogEvent> read_events(const std::string& bytes) {
  const auto unmasked = [&bytes](std::size_t at) {
    const auto rotated = static_cast<std::uint32_t>(number_at(bytes, at, 4) - 0xa282ead8);
    return rotated >> 17 | rotated << 15;
  };
  std::vector<LogEvent> events;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = number_at(bytes, at, 8);
    EXPECT_EQ(unmasked(at + 8), crc32c(std::string_view(bytes).substr(at, 8)));
    const std::string payload = bytes.substr(at + 12, length);
    EXPECT_EQ(payload.size(), length);
    EXPECT_EQ(unmasked(at + 12 + length), crc32c(payload));
    EXPECT_TRUE(events.emplace_back().ParseFromString(payload));
    at += 16 + length;
  }
  return events;
}

// Points of a curve, by step.
std::vector<std::pair<std::int64_t, float>> curve(const std::string& bytes, const std::string& tag) {
  std::vector<std::pair<std::int64_t, float>> points;
  for (const LogEvent& event : read_events(bytes)) {
    for (const SummaryValue& value : event.summary().value()) {
      if (value.tag() == tag) points.emplace_back(event.step(), value.simple_value());
    }
  }
  return points;
}

std::optional<HParamsPluginData> plugin_data(const std::string& bytes, const std::string& tag) {
  for (const LogEvent& event : read_events(bytes)) {
    for (const SummaryValue& value : event.summary().value()) {
      if (value.tag() != tag) continue;
      EXPECT_EQ(value.metadata().plugin_data().plugin_name(), "hparams");
      HParamsPluginData data;
      EXPECT_TRUE(data.ParseFromString(value.metadata().plugin_data().content()));
      return data;
    }
  }
  return {};
}

Files exported(const std::string& folder) {
  Files files;
  write_tensorboard(load_export_subject(folder), into(files));
  return files;
}

std::string file_in(const Files& files, const std::string& folder) {
  std::string found;
  for (const auto& [path, bytes] : files) {
    if (path.substr(0, path.rfind('/')) != folder) continue;
    EXPECT_EQ(found, "") << "two files in " << folder;
    found = bytes;
  }
  EXPECT_NE(found, "") << "no file in " << folder;
  return found;
}

std::vector<Event> timed(std::vector<Event> events) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].set_time_unix_ms(kSweepBegun + static_cast<std::int64_t>(i) * 500);
  }
  return events;
}

// RFC 3720, appendix B.4: the CRC-32C of "123456789" is E3069283, and 32 zeros give 8A9136AA.
TEST(EventFileTest, ChecksumsAreMaskedCrc32c) {
  EXPECT_EQ(masked_crc32c("123456789"), 0xC78AB0E5);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AA);
}

TEST(EventFileTest, BeginsWithItsVersion) {
  const auto events = read_events(EventFile(1.5).bytes());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[0].wall_time(), 1.5);
}

TEST(TensorBoard, OfARunHasItsCurvesBySplit) {
  const TemporaryFolder folder;
  const auto events = timed(finished_run({.epochs = 3, .epochs_done = 3, .pictures = 0}));
  const Files files = exported(write_run(folder / "run", events));
  const std::string top = "digits/" + events[0].started().id();
  EXPECT_THAT(paths_of(files), ElementsAre(top + "/events.out.tfevents.1700000000.thaw",
                                           top + "/train/events.out.tfevents.1700000000.thaw",
                                           top + "/validation/events.out.tfevents.1700000000.thaw"));
  for (const MetricInfo& info : events[0].started().metric()) {
    std::vector<std::pair<std::int64_t, float>> train, validation;
    for (const Event& event : events) {
      for (const MetricValue& value : event.epoch_end().train()) {
        if (value.name() == info.name()) train.emplace_back(event.epoch_end().epoch(), value.value());
      }
      for (const MetricValue& value : event.epoch_end().validation()) {
        if (value.name() == info.name()) validation.emplace_back(event.epoch_end().epoch(), value.value());
      }
    }
    ASSERT_EQ(train.size(), 3u);
    EXPECT_EQ(curve(file_in(files, top + "/train"), info.name()), train);
    EXPECT_EQ(curve(file_in(files, top + "/validation"), info.name()), validation);
  }
  EXPECT_THAT(curve(file_in(files, top + "/train"), "learning_rate"),
              ElementsAre(Pair(1, 0.001F), Pair(2, 0.001F), Pair(3, 0.001F)));
  EXPECT_EQ(curve(file_in(files, top + "/train"), "samples_per_second").size(), 3u);
  EXPECT_TRUE(curve(file_in(files, top + "/validation"), "learning_rate").empty());
  // The second event is the preview, the third one the first epoch.
  EXPECT_EQ(read_events(file_in(files, top + "/train"))[1].wall_time(), 1.7e9 + 1);
}

TEST(TensorBoard, OfARunHasItsBestNumbersAndHyperparameters) {
  const TemporaryFolder folder;
  auto events = timed(finished_run({.epochs = 3, .epochs_done = 3, .pictures = 0}));
  events[0].mutable_started()->set_config(
      "name: \"digits\"\nseed: 7\ntrain {\n  epochs: 3\n  optimizer {\n    adam {\n      learning_rate: 0.001\n    }\n "
      " }\n}\n"
      "data {\n  allow_leakage: false\n}\ncompute {\n  precision: BFLOAT16\n}\n");
  const Files files = exported(write_run(folder / "run", events));
  const std::string bytes = file_in(files, "digits/" + events[0].started().id());
  const Evaluation& evaluation = events[events.size() - 2].evaluation();
  ASSERT_GT(evaluation.value_size(), 0);
  for (const MetricValue& value : evaluation.value()) {
    EXPECT_THAT(curve(bytes, "best/" + value.name()),
                ElementsAre(Pair(evaluation.epoch(), static_cast<float>(value.value()))));
  }
  const auto start = plugin_data(bytes, "_hparams_/session_start_info")->session_start_info();
  EXPECT_EQ(start.start_time_secs(), 1.7e9);
  EXPECT_EQ(start.group_name(), "");
  std::map<std::string, std::string> hparams;
  for (const HParam& hparam : start.hparams()) hparams[hparam.key()] = hparam.value().ShortDebugString();
  EXPECT_THAT(hparams, ElementsAre(Pair("compute.precision", "string_value: \"BFLOAT16\""),
                                   Pair("data.allow_leakage", "bool_value: false"), Pair("seed", "number_value: 7"),
                                   Pair("train.epochs", "number_value: 3"),
                                   Pair("train.optimizer.adam.learning_rate", "number_value: 0.001")));
  EXPECT_FALSE(plugin_data(bytes, "_hparams_/experiment"));
}

TEST(TensorBoard, SaysHowARunEnded) {
  const auto end_of = [](const std::vector<Event>& events) -> std::optional<SessionEndInfo::Status> {
    const TemporaryFolder folder;
    const Files files = exported(write_run(folder / "run", events));
    const auto data = plugin_data(file_in(files, "digits/" + events[0].started().id()), "_hparams_/session_end_info");
    return data ? std::optional(data->session_end_info().status()) : std::nullopt;
  };
  const ExampleOptions few{.epochs = 3, .epochs_done = 1, .pictures = 0};
  EXPECT_EQ(end_of(finished_run(few)), SessionEndInfo::SUCCESS);
  auto events = begun_run(few);
  EXPECT_EQ(end_of(events), std::nullopt);
  events.push_back(stopped_event(1000));
  EXPECT_EQ(end_of(events), std::nullopt);
  events.back() = diverged_event(1000);
  EXPECT_EQ(end_of(events), SessionEndInfo::FAILURE);
}

TEST(TensorBoard, ARunThatHasNoEpochsYetIsNoMistake) {
  const TemporaryFolder folder;
  const Files files = exported(write_run(folder / "run", begun_run({.epochs_done = 0, .pictures = 0})));
  ASSERT_EQ(files.size(), 2u);
  for (const auto& [path, bytes] : files) EXPECT_GE(read_events(bytes).size(), 1u) << path;
}

// The same names and bytes: what TensorBoard was shown before is replaced, not doubled.
TEST(TensorBoard, IsTheSameWhenExportedAgain) {
  const TemporaryFolder folder;
  const std::string sweep = write_example_sweep(folder / "runs");
  EXPECT_EQ(exported(sweep), exported(sweep));
}

TEST(TensorBoard, OfASweepHasASessionForEachMember) {
  const TemporaryFolder folder;
  const Files files = exported(write_example_sweep(folder / "runs"));
  EXPECT_EQ(files.size(), 1u + 7 * 3);
  const std::string first = file_in(files, "strategies/strategy=frozen,images=20,momentum=0.9,seed=1-000000000000");
  const std::string second = file_in(files, "strategies/strategy=frozen,images=20,momentum=0.9,seed=2-000000000001");
  const std::string other = file_in(files, "strategies/strategy=fine-tune,images=500,momentum=0.9,seed=1-000000000006");
  const auto start = [](const std::string& bytes) {
    return plugin_data(bytes, "_hparams_/session_start_info")->session_start_info();
  };
  EXPECT_EQ(start(first).group_name(), "strategy=frozen, images=20, momentum=0.9");
  EXPECT_EQ(start(second).group_name(), start(first).group_name());
  EXPECT_EQ(start(other).group_name(), "strategy=fine-tune, images=500, momentum=0.9");
  // Without the axis that is the same everywhere, and without the seed, which a group averages over.
  ASSERT_EQ(start(other).hparams_size(), 2);
  EXPECT_EQ(start(other).hparams(0).ShortDebugString(), "key: \"strategy\" value { string_value: \"fine-tune\" }");
  EXPECT_EQ(start(other).hparams(1).ShortDebugString(), "key: \"images\" value { number_value: 500 }");
  EXPECT_EQ(plugin_data(first, "_hparams_/session_end_info")->session_end_info().status(), SessionEndInfo::FAILURE);
}

TEST(TensorBoard, OfASweepSaysWhatColumnsTheTableHas) {
  const TemporaryFolder folder;
  const Files files = exported(write_example_sweep(folder / "runs"));
  const auto data = plugin_data(file_in(files, "strategies/sweep-abcdef012345"), "_hparams_/experiment");
  const HParamsExperiment& experiment = data->experiment();
  EXPECT_EQ(experiment.name(), "strategies");
  EXPECT_EQ(experiment.description(), "Which strategy at which size?");
  EXPECT_EQ(experiment.time_created_secs(), 1.7e9 - 5);
  ASSERT_EQ(experiment.hparam_infos_size(), 2);
  const HParamInfo &strategy = experiment.hparam_infos(0), &images = experiment.hparam_infos(1);
  EXPECT_EQ(strategy.name(), "strategy");
  EXPECT_EQ(strategy.type(), HParamInfo::STRING);
  ASSERT_EQ(strategy.domain_discrete().values_size(), 2);
  EXPECT_EQ(strategy.domain_discrete().values(1).string_value(), "fine-tune");
  EXPECT_EQ(images.type(), HParamInfo::FLOAT64);
  EXPECT_EQ(images.description(), "data.train.take");
  EXPECT_EQ(images.domain_interval().min_value(), 20);
  EXPECT_EQ(images.domain_interval().max_value(), 500);
  std::vector<std::string> columns;
  for (const HParamMetric& metric : experiment.metric_infos()) {
    columns.push_back(metric.name().group() + ":" + metric.name().tag());
  }
  ASSERT_EQ(columns.size(), 14u);                          // 7 metrics, of the best epoch and of the last one
  EXPECT_EQ(columns[0], ":best/classification/accuracy");  // the sweep's own
  EXPECT_EQ(columns[1], ":best/loss");
  EXPECT_EQ(columns[7], "validation:loss");
  EXPECT_EQ(experiment.metric_infos(0).display_name(), "Accuracy, best epoch");
}

// Whatever a choice is called, files lie below the folder, and names are UTF-8.
TEST(TensorBoard, HostileNamesStayBelowTheFolder) {
  ASSERT_EQ(hostile_texts().size(), 30u);
  const TemporaryFolder folder;
  const ExportSubject subject = load_export_subject(write_example_sweep(folder / "runs"));
  for (const std::string& text : hostile_texts()) {
    Files files;
    write_tensorboard(renamed(subject, text), into(files));
    EXPECT_EQ(files.size(), 22u) << text;
    for (const auto& [path, bytes] : files) {
      EXPECT_THAT(path, ::testing::MatchesRegex("strategies(/[A-Za-z0-9._=,+-]+)+")) << text;
      EXPECT_THAT(path, ::testing::Not(::testing::HasSubstr("/../"))) << text;
      EXPECT_LT(path.find('/', 11) - 11, 140u) << text;
      read_events(bytes);
    }
  }
}

std::string message_of(const std::string& folder) {
  try {
    load_export_subject(folder);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

TEST(ExportSubjectTest, SaysWhatItLeavesOut) {
  const TemporaryFolder folder;
  const std::string sweep = write_example_sweep(folder / "runs");
  EXPECT_EQ(
      describe(load_export_subject(sweep)),
      "strategies, sweep abcdef012345: 7 of 8 members; left out: strategy=fine-tune, images=500, momentum=0.9, seed=2: "
      "not begun");
  EXPECT_EQ(describe(load_export_subject(sweep + "/")), describe(load_export_subject(sweep)));
  EXPECT_EQ(describe(load_export_subject(folder / "runs/strategies/000000000000")),
            "strategies, run 000000000000: diverged");
}

// The folder may be called otherwise than the journal knows.
TEST(ExportSubjectTest, FindsRunsWhereTheSweepsPageDoes) {
  const TemporaryFolder folder;
  write_example_sweep(folder / "runs");
  std::filesystem::rename(folder / "runs/strategies", folder / "runs/renamed");
  EXPECT_EQ(load_export_subject(folder / "runs/renamed/sweep-abcdef012345").runs.size(), 7);
}

TEST(ExportSubjectTest, NamesJournalsThatAreDamaged) {
  const TemporaryFolder folder;
  const std::string sweep = write_example_sweep(folder / "runs");
  std::ifstream whole(sweep + "/journal/host-1.binpb", std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(whole), {}};
  const std::size_t length = bytes.size();
  bytes += bytes;
  bytes[20] ^= 1;
  std::ofstream(sweep + "/journal/host-2.binpb", std::ios::binary) << bytes;
  EXPECT_EQ(describe(load_export_subject(sweep)),
            "strategies, sweep abcdef012345: 7 of 8 members; left out: strategy=fine-tune, images=500, momentum=0.9, "
            "seed=2: not begun; not read: " +
                sweep +
                "/journal/host-2.binpb: damaged at byte 0: the frame's length or checksum is wrong, but whole frames "
                "follow at byte " +
                std::to_string(length));
}

TEST(ExportSubjectTest, SaysWhatItCannotRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of(folder / "none"), (folder / "none") + ": not a run folder: it holds no record.binpb");
  const std::string sweep = write_example_sweep(folder / "runs");
  for (int index = 0; index < 7; ++index) {
    std::filesystem::remove_all(folder / "runs/strategies/00000000000" + std::to_string(index));
  }
  EXPECT_EQ(message_of(sweep), sweep +
                                   ": nothing to export: none of its members can be read; strategy=frozen, images=20, "
                                   "momentum=0.9, seed=1: not begun");
}

}  // namespace
}  // namespace thaw::test
