#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "reports/pages.h"
#include "reports/sweep_page/sections.h"
#include "schemas/diagnostic.h"
#include "tests/reports/page_checks.h"
#include "tests/reports/page_sweeps.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kPageBudget = 2'000'000;

std::string page_of(const RecordedSweep& sweep) {
  const TemporaryFolder folder;
  return render_sweep_report(write_sweep(folder / "runs", sweep));
}

TEST(SweepPage, IsOneSoundPageForEverySweep) {
  const TemporaryFolder folder;
  for (const NamedPage& named : sweep_pages(folder / "runs")) {
    SCOPED_TRACE(named.name);
    EXPECT_LT(named.page.size(), kPageBudget);
    const std::string page = without_script(named.page);
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    expect_self_contained(page, true);
    expect_balanced(page);
    expect_distinct_ids(page);
  }
}

TEST(SweepPage, HasItsPartsInOrder) {
  EXPECT_THAT(values_of(without_script(page_of(strategies_sweep())), "id", "section"),
              ElementsAre("recommended", "ranking", "comparisons", "costs", "curves", "axes", "members", "configs",
                          "work", "again"));
  EXPECT_THAT(values_of(without_script(page_of(halving_sweep())), "id", "section"), Contains("rungs"));
}

TEST(SweepPage, SaysWhichChoicesCannotBeToldFromTheBest) {
  const std::string page = page_of(strategies_sweep());
  EXPECT_THAT(page, HasSubstr("<figcaption>images 2000</figcaption>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"n\">5</td><td>best</td>"));
  EXPECT_THAT(page, HasSubstr("<td>worse than the best</td>"));
  EXPECT_THAT(page, HasSubstr("fine-tune − frozen"));
  EXPECT_THAT(page, HasSubstr("P(better)"));
  EXPECT_THAT(page, HasSubstr("fine-tune beats frozen at images 2000: +"));
}

TEST(SweepPage, OneSeedIsNotJudged) {
  const std::string page = page_of(strategies_sweep(1));
  EXPECT_THAT(page, HasSubstr("One seed each: which differences would stay with another one cannot be said."));
  EXPECT_THAT(page, HasSubstr("<td>fewer than two seeds in common: cannot be judged</td>"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("worse than the best")), Not(HasSubstr("id=\"difference-"))));
}

TEST(SweepPage, ClaimsNothingOfWhatWasNotCompared) {
  // Of many choices each is compared with the best one over all only.
  const std::string page = page_of(sweep_of_hostile_strings());
  EXPECT_THAT(page, HasSubstr("<td>not compared with the best</td>"));
  EXPECT_THAT(page, Not(HasSubstr("<td>worse than the best</td>")));
}

// Two combinations of which the first one is worse in the seeds that both have.
TEST(SweepPage, DifferencesAreSeenFromTheFirstOne) {
  RecordedSweep sweep = empty_sweep("pair", 5);
  add_numbers(sweep, "train.rate", false);
  const double values[2][5] = {{0.80, 0.81, 0.80, 0.99, 0.98}, {0.85, 0.862, 0.851, 0, 0}};
  for (int point = 0; point < 2; ++point) {
    for (int seed = 1; seed <= 5; ++seed)
      add_member(sweep, point, seed, {std::to_string(point + 1)}).value = values[point][seed - 1];
  }
  sweep.members[8].end = sweep.members[9].end = MemberEnd::kFailed;
  const std::string page = page_of(sweep);
  EXPECT_THAT(page, HasSubstr("<figcaption>The first one minus</figcaption>"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">rate 2</th><td class=\"n\">−5.1 points</td><td class=\"n\">−5.3 "
                              "points to −4.9 points</td>"));
  EXPECT_THAT(page, HasSubstr("<td>better than the best in the seeds that both have</td>"));
  EXPECT_THAT(page, Not(HasSubstr("<td>worse than the best</td>")));
}

