// What a report shows of outputs that are compared with classes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "reports/pages.h"
#include "schemas/diagnostic.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string render(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return render_report(write_run(folder / "run", events));
}

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

ExampleRun run_named(const std::string& name) {
  for (ExampleRun& run : example_runs()) {
    if (run.name == name) return run;
  }
  throw InputError("no example run " + name);
}

TEST(ClassesOfAReport, ShowsTwoClassesBehindOneUnit) {
  const std::string page = render(run_named("binary").events);
  EXPECT_THAT(page, AllOf(HasSubstr("<span class=\"soft\">binary</span>"), HasSubstr("<td class=\"hit9\">4,712</td>"),
                          HasSubstr("id=\"roc-classification-figure\""), HasSubstr("id=\"pr-classification-figure\""),
                          HasSubstr("id=\"calibration-classification-figure\"")));
  EXPECT_THAT(page, HasSubstr("<figcaption>Calibration: expected error 7.9\u00a0%</figcaption>"));
  EXPECT_THAT(page, HasSubstr("</svg>bees 0.8482</span></p>")) << "the second class's curve, and no other";
  EXPECT_THAT(page,
              HasSubstr("<tr><th scope=\"row\">bees</th><td class=\"n\">4,987</td><td class=\"n\">94.1\u00a0%</td>"
                        "<td class=\"n\">96.2\u00a0%</td><td class=\"n\">95.2\u00a0%</td><td class=\"n\">0.8482</td>"));
}

TEST(ClassesOfAReport, ShowsSeveralLabelsASample) {
  const std::string page = render(run_named("multi_label").events);
  EXPECT_THAT(page, AllOf(HasSubstr("<span class=\"soft\">multi-label</span>"), Not(HasSubstr("class=\"matrix")),
                          HasSubstr("probability of yes</text>"),
                          HasSubstr("a place where people live 70.0\u00a0% + river 30.0\u00a0%")));
  EXPECT_THAT(page, HasSubstr("shows a and b, called b and c"));
  EXPECT_THAT(page, HasSubstr("<span>✓ none</span>")) << "without labels, and none was named";
  EXPECT_THAT(page, HasSubstr("<span class=\"wrong\">✗ "));
  // The lowest F1 first.
  EXPECT_LT(page.find("<th scope=\"row\">a place where people live</th><td class=\"n\">1,250</td>"),
            page.find("<th scope=\"row\">cloud</th><td class=\"n\">5,000</td>"));
}

TEST(ClassesOfAReport, ReadsOffWhatItsCurvesShow) {
  auto events = run_named("binary").events;
  ClassScore* score = events[events.size() - 2].mutable_evaluation()->mutable_output(0)->mutable_class_score(1);
  score->clear_roc();
  score->clear_pr();
  const float roc[][2] = {{0, 0}, {0, 0.5F}, {0.05F, 0.75F}, {1, 1}}, pr[][2] = {{0, 1}, {0.5F, 0.875F}, {1, 0.25F}};
  for (const auto& [x, y] : roc) {
    CurvePoint* point = score->add_roc();
    point->set_x(x);
    point->set_y(y);
  }
  for (const auto& [x, y] : pr) {
    CurvePoint* point = score->add_pr();
    point->set_x(x);
    point->set_y(y);
  }
  const std::string page = render(events);
  const auto cells = [](const std::vector<std::string>& texts) {
    std::string html;
    for (const std::string& text : texts) html += "<td class=\"n\">" + text + "\u00a0%</td>";
    return html;
  };
  EXPECT_THAT(page, HasSubstr(cells({"50.0", "50.0", "50.0", "75.0", "75.0", "75.0", "75.0"}) + "</tr>"));
  EXPECT_THAT(page, HasSubstr(cells({"87.5", "87.5", "87.5", "25.0", "25.0", "25.0", "25.0", "25.0"}) + "</tr>"));
}

TEST(ClassesOfAReport, ScoresThatMakeNoSenseDoNoHarm) {
  auto events = run_named("binary").events;
  OutputEvaluation* output = events[events.size() - 2].mutable_evaluation()->mutable_output(0);
  ClassScore* score = output->mutable_class_score(1);
  score->set_label(-7);
  score->set_true_positives(-5);
  score->set_roc_auc(std::numeric_limits<double>::quiet_NaN());
  score->set_pr_auc(0.5);
  score->mutable_pr(3)->set_y(std::numeric_limits<float>::quiet_NaN());
  score->mutable_pr(4)->set_x(-1e30F);
  output->mutable_calibration(0)->set_samples(-9);
  output->mutable_calibration(14)->set_share_right(std::numeric_limits<double>::infinity());
  output->set_expected_calibration_error(std::numeric_limits<double>::quiet_NaN());
  const std::string page = render(events);
  EXPECT_THAT(
      page, AllOf(Not(HasSubstr("id=\"roc-")), HasSubstr("id=\"pr-"), Not(HasSubstr("nan")), Not(HasSubstr("\"inf"))));
  EXPECT_THAT(page, HasSubstr("<figcaption>Calibration: expected error –</figcaption>"));
}

TEST(ClassesOfAReport, ManyAreListedByNeed) {
  const std::string page = render(run_named("many_classes").events);
  EXPECT_THAT(page, AllOf(HasSubstr("The 40 of 100 classes with the lowest F1."), HasSubstr("class=\"matrix dense\""),
                          HasSubstr("id=\"heat-classification-figure\""), HasSubstr("And 60 more classes."),
                          HasSubstr("The 6 of 100 classes with the smallest area.")));
  EXPECT_EQ(count_of(page, "<text transform=\"translate("), 100) << "each column of the picture is named";
  EXPECT_EQ(count_of(page, "<td class=\"hit"), 100);
}

}  // namespace
}  // namespace thaw::test
