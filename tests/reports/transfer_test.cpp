// What a report and `thaw show` say of frozen weights, rules and stages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/pages.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page_of(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return render_report(write_run(folder / "run", events));
}

std::string text_of(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return render_show_text(write_run(folder / "run", events));
}

json json_of(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return json::parse(render_show_json(write_run(folder / "run", events)));
}

TEST(TransferReport, SaysTheStrategyInWords) {
  const std::string page = page_of(finished_run({.has_transfer = true}));
  EXPECT_THAT(page, HasSubstr("<section id=\"transfer\">"));
  EXPECT_THAT(page, HasSubstr("Gradual unfreezing: what is pretrained is frozen at first and released in stages, from "
                              "the head downwards. 1,190,318 of 1,190,478 parameters are trained at first.</p>"));
  auto events = finished_run({.has_transfer = true});
  events[0].mutable_started()->set_strategy("mi<n>e");
  EXPECT_THAT(page_of(events), HasSubstr("mi&lt;n&gt;e: rules of its own say what is trained."));
}

TEST(TransferReport, ListsTheRulesByLayer) {
  const std::string page = page_of(finished_run({.has_transfer = true}));
  EXPECT_THAT(page, HasSubstr("<details open><summary>5 layers with weights</summary>"));
  EXPECT_THAT(page, HasSubstr("<tr><th scope=\"row\">backbone/conv1_bn</th><td class=\"n\">4,640</td><td><span "
                              "class=\"frozen\">frozen</span></td><td class=\"n\"></td><td class=\"n\"></td>"
                              "<td>stored</td><td></td></tr>"));
  EXPECT_THAT(page, HasSubstr("<tr><th scope=\"row\">classification</th><td class=\"n\">1,290</td><td>trained</td>"
                              "<td class=\"n\">× 1</td><td class=\"n\">× 1</td><td></td><td>fresh</td></tr>"));
}

TEST(TransferReport, FoldsALongTable) {
  auto events = finished_run({.has_transfer = true});
  for (int i = 0; i < 30; ++i) events[0].mutable_started()->add_transfer()->set_layer("layer" + std::to_string(i));
  EXPECT_THAT(page_of(events), HasSubstr("<details><summary>35 layers with weights</summary>"));
}

TEST(TransferReport, ProvesWhatStayedFrozen) {
  auto events = finished_run({.has_transfer = true});
  const std::string hash = events[0].started().frozen_sha256();
  EXPECT_THAT(page_of(events),
              AllOf(HasSubstr("✓ 12 tensors that no stage trains, running statistics included: the same "
                              "bytes after training as before.</p>"),
                    HasSubstr("<dt>SHA-256 before training</dt><dd>" + hash + "</dd>"),
                    HasSubstr("<dt>SHA-256 after training</dt><dd>" + hash + "</dd>")));
  events.back().mutable_finished()->set_frozen_sha256("0123");
  EXPECT_THAT(page_of(events),
              HasSubstr("✗ 12 tensors were to stay as they were, but have changed. This is a defect of "
                        "thaw.</p>"));
  events.back().mutable_finished()->clear_frozen_sha256();
  EXPECT_THAT(page_of(events),
              AllOf(HasSubstr("12 tensors that no stage trains, running statistics included; they are compared once "
                              "training is over.</p>"),
                    Not(HasSubstr("SHA-256 after training"))));
}

