#include "reports/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/example_runs.h"

namespace thaw::reports {
namespace {

using test::begun_run;
using test::ExampleOptions;
using test::finished_run;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// With plain spaces, and lines broken anywhere: easier to read here.
std::string plain(std::string text) {
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\u00a0", " "}, {"\u2060", ""}}) {
    for (std::size_t at; (at = text.find(from)) != std::string::npos;) text.replace(at, from.size(), to);
  }
  return text;
}

RecordView view(const std::vector<Event>& events) { return view_record(effective_record(events, "record")); }

std::string verdict_of(const std::vector<Event>& events) { return plain(verdict(view(events))); }

std::vector<std::string> notice_titles(const std::vector<Event>& events) {
  std::vector<std::string> titles;
  for (const Notice& notice : notices(view(events))) titles.push_back(notice.level + ": " + notice.title);
  return titles;
}

// The brief's own example: 97.89 % and 92.80 % of 10,000.
std::vector<Event> known_run(ExampleOptions options = {}) {
  auto events = finished_run(options);
  for (Event& event : events) {
    if (!event.has_evaluation()) continue;
    for (MetricValue& value : *event.mutable_evaluation()->mutable_value()) {
      if (value.name() == "classification/accuracy") value.set_value(0.9789);
      if (value.name() == "bounding_box/iou_at_0.6") value.set_value(0.928);
    }
  }
  return events;
}

TEST(Verdict, OfAFinishedRun) {
  EXPECT_EQ(
      verdict_of(known_run()),
      "Finds the class of 97.9 % of 10,000 unseen images (95 % interval 97.6–98.2 %, Wilson) and boxes 92.8 % of them "
      "with IoU ≥ 0.6 (92.3–93.3 %); best after epoch 10.");
}

TEST(Verdict, OfClassesAlone) {
  EXPECT_EQ(
      verdict_of(known_run({.has_boxes = false})),
      "Finds the class of 97.9 % of 10,000 unseen images (95 % interval 97.6–98.2 %, Wilson); best after epoch 10.");
}

TEST(Verdict, ClaimsNothingAboutUnseenImagesWithoutAValidationSet) {
  EXPECT_EQ(
      verdict_of(known_run({.has_validation = false})),
      "Finds the class of 97.9 % of the 60,000 images it was trained on and boxes 92.8 % of them with IoU ≥ 0.6; best "
      "after epoch 10.");
  EXPECT_THAT(notice_titles(known_run({.has_validation = false})),
              ElementsAre("warn: No validation set", "info: The last epoch was the best"));
}

TEST(Verdict, OfARunWithoutShares) {
  auto events = finished_run({});
  auto* metrics = events[0].mutable_started()->mutable_metric();
  metrics->DeleteSubrange(1, metrics->size() - 1);
  events[events.size() - 2].mutable_evaluation()->mutable_value(0)->set_value(0.0123);
  EXPECT_EQ(verdict_of(events), "Reaches a loss of 0.01230 on 10,000 unseen images; best after epoch 10.");
}

TEST(Verdict, OfTwoHeads) {
  auto events = known_run({.has_boxes = false});
  *events[0].mutable_started()->add_metric() = events[0].started().metric(1);
  events[0].mutable_started()->mutable_metric(2)->set_output("second");
  EXPECT_THAT(verdict_of(events),
              ::testing::StartsWith("Finds the class (classification) of 97.9 % of 10,000 unseen images"));
  EXPECT_THAT(verdict_of(events), ::testing::HasSubstr(", finds the class (second) of 97.9 % of them (97.6–98.2 %)"));
}

RecordView view_of_example(const std::string& name) {
  for (const test::ExampleRun& run : test::example_runs()) {
    if (run.name == name) return view(run.events);
  }
  return {};
}

TEST(Verdict, OfTwoClassesIsThatOfClasses) {
  EXPECT_THAT(plain(verdict(view_of_example("binary"))),
              ::testing::StartsWith("Finds the class of 98.2 % of 10,000 unseen images (95 % interval 97.9–98.4 %, "
                                    "Wilson); best after epoch 10."));
}

TEST(Verdict, OfSeveralLabelsASample) {
  EXPECT_EQ(
      plain(verdict(view_of_example("multi_label"))),
      "Is right about 98.2 % of the labels of 10,000 unseen images (95 % interval 97.9–98.4 %, Wilson); best after "
      "epoch 10.");
}

TEST(Verdict, WithoutAccuracyNamesAnotherMetricOfClasses) {
  auto events = test::example_runs()[0].events;
  for (const test::ExampleRun& run : test::example_runs()) {
    if (run.name == "binary") events = run.events;
  }
  auto* metrics = events[0].mutable_started()->mutable_metric();
  for (int i = metrics->size() - 1; i >= 0; --i) {
    if (metrics->Get(i).name().ends_with("accuracy")) metrics->DeleteSubrange(i, 1);
  }
  EXPECT_THAT(plain(verdict(view(events))),
              ::testing::StartsWith("Reaches F1 (macro) 96.6 % on 10,000 unseen images;"));
  MetricInfo* top = metrics->Mutable(1);
  top->set_name("classification/top_5_accuracy");
  top->set_title("Top-5 accuracy");
  for (Event& event : events) {
    if (!event.has_evaluation()) continue;
    MetricValue* value = event.mutable_evaluation()->add_value();
    value->set_name(top->name());
    value->set_value(0.9789);
  }
  EXPECT_THAT(plain(verdict(view(events))),
              ::testing::StartsWith("Reaches Top-5 accuracy 97.9 % on 10,000 unseen images (95 % interval 97.6–98.2 "
                                    "%, Wilson);"));
}

TEST(Verdict, OfAnEarlyEnd) {
  EXPECT_THAT(verdict_of(finished_run({.epochs = 20, .epochs_done = 7})),
              ::testing::EndsWith("; best after epoch 7, ended early after 7 of 20 epochs."));
}

TEST(Verdict, OfAnUnfinishedRun) {
  EXPECT_EQ(verdict_of(begun_run({.epochs_done = 0})), "Not finished: 0 of 10 epochs are done.");
  EXPECT_EQ(
      verdict_of(begun_run({.epochs_done = 4})),
      "Not finished: 4 of 10 epochs are done. After epoch 4, its best so far, it finds the class of 96.5 % of 10,000 "
      "unseen images (95 % interval 96.1–96.9 %, Wilson) and boxes 77.6 % of them with IoU ≥ 0.6 (76.8–78.4 %).");
  const auto found = notices(view(begun_run({.epochs_done = 4})));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].title, "Still running, or killed");
  EXPECT_EQ(
      found[0].text,
      "The record ends after step 3,752. If the process is gone, the same command goes on from the last checkpoint:");
  EXPECT_EQ(found[0].command, "thaw run experiments/localization/digits.pbtxt --set seed=1");
}