// Twelve combinations, two seeds each, near 0: intervals reach below it.
RecordedSweep low_values() {
  RecordedSweep sweep = empty_sweep("low", 2);
  add_numbers(sweep, "train.decay", false);
  for (int point = 0; point < 12; ++point) {
    for (int seed = 1; seed <= 2; ++seed) {
      const std::string decay = point % 3 == 0 ? "0" : point % 3 == 1 ? "0.0001" : "0.01";
      RecordedMember& member = add_member(sweep, point, seed, {decay});
      member.value = 0.02 + 0.01 * point + 0.02 * seed * steady_noise(point, 1);
      member.seconds = 1 + point;
    }
  }
  return sweep;
}

// The part of the page between an element's start and the next end of a drawing.
std::string drawing(const std::string& page, const std::string& id) {
  const std::size_t at = page.find("id=\"" + id + "-figure\"");
  return at == std::string::npos ? "" : page.substr(at, page.find("</svg>", at) - at);
}

std::vector<std::string> percents(const std::string& svg) {
  std::vector<std::string> ticks;
  for (std::size_t at = 0; (at = svg.find("%</text>", at)) != std::string::npos; ++at) {
    const std::size_t start = svg.rfind('>', at) + 1;
    const std::string tick = svg.substr(start, at - start);
    if (tick.find(' ') == std::string::npos && tick.find("\u00a0") == std::string::npos) ticks.push_back(tick);
  }
  return ticks;
}

TEST(SweepPage, ColumnsOfOneRankingHaveOneScale) {
  const std::string page = page_of(low_values());
  EXPECT_FALSE(percents(drawing(page, "ranking-1")).empty());
  EXPECT_EQ(percents(drawing(page, "ranking-1")), percents(drawing(page, "ranking-2")));
}

TEST(SweepPage, NoDrawingReachesBeyondWhatAShareCanBe) {
  const std::string page = page_of(low_values());
  for (const std::string id : {"cost-time", "effect-1", "ranking-1"}) {
    ASSERT_FALSE(percents(drawing(page, id)).empty()) << id;
    for (const std::string& tick : percents(drawing(page, id))) EXPECT_NE(tick[0], '-') << id;
  }
}

// 0 and 0.0001 would stand on each other.
TEST(SweepPage, NumbersOfAnAxisDoNotOverlap) {
  const std::string svg = drawing(page_of(low_values()), "effect-1");
  EXPECT_THAT(svg, HasSubstr(">0.01</text>"));
  EXPECT_THAT(svg, Not(HasSubstr(">0.0001</text>")));
}

// Numbers of points may have gaps: they are names, not places.
TEST(SweepPage, OfPointsWithOtherNumbersIsTheSame) {
  RecordedSweep sweep = halving_sweep();
  const std::string page = page_of(sweep);
  for (RecordedMember& member : sweep.members) member.info.set_point(3 * member.info.point() + 7);
  for (RungDecided& decision : sweep.decisions) {
    for (int& point : *decision.mutable_point()) point = 3 * point + 7;
  }
  EXPECT_EQ(page_of(sweep), page);
}

TEST(SweepPage, CurvesAndRungsGiveACombinationTheSameLook) {
  const std::string page = page_of(halving_sweep());
  const auto key = [&page](const std::string& section) {
    const std::size_t at = page.find("<p class=\"key\">", page.find("<section id=\"" + section + "\">"));
    return page.substr(at, page.find("</p>", at) - at);
  };
  EXPECT_EQ(count_of(key("rungs"), "relu, ") + count_of(key("rungs"), "gelu, "), 2);
  EXPECT_EQ(key("rungs"), key("curves"));
}

TEST(SweepPage, SaysWhatDiverged) {
  const std::string page = page_of(troubled_sweep());
  EXPECT_THAT(page, HasSubstr("<td>diverged with some seeds</td>"));
  EXPECT_THAT(page, HasSubstr("<figcaption>Mean over the settings that both have</figcaption>"));
  // fine-tune, which diverged, has the better mean.
  EXPECT_THAT(page, HasSubstr("<td>not judged</td>"));
  EXPECT_THAT(page_of(strategies_sweep()), Not(HasSubstr("<td>not judged</td>")));
}

