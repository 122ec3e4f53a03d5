#include "reports/sweep_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/pages.h"
#include "tests/reports/recorded_sweep.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Rendering = std::string (*)(const std::string&);

std::string rendered(Rendering render, const RecordedSweep& sweep) {
  const TemporaryFolder folder;
  return render(write_sweep(folder / "runs", sweep));
}

std::string csv_of(const std::string& folder) { return reports::sweep_csv(reports::load_sweep(folder)); }

std::string recommended_of(const std::string& folder) {
  const reports::SweepView view = reports::load_sweep(folder);
  return reports::sweep_recommended(view, reports::answer_sweep(view));
}

// Reads RFC 4180 as its grammar says: an independent reader, so that a wrong quote shows.
std::vector<std::vector<std::string>> csv_rows(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1);
  std::string cell;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_quoted && c == '"' && text[i + 1] == '"') {
      cell += text[++i];
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && (c == ',' || c == '\n')) {
      rows.back().push_back(std::move(cell));
      cell.clear();
      if (c == '\n') rows.emplace_back();
    } else if (is_quoted || c != '\r') {
      cell += c;
    }
  }
  rows.pop_back();
  return rows;
}

RecordedSweep named(const std::string& choice) {
  RecordedSweep sweep = empty_sweep("named", 1);
  add_choices(sweep, "strategy", {choice, "other"});
  add_numbers(sweep, "train.offset", false);
  add_member(sweep, 0, 1, {choice, "-0.5"}).value = 0.5;
  add_member(sweep, 1, 1, {"other", "2"}).value = 0.6;
  return sweep;
}

TEST(SweepCsv, HasARowForEachMember) {
  const auto rows = csv_rows(rendered(csv_of, strategies_sweep(2)));
  ASSERT_EQ(rows.size(), 33);
  EXPECT_THAT(rows[0], ElementsAre("id", "point", "seed", "setting.strategy", "setting.images", "state", "reason",
                                   "attempts", "value", "split", "metric.loss", "metric.label/accuracy", "epochs",
                                   "best_epoch", "wall_s", "trunk_s", "cost_s", "trainable_parameters", "parameters",
                                   "train_samples", "peak_memory_bytes", "report"));
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
  EXPECT_EQ(rows[1][3], "frozen");
  EXPECT_EQ(rows[1][5], "done");
  EXPECT_EQ(rows[1][17], "650");
}

TEST(SweepCsv, LeavesOutWhatIsNotKnown) {
  RecordedSweep sweep = named("frozen");
  sweep.members[0].end = MemberEnd::kNotBegun;
  const auto rows = csv_rows(rendered(csv_of, sweep));
  EXPECT_EQ(rows[1][5], "not begun");
  EXPECT_THAT(rows[1][8], IsEmpty());
  EXPECT_THAT(rows[1].back(), IsEmpty());
}

TEST(SweepCsv, QuotesWhatNeedsIt) {
  for (const std::string name : {"a,b", "say \"it\"", "two\nlines", "\"", "é"}) {
    EXPECT_EQ(csv_rows(rendered(csv_of, named(name)))[1][3], name);
  }
}

