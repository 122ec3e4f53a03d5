#include "reports/export/mlflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "reports/export/mlflow_store.h"
#include "reports/export/names.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/export/example_sweep.h"
#include "tests/reports/export/exported_files.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using namespace reports;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

const std::string kExperiment = experiment_in("/nowhere", "strategies");

struct Exported {
  Files files;
  std::string notes;

  std::string at(const std::string& run, const std::string& file) const {
    const auto found = files.find(kExperiment + "/" + run_id_in(kExperiment, run) + "/" + file);
    return found == files.end() ? "no " + file : found->second;
  }
};

Exported exported(const std::string& folder, const std::string& store = "/nowhere/ml runs") {
  Exported result;
  result.notes = write_mlflow(load_export_subject(folder), store, into(result.files));
  return result;
}

TEST(MlflowNames, AreThoseThatMlflowTakes) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"validation/classification/accuracy", "validation/classification/accuracy"},
      {"model.layer[0].conv2d.filters", "model.layer.0.conv2d.filters"},
      {"iou >= 0.5", "iou __ 0.5"},
      {"a:b c", "a:b c"},
      {"..", ".._"},
      {"a/../b", "a/.._/b"},
      {"a//b", "a/_/b"},
      {"/etc/passwd", "_/etc/passwd"},
      {"a/", "a/_"},
      {"", "_"},
      {"\xc3\xa4", "__"},
      {std::string(300, 'x'), std::string(240, 'x')}};
  for (const auto& [name, expected] : cases) EXPECT_EQ(FileNames().add(name), expected) << name;
}

TEST(MlflowNames, AreFilesOrFoldersAndNeverBoth) {
  FileNames names;
  EXPECT_EQ(names.add("train/loss"), "train/loss");
  EXPECT_EQ(names.add("train/loss/accuracy"), "train/loss_/accuracy");
  EXPECT_EQ(names.add("train"), "train_");
  EXPECT_EQ(names.add("train/loss"), "train/loss__");
  EXPECT_EQ(names.add("b"), "b");
  EXPECT_EQ(names.add("b"), "b_");
}