TEST(Verdict, OfAStoppedRun) {
  auto events = begun_run({.epochs_done = 0});
  events.push_back(test::stopped_event(401));
  EXPECT_EQ(verdict_of(events), "Stopped after 0 of 10 epochs.");
  const auto found = notices(view(events));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].title, "Stopped by SIGINT after step 401");
  EXPECT_EQ(found[0].text, "A checkpoint was written. The same command goes on from there:");
  EXPECT_EQ(found[0].command, "thaw run experiments/localization/digits.pbtxt --set seed=1");
}

TEST(Verdict, OfARunThatItsSweepPaused) {
  auto events = begun_run({.epochs_done = 0});
  events.push_back(test::paused_event(938, 1));
  EXPECT_EQ(verdict_of(events), "Paused after 0 of 10 epochs.");
  const auto found = notices(view(events));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].level, "info");
  EXPECT_EQ(found[0].title, "Paused after epoch 1 by its sweep");
  EXPECT_EQ(found[0].text,
            "A checkpoint was written. The sweep goes on with it if it is among the better ones; this command does in "
            "any case:");
  EXPECT_EQ(found[0].command, "thaw run experiments/localization/digits.pbtxt --set seed=1");
  events.push_back(test::resumed_event(938, 938));
  events.back().mutable_resumed()->set_reason("paused");
  EXPECT_EQ(notices(view(events)).size(), 1u) << "nothing of having been taken up again";
}

