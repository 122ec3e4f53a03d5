#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/pages.h"
#include "schemas/diagnostic.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json show(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return json::parse(render_show_json(write_run(folder / "run", events)));
}

std::string show_text(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return render_show_text(write_run(folder / "run", events));
}

TEST(ShowJson, OfAFinishedRun) {
  const auto events = finished_run({});
  const json shown = show(events);
  const EpochEnd& last = events[events.size() - 3].epoch_end();
  EXPECT_EQ(shown["status"], "done");
  EXPECT_EQ(shown["name"], "digits");
  EXPECT_EQ(shown["id"], events[0].started().id());
  EXPECT_EQ(shown["step"], 9380);
  EXPECT_EQ(shown["epochs_done"], 10);
  EXPECT_EQ(shown["epochs"], 10);
  EXPECT_EQ(shown["seed"], 1);
  EXPECT_EQ(shown["resumed"], 0);
  EXPECT_EQ(shown["weights_sha256"], events.back().finished().weights_sha256());
  EXPECT_EQ(shown["best_weights_sha256"], events.back().finished().best_weights_sha256());
  EXPECT_EQ(shown["metrics_sha256"], events.back().finished().metrics_sha256());
  EXPECT_EQ(shown["best_epoch"], 10);
  EXPECT_EQ(shown["train"]["loss"], last.train(0).value());
  EXPECT_EQ(shown["validation"]["loss"], last.validation(0).value());
  EXPECT_EQ(shown["best_validation"]["classification/accuracy"], last.validation(3).value());
  EXPECT_NEAR(shown["time"]["forward_s"].get<double>(), 26, 1e-9);
  EXPECT_NEAR(shown["time"]["data_wait_s"].get<double>(), 1.2, 1e-9);
  EXPECT_EQ(shown["time"]["wall_s"], 89);
  EXPECT_NEAR(shown["samples_per_second"].get<double>(), 60000 / 8.32, 1e-6);
  EXPECT_EQ(shown["peak_rss_bytes"], 183 << 20);
  EXPECT_EQ(shown["time_to_first_step_s"], 0.31);
}

TEST(ShowJson, BestValidationIsThatOfTheBestEpoch) {
  auto events = finished_run({});
  events.back().mutable_finished()->set_best_epoch(4);
  const json shown = show(events);
  EXPECT_EQ(shown["best_epoch"], 4);
  EXPECT_EQ(shown["best_validation"]["loss"], events[5].epoch_end().validation(0).value());
}

TEST(ShowJson, WhatIsNotKnownIsNull) {
  auto events = begun_run({.epochs_done = 0});
  json shown = show(events);
  EXPECT_EQ(shown["status"], "running/killed");
  for (const char* key : {"weights_sha256", "best_weights_sha256", "metrics_sha256", "best_epoch", "samples_per_second",
                          "peak_rss_bytes", "time_to_first_step_s"}) {
    EXPECT_TRUE(shown.contains(key) && shown[key].is_null()) << key;
  }
  EXPECT_EQ(shown["train"], json::object());
  events.push_back(stopped_event(3));
  EXPECT_EQ(show(events)["status"], "stopped");
  events.back() = paused_event(3, 1);
  EXPECT_EQ(show(events)["status"], "paused");
  events.back() = diverged_event(3);
  EXPECT_EQ(show(events)["status"], "diverged");
  events.push_back(resumed_event(3, 3));
  EXPECT_EQ(show(events)["status"], "running/killed");
  EXPECT_EQ(show(events)["resumed"], 1);
}

TEST(ShowJson, IsJsonWhateverTheRecordSays) {
  auto events = finished_run({});
  make_hostile(events, "\"\\\xff\x01\n");
  events[2].mutable_epoch_end()->mutable_train(0)->set_value(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(show(events)["name"], "\"\\\ufffd\x01\n");
}

TEST(ShowText, OfAFinishedRun) {
  auto events = finished_run({.has_boxes = false});
  for (Event& event : events) {
    if (event.has_epoch_end()) {
      for (auto* values :
           {event.mutable_epoch_end()->mutable_train(), event.mutable_epoch_end()->mutable_validation()}) {
        values->at(0).set_value(0.05);
        values->at(1).set_value(0.975);
      }
    }
    if (event.has_evaluation()) event.mutable_evaluation()->mutable_value(1)->set_value(0.975);
  }
  const Finished& finished = events.back().finished();
  EXPECT_EQ(
      show_text(events),
      "Finds the class of 97.5 % of 10,000 unseen images (95 % interval 97.2–97.8 %, Wilson); best after epoch 10.\n\n"
      "status            done\n"
      "name              digits-classes\n"
      "id                " +
          events[0].started().id() +
          "\n"
          "epochs            10 of 10\n"
          "step              9,380\n"
          "best epoch        10\n\n"
          "after epoch 10              train   validation   at best epoch\n"
          "loss                      0.05000      0.05000         0.05000\n"
          "classification/accuracy    97.5 %       97.5 %          97.5 %\n\n"
          "throughput        7,212 samples/s\n"
          "peak memory       183 MiB\n"
          "wall time         1 min 29 s\n"
          "first step after  0.31 s\n"
          "weights           " +
          finished.weights_sha256() +
          "\n"
          "best weights      " +
          finished.best_weights_sha256() +
          "\n"
          "metrics           " +
          finished.metrics_sha256() +
          "\n\n"
          "The last epoch was the best. It may still be improving: try a higher train.epochs.\n\n"
          "thaw run experiments/localization/digits.pbtxt --set seed=1\n");
}

TEST(ShowText, OfARunThatHasNotBegun) {
  const std::string text = show_text(begun_run({.epochs_done = 0}));
  EXPECT_THAT(text, HasSubstr("Not finished: 0 of 10 epochs are done."));
  EXPECT_THAT(text, HasSubstr("status            running/killed\n"));
  EXPECT_THAT(text, Not(HasSubstr("after epoch")));
}

// A terminal obeys control characters: none may reach it.
TEST(ShowText, SendsNoControlCharacters) {
  auto events = finished_run({});
  make_hostile(events, "\x1b[2Jname\r\xc2\x9b");
  EXPECT_THAT(show_text(events), Not(HasSubstr("\x1b")));
  EXPECT_THAT(show_text(events), Not(HasSubstr("\r")));
  EXPECT_THAT(show_text(events), Not(HasSubstr("\xc2\x9b")));
}

}  // namespace
}  // namespace thaw::test