TEST(MlflowNames, TextIsCutBeforeAWholeCharacter) {
  EXPECT_EQ(cut_text("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_text("abcdefg", 6), "abc...");
  EXPECT_EQ(cut_text("ab\xc3\xa4\xc3\xa4", 6), "ab\xc3\xa4\xc3\xa4");
  EXPECT_EQ(cut_text("ab\xc3\xa4\xc3\xa4z", 6), "ab...");
}

TEST(MlflowStore, YamlTextIsReadBackWhateverItHolds) {
  EXPECT_EQ(yaml_text("a: \"b\" \\ #c"), "\"a: \\\"b\\\" \\\\ #c\"");
  EXPECT_EQ(yaml_text("a\nb\x7f"),
            "\"a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\"");
  EXPECT_EQ(yaml_text("\xC2\x85\xC2\xA0\xEF\xBF\xBF\xF0\x9F\x98\x80"),
            "\"\xEF\xBF\xBD\xC2\xA0\xEF\xBF\xBD\xF0\x9F\x98\x80\"");
  EXPECT_EQ(file_uri("/ml runs/a%b"), "file:///ml%20runs/a%25b");
}

TEST(MlflowStore, AnExperimentOfThatNameIsTakenUp) {
  const TemporaryFolder folder;
  for (const auto& [id, line] : std::vector<std::pair<std::string, std::string>>{{"0", "name: Default"},
                                                                                 {"17", "name: strategies"},
                                                                                 {"18", "name: 'quoted'"},
                                                                                 {"19", "name: \"in quotes\""}}) {
    std::filesystem::create_directories(folder / id);
    std::ofstream(folder / (id + "/meta.yaml")) << "experiment_id: '" << id << "'\n" << line << "\n";
  }
  EXPECT_EQ(experiment_in(folder / "", "strategies"), "17");
  EXPECT_EQ(experiment_in(folder / "", "quoted"), "18");
  EXPECT_EQ(experiment_in(folder / "", "in quotes"), "19");
  EXPECT_THAT(experiment_in(folder / "", "other"), ::testing::MatchesRegex("[1-9][0-9]{17}"));
  EXPECT_EQ(experiment_in(folder / "", "other"), experiment_in("/nowhere", "other"));
  Files files;
  const TemporaryFolder runs;
  write_mlflow(load_export_subject(write_example_sweep(runs / "runs")), folder / "", into(files));
  for (const auto& [path, bytes] : files) EXPECT_THAT(path, StartsWith("17/")) << path;
  EXPECT_FALSE(files.contains("17/meta.yaml"));  // theirs is left alone
}

TEST(Mlflow, OfARunHasItsHistory) {
  const TemporaryFolder folder;
  write_example_sweep(folder / "runs");
  const Exported run = exported(folder / "runs/strategies/000000000003");
  const std::string id = "000000000003";
  const std::string loss = run.at(id, "metrics/validation/loss");
  std::istringstream lines(loss);
  std::int64_t time = 0;
  double value = 0, epoch = 0;
  for (int row = 1; row <= 3; ++row) {
    ASSERT_TRUE(lines >> time >> value >> epoch) << loss;
    EXPECT_EQ(time, kSweepBegun + 300'000 + (row + 1) * 1000);
    EXPECT_EQ(epoch, row);
    EXPECT_GT(value, 0);
  }
  EXPECT_EQ(std::count(loss.begin(), loss.end(), '\n'), 3);
  EXPECT_THAT(run.at(id, "metrics/best/classification/accuracy"), ::testing::EndsWith(" 3\n"));
  EXPECT_THAT(run.at(id, "metrics/learning_rate"), HasSubstr(" 0.001 2\n"));
  EXPECT_THAT(run.at(id, "metrics/epochs_done"), HasSubstr(" 3 0\n"));
  EXPECT_EQ(run.at(id, "params/train.optimizer.adam.learning_rate"), "0.001");
  EXPECT_EQ(run.at(id, "params/model.layer.0.name"), "conv");
  EXPECT_EQ(run.at(id, "params/name"), "no params/name");
  EXPECT_EQ(run.at(id, "tags/thaw.id"), id);
  EXPECT_EQ(run.at(id, "tags/mlflow.parentRunId"), "no tags/mlflow.parentRunId");
  EXPECT_EQ(run.at(id, "artifacts/report.html"), "<!doctype html>\n");  // as it lies there
  EXPECT_THAT(run.at(id, "artifacts/experiment.pbtxt"), StartsWith("name: \"strategies\"\n"));
  EXPECT_EQ(
      run.at(id, "meta.yaml"),
      "artifact_uri: \"file:///nowhere/ml%20runs/" + kExperiment + "/" + run_id_in(kExperiment, id) +
          "/artifacts\"\ndeleted_time: null\nend_time: 1700000306000\nentry_point_name: ''\nexperiment_id: '" +
          kExperiment + "'\nlifecycle_stage: active\nrun_id: '" + run_id_in(kExperiment, id) +
          "'\nrun_name: \"strategies 000000000003\"\nrun_uuid: '" + run_id_in(kExperiment, id) +
          "'\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: 1700000300000\nstatus: 3\ntags: []\n"
          "user_id: ''\n");
  EXPECT_EQ(run.notes, "");
}

TEST(Mlflow, ARunWithoutAReportGetsOne) {
  const TemporaryFolder folder;
  write_example_sweep(folder / "runs");
  std::filesystem::remove(folder / "runs/strategies/000000000003/report.html");
  const std::string page =
      exported(folder / "runs/strategies/000000000003").at("000000000003", "artifacts/report.html");
  EXPECT_GT(page.size(), 10000u);
  EXPECT_EQ(page.substr(0, 15), "<!doctype html>");
}

TEST(Mlflow, OfASweepHasMembersBelowIt) {
  const TemporaryFolder folder;
  const Exported sweep = exported(write_example_sweep(folder / "runs"));
  const std::string parent = run_id_in(kExperiment, "abcdef012345");
  EXPECT_THAT(sweep.at("abcdef012345", "meta.yaml"), HasSubstr("\nrun_name: \"sweep-abcdef012345\"\n"));
  EXPECT_THAT(sweep.at("abcdef012345", "meta.yaml"), HasSubstr("\nend_time: null\n"));  // a member is not begun
  EXPECT_EQ(sweep.at("abcdef012345", "artifacts/members.csv"), "id,accuracy\n");
  EXPECT_EQ(sweep.at("abcdef012345", "artifacts/report.html"), "no artifacts/report.html");
  for (const char* id : {"000000000000", "000000000001", "000000000006"}) {
    EXPECT_EQ(sweep.at(id, "tags/mlflow.parentRunId"), parent);
  }
  EXPECT_EQ(sweep.at("000000000007", "meta.yaml"), "no meta.yaml");
  EXPECT_EQ(sweep.at("000000000000", "tags/thaw.point"), "strategy=frozen, images=20, momentum=0.9");
  EXPECT_EQ(sweep.at("000000000001", "tags/thaw.point"), sweep.at("000000000000", "tags/thaw.point"));
  EXPECT_EQ(sweep.at("000000000001", "tags/mlflow.runName"), "strategy=frozen, images=20, momentum=0.9, seed=2");
  EXPECT_EQ(sweep.at("000000000006", "params/strategy"), "fine-tune");
  EXPECT_EQ(sweep.at("000000000006", "params/images"), "500");
  EXPECT_THAT(sweep.at("000000000000", "meta.yaml"), HasSubstr("\nstatus: 4\n"));  // diverged
  // The same run by itself is the same run of the same experiment.
  EXPECT_THAT(exported(folder / "runs/strategies/000000000001").files,
              Contains(Pair(kExperiment + "/" + run_id_in(kExperiment, "000000000001") + "/meta.yaml", ::testing::_)));
}

TEST(Mlflow, RunsHaveOtherIdsInOtherExperiments) {
  EXPECT_THAT(run_id_in("1", "0123456789ab"), ::testing::MatchesRegex("0123456789ab[0-9a-f]{20}"));
  EXPECT_NE(run_id_in("1", "0123456789ab"), run_id_in("2", "0123456789ab"));
  EXPECT_THAT(run_id_in("1", "../../x"), ::testing::MatchesRegex("[0-9a-f]{32}"));
}

TEST(Mlflow, LongValuesAreCutAndItSaysSo) {
  const TemporaryFolder folder;
  auto events = finished_run({.epochs = 1, .epochs_done = 1, .pictures = 0});
  events[0].mutable_started()->set_name("strategies");
  events[0].mutable_started()->set_id("000000000001");
  events[0].mutable_started()->set_description(std::string(9000, 'd'));
  events[0].mutable_started()->set_config("report {\n  x: \"" + std::string(7000, 'p') + "\"\n}\n");
  const Exported run = exported(write_run(folder / "run", events));
  EXPECT_EQ(run.at("000000000001", "tags/mlflow.note.content"), std::string(7997, 'd') + "...");
  EXPECT_EQ(run.at("000000000001", "params/report.x"), std::string(5997, 'p') + "...");
  EXPECT_EQ(run.notes,
            "cut to MLflow's lengths (6000 bytes of a parameter, 8000 of a tag): params/report.x, "
            "tags/mlflow.note.content\n");
}

TEST(Mlflow, HostileNamesStayBelowTheFolder) {
  const TemporaryFolder folder;
  const ExportSubject subject = load_export_subject(write_example_sweep(folder / "runs"));
  for (const std::string& text : hostile_texts()) {
    Files files;
    write_mlflow(renamed(subject, text), "/nowhere", into(files));
    EXPECT_EQ(files.size(), 361u) << text;
    for (const auto& [path, bytes] : files) {
      EXPECT_EQ(std::filesystem::path(path).lexically_normal().string(), path) << text;
      EXPECT_THAT(path, StartsWith(kExperiment + "/")) << text;
    }
  }
}

}  // namespace
}  // namespace thaw::test