TEST(Verdict, OfADivergedRun) {
  auto events = begun_run({.epochs_done = 0});
  events.push_back(test::diverged_event(12));
  EXPECT_EQ(verdict_of(events), "Diverged after 12 steps: NaN in conv2d_2/kernel gradient.");
  const auto found = notices(view(events));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].level, "bad");
  EXPECT_EQ(found[0].title, "Training diverged after 12 steps");
  EXPECT_EQ(found[0].text,
            "The first NaN stood in conv2d_2/kernel gradient, in layer conv2d_2. The learning rate was 3, the last "
            "finite loss "
            "81234. Nothing was updated in that step. Try a lower learning rate: --set "
            "train.optimizer.adam.learning_rate=0.3");
  EXPECT_EQ(found[0].command, "");
}

TEST(Verdict, OfADoneRunThatMeasuredNothing) {
  auto events = finished_run({.epochs_done = 1});
  events[0].mutable_started()->clear_metric();
  EXPECT_EQ(verdict_of(events), "Done; nothing was measured.");
}

// Sets the total losses of the epochs from `first` on.
std::vector<Event> run_with_losses(int epochs, int first, double train, double validation) {
  auto events = finished_run({.epochs = epochs, .epochs_done = epochs});
  for (Event& event : events) {
    if (!event.has_epoch_end() || event.epoch_end().epoch() < first) continue;
    event.mutable_epoch_end()->mutable_train(0)->set_value(train);
    event.mutable_epoch_end()->mutable_validation(0)->set_value(validation);
  }
  events.back().mutable_finished()->set_best_epoch(first - 1);
  return events;
}

TEST(Notices, TellOverfitting) {
  const auto found = notices(view(run_with_losses(10, 7, 0.001, 0.09)));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].title, "Overfitting after epoch 6");
  EXPECT_THAT(
      plain(found[0].text),
      ::testing::MatchesRegex("Since then the validation loss has risen by [0-9.]+ % while the training loss went on "
                              "falling \\(0.0[0-9]+ to 0.001000\\). More or more varied data, a smaller network, or "
                              "train.early_stopping help."));
}

TEST(Notices, DoNotTakeNoiseOrDivergenceForOverfitting) {
  EXPECT_THAT(notice_titles(run_with_losses(10, 10, 0.001, 0.09)), IsEmpty());  // one epoch is no trend
  EXPECT_THAT(notice_titles(run_with_losses(10, 7, 0.5, 0.09)), IsEmpty());     // training got worse as well
  EXPECT_THAT(notice_titles(run_with_losses(30, 28, 0.001, 0.09)), IsEmpty());  // three of thirty epochs
}

TEST(Notices, CountResumes) {
  auto events = begun_run({.epochs_done = 1});
  events.push_back(test::resumed_event(938, 938));
  EXPECT_THAT(notice_titles(events), ElementsAre("warn: Still running, or killed", "info: Taken up again once"));
  events.push_back(test::resumed_event(938, 938));
  EXPECT_THAT(notice_titles(events), ElementsAre("warn: Still running, or killed", "info: Taken up again 2 times"));
}

TEST(Notices, ShowTheFirstLinesOfALongWarning) {
  auto events = known_run({});
  std::string warning = "left out 30 pictures:";
  for (int i = 0; i < 30; ++i) warning += "\n    " + std::to_string(i) + ".png: is empty";
  events[0].mutable_started()->add_warning(warning);
  const auto found = notices(view(events));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].level, "warn");
  EXPECT_EQ(found[0].title, "Warning");
  EXPECT_TRUE(found[0].text.starts_with("left out 30 pictures:\n    0.png: is empty\n"));
  EXPECT_TRUE(found[0].text.ends_with("\n    22.png: is empty\nand 7 more lines; `thaw show --json` has them all"))
      << found[0].text;
}

}  // namespace
}  // namespace thaw::reports