TEST(SweepPage, DrawsValueAgainstEachCost) {
  const std::string page = page_of(strategies_sweep());
  for (const char* id : {"cost-samples-figure", "cost-time-figure", "cost-parameters-figure"})
    EXPECT_THAT(values_of(without_script(page), "id", "figure"), Contains(id));
  EXPECT_THAT(page, HasSubstr("<path class=\"front\" d=\""));
  EXPECT_THAT(page, HasSubstr("<path class=\"band s0\" d=\""));
  // Everywhere as many samples: nothing to draw.
  EXPECT_THAT(page_of(numeric_sweep()), Not(HasSubstr("id=\"cost-samples\"")));
}

TEST(SweepPage, ShowsWhatMatteredAmongNumbers) {
  const std::string page = page_of(random_sweep(64));
  EXPECT_THAT(page, HasSubstr("id=\"parallel-figure\""));
  EXPECT_EQ(count_of(page, "<figure class=\"chart\" id=\"effect-"), 3);
  EXPECT_THAT(page, HasSubstr("<tr class=\"best\"><th scope=\"row\">learning_rate</th>"));
  EXPECT_THAT(page, HasSubstr("Logarithmic scale."));
}

TEST(SweepPage, UnfinishedAndFailedMembersAreSaidWithTheirReasons) {
  const TemporaryFolder folder;
  const RecordedSweep sweep = troubled_sweep();
  const std::string written = write_sweep(folder / "runs", sweep);
  std::filesystem::create_directories(written + "/logs");
  std::ofstream(written + "/logs/" + sweep.members[3].info.id() + ".txt") << "thaw\nepoch 1\repoch 4 of 10\n\n";
  const std::string page = render_sweep_report(written);
  EXPECT_THAT(page, HasSubstr("<span class=\"status unfinished\">running/killed</span>"));
  EXPECT_THAT(page,
              HasSubstr("<h2>Not finished: 1 running/killed, 1 stopped, 10 not begun</h2><p>The same command goes "
                        "on:</p><pre>thaw run strategies.pbtxt</pre>"));
  EXPECT_THAT(page, HasSubstr("<h2>1 member failed</h2>"));
  EXPECT_THAT(page,
              HasSubstr("<div class=\"reason\">killed by SIGKILL\nprobably out of memory</div><div class=\"reason "
                        "soft\">Last in its log: <code>epoch 4 of 10</code></div>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"logs/" + sweep.members[3].info.id() + ".txt\">log</a>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"wrong\">diverged</td>"));
}

TEST(SweepPage, LinksToRunsAndToFilesThatAreThere) {
  const RecordedSweep sweep = strategies_sweep();
  const TemporaryFolder folder;
  const std::string written = write_sweep(folder / "runs", sweep);
  const std::string files[] = {"recommended.pbtxt", "members.csv", "members.json"};
  for (const std::string& file : files)
    EXPECT_THAT(render_sweep_report(written), Not(HasSubstr("<a href=\"" + file + "\">")));
  for (const std::string& file : files) std::ofstream(written + "/" + file) << "there\n";
  const std::string page = render_sweep_report(written), elsewhere = render_sweep_report(written, folder / "pages");
  const std::string run = sweep.members[0].info.id() + "/report.html\">";
  EXPECT_THAT(page, HasSubstr("<a href=\"../" + run));
  EXPECT_THAT(elsewhere, HasSubstr("<a href=\"../runs/strategies/" + run));
  const std::string name = std::filesystem::path(written).filename().string();
  for (const std::string& file : files) {
    EXPECT_THAT(page, HasSubstr("<a href=\"" + file + "\">"));
    EXPECT_THAT(elsewhere, HasSubstr("<a href=\"../runs/strategies/" + name + "/" + file + "\">"));
  }
  EXPECT_THAT(page, HasSubstr("<pre class=\"copied\" id=\"recommended-config\">name: &quot;strategies&quot;"));
}