// A spreadsheet would run them.
TEST(SweepCsv, FormulasAreText) {
  for (const std::string name : {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=HYPERLINK(\"http://x\")"}) {
    EXPECT_EQ(csv_rows(rendered(csv_of, named(name)))[1][3], "'" + name);
  }
  EXPECT_EQ(csv_rows(rendered(csv_of, named("plain")))[1][4], "-0.5");  // a number stays one
}

TEST(SweepJson, HasMembersPointsAndComparisons) {
  const json shown = json::parse(rendered(render_sweep_json, strategies_sweep()));
  EXPECT_EQ(shown["name"], "strategies");
  EXPECT_EQ(shown["status"], "done");
  EXPECT_EQ(shown["member_count"], 80);
  EXPECT_EQ(shown["states"]["done"], 80);
  EXPECT_EQ(shown["metric"], "label/accuracy");
  EXPECT_EQ(shown["compare"], "strategy");
  EXPECT_EQ(shown["members"].size(), 80);
  EXPECT_EQ(shown["members"][79]["settings"], (json{{"strategy", "from scratch"}, {"images", "2000"}}));
  EXPECT_EQ(shown["members"][0]["curve"].size(), 10);
  EXPECT_EQ(shown["points"].size(), 16);
  EXPECT_EQ(shown["points"][0]["seeds"], (json{1, 2, 3, 4, 5}));
  EXPECT_EQ(shown["points"][0]["value"]["seeds"], 5);
  EXPECT_EQ(shown["comparisons"]["averaged"].size(), 6);
  EXPECT_EQ(shown["comparisons"]["by_setting"].size(), 24);
  EXPECT_EQ(shown["comparisons"]["points_with_first"].size(), 15);
  EXPECT_EQ(shown["choices"].size(), 4);
  EXPECT_EQ(shown["importance"].size(), 2);
  EXPECT_EQ(shown["recommended"]["point"], 7);
}

TEST(SweepJson, WhatIsNotKnownIsNull) {
  RecordedSweep sweep = named("frozen");
  sweep.is_finished = false;
  sweep.members[0].end = MemberEnd::kNotBegun;
  sweep.members[1].end = MemberEnd::kDiverged;
  const json shown = json::parse(rendered(render_sweep_json, sweep));
  EXPECT_TRUE(shown["recommended"].is_null());
  EXPECT_TRUE(shown["members"][0]["value"].is_null());
  EXPECT_TRUE(shown["members"][0]["report"].is_null());
  EXPECT_TRUE(shown["points"][1]["value"]["mean"].is_null());
  EXPECT_TRUE(shown["points"][1]["rank"].is_null());
  EXPECT_EQ(shown["points"][1]["diverged"], 1);
  EXPECT_EQ(shown["members"][1]["settings"]["train.offset"], 2);
}

TEST(SweepJson, TakesBytesThatAreNoText) {
  const json shown = json::parse(rendered(render_sweep_json, hostile_sweep("\xff\xc3(")));
  EXPECT_EQ(shown["members"].size(), 8);
}

TEST(SweepRecommended, IsTheMembersExperimentWithTheReasons) {
  const std::string text = rendered(recommended_of, strategies_sweep());
  const std::string id = strategies_sweep().members[35].info.id();
  EXPECT_THAT(
      text, StartsWith("# Recommended: “fine-tune, images 2000”, for the best mean; no cheaper one is known to be as "
                       "good.\n# Accuracy: 86.4 % (95 % interval 86.2 to 86.7, 5 seeds).\n# From the sweep strategies "
                       "(" +
                       strategies_sweep().started.id() + "), its member " + id +
                       ".\n\nname: \"strategies\"\nseed: 1\ndata {\n  train {\n    take: 2000\n  }\n}\n"));
}

TEST(SweepRecommended, OfNothingIsNothing) {
  RecordedSweep sweep = named("frozen");
  for (RecordedMember& member : sweep.members) member.end = MemberEnd::kNotBegun;
  EXPECT_EQ(rendered(recommended_of, sweep), "");
}

// A line break in a name would end the comment, and what follows would be part of the experiment.
TEST(SweepRecommended, NamesStayInTheComment) {
  RecordedSweep sweep = named("a\nseed: 666\n");
  sweep.members[0].value = 0.9;
  sweep.members[0].config = "name: \"kept\"\n";
  const std::string text = rendered(recommended_of, sweep);
  std::istringstream lines(text);
  std::vector<std::string> outside;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') outside.push_back(line);
  }
  EXPECT_THAT(outside, ElementsAre("name: \"kept\""));
}

TEST(ShowSweep, TellsStatesRankingAndComparisons) {
  const std::string text = rendered(render_sweep_text, troubled_sweep());
  EXPECT_THAT(text, HasSubstr("status            not finished\n"));
  EXPECT_THAT(text,
              HasSubstr("members           80: 66 done, 1 diverged, 1 failed, 1 stopped, 1 running/killed, 10 not "
                        "begun\n"));
  EXPECT_THAT(text, HasSubstr("metric            label/accuracy, more is better, 5 seeds each\n"));
  EXPECT_THAT(text,
              HasSubstr("combination                rank     mean   95 % interval    seeds     time   trained   "
                        "marks\nfine-tune, images 2000        1   86.4 %    86.2 to 86.7        5   6.34 s   272,474  "
                        "    TP\n"));
  EXPECT_THAT(text,
              HasSubstr("\nfine-tune beats frozen at images 2000: +2.9 points, 95 % interval 2.8 to 3.1 (5 seeds)\n"));
  EXPECT_THAT(text, HasSubstr(" (frozen, images 20, seed 4) failed after 3 attempts: killed by SIGKILL\n"));
  EXPECT_THAT(text,
              HasSubstr(" (fine-tune, images 100, seed 1) diverged: NaN in dense/kernel gradient after 20 steps\n"));
  EXPECT_THAT(text, HasSubstr("\nstrategy       images 20   images 100   images 500   images 2000   mean of the 2 that "
                              "all have\n"));
}

TEST(ShowSweep, OfOneSeedListsNoComparisons) {
  const std::string text = rendered(render_sweep_text, strategies_sweep(1));
  EXPECT_THAT(text,
              AllOf(Not(HasSubstr("is ahead of")), HasSubstr("\nOne seed: differences cannot be judged; repeats: 5 "
                                                             "would.\n")));
}

TEST(ShowSweep, LetsNoControlCharacterThrough) {
  const std::string text = rendered(render_sweep_text, hostile_sweep("\x1b[2J\r\x07\xc2\x9b<b>"));
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\xc2\x9b")), HasSubstr("?[2J??")));
}

}  // namespace
}  // namespace thaw::test