TEST(TransferReport, ShowsStagesAndMarksThemInTheCurves) {
  const std::string page = page_of(finished_run({.has_transfer = true}));
  EXPECT_THAT(page, HasSubstr("<tr><th scope=\"row\">1</th><td class=\"n\">4</td><td>at epoch 4</td><td "
                              "class=\"n\">101,290</td><td><div>trained at × 0.1: <span "
                              "class=\"soft\">backbone/conv2</span></div></td></tr>"));
  EXPECT_THAT(page, HasSubstr("<div>trained at × 0.1: <span class=\"soft\">backbone/block0, backbone/block1, "
                              "backbone/block2, backbone/block3, backbone/block4, backbone/block5, backbone/block6, "
                              "backbone/block7 and 4 more</span></div>"));
  EXPECT_THAT(page, HasSubstr("stage 2 begins before epoch 6 (no improvement for 2 epochs): 201,290 parameters are "
                              "trained</title>"));
  EXPECT_THAT(page, HasSubstr(" Stage 1 begins before epoch 4. Stage 2 begins before epoch 6."));
}

TEST(TransferReport, IsLeftOutWhereThereIsNone) {
  EXPECT_THAT(page_of(finished_run({})), AllOf(Not(HasSubstr("id=\"transfer\"")), Not(HasSubstr("class=\"stage\""))));
}

TEST(TransferShow, SaysStrategyStagesAndProof) {
  auto events = finished_run({.has_transfer = true});
  const std::string hash = events[0].started().frozen_sha256();
  EXPECT_THAT(text_of(events),
              HasSubstr("strategy          gradual_unfreezing\n"
                        "stage 1           from epoch 4 on (at epoch 4), 101,290 parameters trained\n"
                        "stage 2           from epoch 6 on (no improvement for 2 epochs), 201,290 parameters trained\n"
                        "frozen            12 tensors unchanged, sha256 " +
                        hash + "\n"));
  const json shown = json_of(events);
  EXPECT_EQ(shown["strategy"], "gradual_unfreezing");
  EXPECT_EQ(
      shown["stages"][1],
      json({{"stage", 2}, {"epoch", 6}, {"reason", "no improvement for 2 epochs"}, {"trainable_parameters", 201290}}));
  EXPECT_EQ(shown["frozen_tensors"], 12);
  EXPECT_EQ(shown["frozen_sha256_before"], hash);
  EXPECT_EQ(shown["frozen_sha256"], hash);
  events.back().mutable_finished()->set_frozen_sha256("0123");
  EXPECT_THAT(text_of(events), HasSubstr("frozen            12 tensors CHANGED, sha256 "));
}

TEST(TransferShow, WithoutThereIsNothing) {
  const json shown = json_of(finished_run({}));
  EXPECT_TRUE(shown["strategy"].is_null());
  EXPECT_EQ(shown["stages"], json::array());
  EXPECT_TRUE(shown["frozen_sha256"].is_null());
  EXPECT_THAT(text_of(finished_run({})), AllOf(Not(HasSubstr("strategy")), Not(HasSubstr("frozen"))));
}

TEST(TransferReport, CountsTheFrozenTrunksTime) {
  auto events = finished_run({.has_transfer = true});
  const json before = json_of(events)["time"];
  double epochs = 0;
  for (const auto& [key, seconds] : before.items()) epochs += key == "wall_s" ? 0 : seconds.get<double>();
  EXPECT_FALSE(before.contains("trunk_s"));
  EXPECT_THAT(page_of(events), HasSubstr(" in all epochs</span></h3>"));
  for (const char* const split : {"train", "validation"}) {
    Event event;
    TrunkReady* ready = event.mutable_trunk_ready();
    ready->set_split(split);
    ready->set_key("k");
    ready->set_seconds(5000);
    events.insert(events.begin() + 1, event);
  }
  EXPECT_EQ(json_of(events)["time"]["trunk_s"], 10000);
  const std::string page = page_of(events);
  const auto total = reports::seconds_text(epochs + 10000);
  EXPECT_THAT(page, HasSubstr("<dt>Time</dt><dd><strong>" + total + "</strong>"));
  EXPECT_THAT(page, HasSubstr("Where the time went <span class=\"soft\">" + total + " in all</span></h3>"));
  EXPECT_THAT(page, HasSubstr("</svg> frozen trunk</th>"));
}

}  // namespace
}  // namespace thaw::test