TEST(SweepPage, TablesOfManyMembersAreFolded) {
  EXPECT_THAT(page_of(strategies_sweep()), HasSubstr("<details><summary>All 80 members</summary>"));
  EXPECT_THAT(page_of(numeric_sweep()), HasSubstr("<details open><summary>All 24 members</summary>"));
}

TEST(SweepPage, HalvingShowsWhoWentOn) {
  const std::string page = page_of(halving_sweep());
  EXPECT_THAT(page,
              HasSubstr("<tr><th scope=\"row\">1</th><td class=\"n\">1</td><td class=\"n\">18</td><td class=\"n\">6"
                        "</td>"));
  EXPECT_THAT(page, HasSubstr("it ends at the rung where it was left behind. 2 reached the last one."));
  // What mattered is weighed where all took part.
  EXPECT_THAT(page, HasSubstr("after 1 epoch, which all combinations trained for,"));
  EXPECT_EQ(count_of(page, "<g><title>relu, ") > 0, true);
}

TEST(SweepPage, LessIsBetterForALoss) {
  const std::string page = page_of(loss_sweep());
  EXPECT_THAT(page, HasSubstr("Less is better."));
  EXPECT_THAT(page, HasSubstr("adam − sgd"));
  EXPECT_THAT(page, HasSubstr("better by"));
}

TEST(SweepPage, SaysWhatWasPredictedAndShared) {
  RecordedSweep sweep = strategies_sweep();
  sweep.started.set_predicted_s(400);
  sweep.started.set_predicted_memory_bytes(300 << 20);
  for (int i = 0; i < 5; ++i) {
    sweep.members[i].trunk_key = "one";
    sweep.members[i].has_computed_trunk = i == 0;
    sweep.members[i].beside = {"a", "b"};
  }
  const std::string page = page_of(sweep);
  EXPECT_THAT(
      page,
      HasSubstr("<tr><th scope=\"row\">Time, from start to end</th><td class=\"n\">6\u00a0min\u00a040\u00a0s</td>"));
  EXPECT_THAT(page, HasSubstr("<dt>Pictures whose features were there already</dt><dd>80</dd>"));
  EXPECT_THAT(page, HasSubstr("<dt>Trained beside others in one process</dt><dd>5 runs</dd>"));
}

TEST(SweepPage, NothingIsKnownYet) {
  RecordedSweep sweep = strategies_sweep();
  sweep.is_finished = false;
  for (RecordedMember& member : sweep.members) member.end = MemberEnd::kNotBegun;
  const std::string page = page_of(sweep);
  expect_balanced(without_script(page));
  EXPECT_THAT(page, HasSubstr("No member has a result: 80 not begun."));
  EXPECT_THAT(page, HasSubstr("0 of 80 members done"));
  EXPECT_THAT(values_of(without_script(page), "id", "section"), ElementsAre("members", "again"));
}

TEST(SweepPage, NeedsAJournal) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "sweep-1/journal");
  try {
    render_sweep_report(folder / "sweep-1");
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    EXPECT_EQ(error.what(), (folder / "sweep-1") + ": no journal says what the sweep is");
  }
}

TEST(MemberLog, IsReadByPlainIdsOnly) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "sweep/logs");
  std::ofstream(folder / "sweep/secret.txt") << "secret\n";
  std::ofstream(folder / "sweep/logs/ab12.txt") << std::string(20000, 'x') << "\nlast \xff one\r\n  \n";
  std::ofstream(folder / "sweep/logs/empty.txt");
  EXPECT_EQ(reports::last_log_line(folder / "sweep", "ab12"), "last \ufffd one");
  EXPECT_EQ(reports::last_log_line(folder / "sweep", "../secret"), "");
  EXPECT_FALSE(reports::has_log(folder / "sweep", "../secret"));
  EXPECT_EQ(reports::last_log_line(folder / "sweep", "empty"), "");
  EXPECT_EQ(reports::last_log_line(folder / "sweep", "none"), "");
}

}  // namespace
}  // namespace thaw::test
