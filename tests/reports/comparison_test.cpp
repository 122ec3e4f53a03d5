#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/pages.h"
#include "schemas/diagnostic.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A finished run of the given accuracy.
std::vector<Event> run_of(int seed, double rate, double accuracy) {
  auto events = finished_run({.seed = seed, .has_boxes = false, .learning_rate = rate, .pictures = 0});
  events[events.size() - 2].mutable_evaluation()->mutable_value(1)->set_value(accuracy);
  return events;
}

std::string compare(const std::vector<std::vector<Event>>& runs) {
  const TemporaryFolder folder;
  std::vector<std::string> folders;
  for (std::size_t i = 0; i < runs.size(); ++i)
    folders.push_back(write_run(folder / ("run" + std::to_string(i)), runs[i]));
  return render_comparison(folders);
}

TEST(Comparison, RunsThatDifferOnlyInTheSeedAreOneColumn) {
  const std::string page = compare({run_of(1, 0.001, 0.97), run_of(2, 0.001, 0.98), run_of(3, 0.001, 0.99)});
  EXPECT_THAT(page, HasSubstr("3 runs that differ only in the seed. Accuracy: 98.00\u00a0% ± 1.00."));
  EXPECT_THAT(
      page,
      HasSubstr("<strong>98.00\u00a0%</strong> ± 1.00<br><span class=\"soft\">97.00\u00a0% to 99.00\u00a0%</span>"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("id=\"differences\"")), Not(HasSubstr("Few seeds"))));
}

TEST(Comparison, TellsConfigurationsApart) {
  const std::string page =
      compare({run_of(1, 0.001, 0.97), run_of(2, 0.001, 0.98), run_of(1, 0.003, 0.90), run_of(2, 0.003, 0.92)});
  EXPECT_THAT(page, HasSubstr("4 runs of 2 configurations. Accuracy: A 97.50\u00a0% ± 0.71, B 91.00\u00a0% ± 1.41."));
  EXPECT_THAT(
      page,
      HasSubstr("<th scope=\"row\"><code>train.optimizer.adam.learning_rate</code></th><td><code>0.001</code></td>"
                "<td><code>0.003</code></td>"));
  EXPECT_THAT(page, HasSubstr("learning_rate 0.003"));
  EXPECT_THAT(page, HasSubstr("Few seeds"));
  EXPECT_THAT(page, HasSubstr("id=\"chart-classification-accuracy-figure\""));
}

// Rules of strategies differ in many fields: the column says what they are called.
TEST(Comparison, NamesTheStrategiesOfItsColumns) {
  std::vector<std::vector<Event>> runs = {run_of(1, 0.001, 0.97), run_of(1, 0.003, 0.98)};
  EXPECT_THAT(compare(runs), Not(HasSubstr("Strategy")));
  const char* strategies[] = {"fine_tune", "feature_extraction"};
  for (int i = 0; i < 2; ++i) {
    Started& started = *runs[i][0].mutable_started();
    started.set_strategy(strategies[i]);
    for (int field = 0; field < 3; ++field)
      started.set_config(started.config() + "rule" + std::to_string(field) + ": " + std::to_string(i) + "\n");
  }
  const std::string page = compare(runs);
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\" class=\"soft\">Strategy</th>"));
  EXPECT_THAT(page, HasSubstr("digits-classes, fine_tune"));
  EXPECT_THAT(page, HasSubstr("digits-classes, feature_extraction"));
}

TEST(Comparison, UnfinishedRunsAreListedButNotCounted) {
  const std::string page =
      compare({run_of(1, 0.001, 0.97), begun_run({.epochs_done = 3, .seed = 2, .has_boxes = false})});
  EXPECT_THAT(page, HasSubstr("1 run not finished"));
  EXPECT_THAT(page, HasSubstr("<td class=\"n soft\">1 of 2</td>"));
  EXPECT_THAT(page, HasSubstr("Accuracy: 97.00\u00a0%."));
  EXPECT_THAT(page, HasSubstr("<td>running/killed</td>"));
}

TEST(Comparison, NoticesTheSameRunTwice) {
  EXPECT_THAT(compare({run_of(1, 0.001, 0.97), run_of(1, 0.001, 0.97)}), HasSubstr("The same run more than once"));
  EXPECT_THAT(compare({run_of(1, 0.001, 0.97), run_of(2, 0.001, 0.97)}), Not(HasSubstr("The same run more than once")));
}

TEST(Comparison, NoticesDifferentSamples) {
  auto other = run_of(1, 0.003, 0.9);
  other[other.size() - 2].mutable_evaluation()->set_samples(500);
  EXPECT_THAT(compare({run_of(1, 0.001, 0.97), other}), HasSubstr("Not measured on the same samples"));
}

TEST(Comparison, TakesHostileAndEmptyRuns) {
  auto hostile = finished_run({.pictures = 0});
  make_hostile(hostile, "<script>alert(1)</script>\"{{title}}");
  const std::string page = compare({hostile, begun_run({.epochs_done = 0})});
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), HasSubstr("nothing yet")));
}

TEST(Comparison, NeedsARun) {
  try {
    render_comparison({});
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "no runs to compare");
  }
}

}  // namespace
}  // namespace thaw::test
