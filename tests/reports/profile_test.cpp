#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/pages.h"
#include "reports/profile_view.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Event> profiled_run() { return finished_run({.is_profiled = true}); }

std::string page(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return render_report(write_run(folder / "run", events));
}

json shown(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return json::parse(render_show_json(write_run(folder / "run", events)));
}

reports::ProfileView view_of(const std::vector<Event>& events) {
  return reports::view_profile(effective_record(events, "example")).value();
}

TEST(ProfileView, SumsByLayerAndOperator) {
  const auto view = view_of(profiled_run());
  EXPECT_EQ(view.all.kernels, 11);
  EXPECT_NEAR(view.all.seconds(), 8773e-6, 1e-9);
  EXPECT_EQ(view.slowest[0].name, "conv2d_2/ConvGradInput");
  EXPECT_EQ(view.kernels[0].name, "conv2d_1/Conv");

  EXPECT_EQ(view.layers[0].name, "conv2d_2");
  EXPECT_EQ(view.layers[0].kernels, 3);
  EXPECT_NEAR(view.layers[0].forward_s, 1790e-6, 1e-9);
  EXPECT_NEAR(view.layers[0].backward_s, 4130e-6, 1e-9);
  EXPECT_NEAR(view.layers[0].flops_per_s(), 3 * 682e6 / 5920e-6, 1e3);

  EXPECT_EQ(view.operators[0].name, "Conv");
  EXPECT_EQ(view.operators[0].kernels, 2);
  ASSERT_TRUE(view.reorders);
  EXPECT_EQ(view.reorders->kernels, 1);
  EXPECT_NEAR(view.reorders->seconds(), 370e-6, 1e-9);
}

TEST(ProfileView, SharesAreOfTheMeasuredPeaks) {
  const auto view = view_of(profiled_run());
  EXPECT_NEAR(view.flops_share(view.kernels[2]), 682e6 / 1790e-6 / 440e9, 1e-9);
  EXPECT_NEAR(view.bytes_share(view.kernels[1]), 27e6 / 390e-6 / 80e9, 1e-9);
  const auto& reorder = view.kernels[5];
  EXPECT_TRUE(std::isnan(view.flops_share(reorder)));  // it computes nothing
}

TEST(ProfileView, Bfloat16HasAPeakOfItsOwn) {
  auto events = profiled_run();
  Profile* profile = events[2].mutable_profile();
  profile->mutable_peaks()->set_bfloat16_flops_per_s(880e9);
  profile->mutable_row(2)->set_is_bfloat16(true);
  const auto view = view_of(events);
  EXPECT_NEAR(view.flops_share(view.kernels[2]), 682e6 / 1790e-6 / 880e9, 1e-9);
  EXPECT_NEAR(view.flops_share(view.kernels[0]), 98e6 / 620e-6 / 440e9, 1e-9);
  EXPECT_THAT(page(events), HasSubstr("peak: 440 GFLOP/s (bfloat16: 880); memory: 80.0 GB/s"));
}

TEST(ProfileView, TrustsNoNumber) {
  auto events = profiled_run();
  Profile* profile = events[2].mutable_profile();
  profile->mutable_peaks()->set_flops_per_s(std::numeric_limits<double>::quiet_NaN());
  profile->mutable_row(0)->set_mean_s(-1);
  profile->mutable_row(1)->set_mean_s(std::numeric_limits<double>::infinity());
  profile->mutable_row(2)->set_flops(-5);
  const auto view = view_of(events);
  EXPECT_EQ(view.peak_flops_per_s, 0);
  EXPECT_EQ(view.kernels[0].seconds(), 0);
  EXPECT_EQ(view.kernels[1].seconds(), 0);
  EXPECT_EQ(view.kernels[2].flops, 0);
  EXPECT_THAT(page(events), Not(HasSubstr("nan")));
}

TEST(ProfileView, OfARunThatWasNotProfiled) {
  EXPECT_FALSE(reports::view_profile(effective_record(finished_run({}), "example")));
}

TEST(ProfileSection, NamesWhatMattersAndDrawsIt) {
  const std::string text = page(profiled_run());
  EXPECT_THAT(text, HasSubstr("<section id=\"profile\">"));
  EXPECT_THAT(text, HasSubstr("Mean of steps 6 to 25, each kernel timed by itself: 8.77\u00a0ms in 11 kernels, 268 "
                              "GFLOP/s over all, 61.0\u00a0% of what the machine reaches. Changes of layout (reorders) "
                              "take 4.2\u00a0% of it."));
  EXPECT_THAT(text, HasSubstr("peak: 440 GFLOP/s; memory: 80.0 GB/s, where caches are faster; both measured"));
  EXPECT_THAT(text, HasSubstr("<title id=\"time-by-layer-title\">By layer"));
  EXPECT_THAT(text, HasSubstr("<title id=\"time-by-operator-title\">By operator"));
  EXPECT_THAT(text, HasSubstr("conv2d_2, backward: 4.13\u00a0ms"));  // of a bar
  EXPECT_THAT(text, HasSubstr("<span class=\"soft\">reorder</span> dense_1/kernel for dense_1/GemmGradInput"));
  EXPECT_THAT(text, HasSubstr("<a href=\"#profile\">Where a step goes</a>"));
}

TEST(ProfileSection, SaysWhyAKernelIsFasterThanTheMachineMultiplies) {
  const std::string why = "beyond the peak: Winograd&#39;s algorithm, which multiplies less than is counted";
  auto events = profiled_run();
  EXPECT_THAT(page(events), Not(HasSubstr("beyond the peak")));
  events[2].mutable_profile()->mutable_row(2)->set_mean_s(1e-3);  // 682 GFLOP/s of 440
  EXPECT_THAT(page(events), Not(HasSubstr("beyond the peak")));   // who knows why
  events[2].mutable_profile()->mutable_row(2)->set_saved_arithmetic(2);
  EXPECT_THAT(page(events), HasSubstr("both measured; " + why));
  const TemporaryFolder folder;
  EXPECT_THAT(
      render_show_text(write_run(folder / "run", events)),
      HasSubstr("from step 6 on; beyond the peak: Winograd's algorithm, which multiplies less than is counted\n"));
}

TEST(ProfileSection, IsLeftOutWithoutAProfile) {
  EXPECT_THAT(page(finished_run({})), Not(HasSubstr("id=\"profile\"")));
  auto events = profiled_run();
  for (ProfileRow& row : *events[2].mutable_profile()->mutable_row()) row.set_mean_s(0);
  EXPECT_THAT(page(events), Not(HasSubstr("id=\"profile\"")));
}

TEST(ProfileSection, CutsLongNamesBetweenLetters) {
  auto events = profiled_run();
  for (ProfileRow& row : *events[2].mutable_profile()->mutable_row()) row.set_layer("ééééééééééééééééééééééééé");
  EXPECT_THAT(page(events), HasSubstr(">ééééééééééééééééééééé…</text>"));
}

TEST(Predictions, StandBesideWhatWasMeasured) {
  const std::string text = page(profiled_run());
  EXPECT_THAT(text, HasSubstr("<dt>A training step</dt><dd>8.87\u00a0ms, predicted 9.40\u00a0ms</dd>"));
  EXPECT_THAT(text, HasSubstr("<dt>Wall time, all processes</dt><dd>1\u00a0min\u00a029\u00a0s, predicted "
                              "1\u00a0min\u00a024\u00a0s</dd>"));
  EXPECT_THAT(text, HasSubstr("<dt>The same, predicted</dt><dd>180\u00a0MiB</dd>"));
  EXPECT_THAT(page(finished_run({})), Not(HasSubstr(", predicted")));
}

TEST(ShowProfile, AsJson) {
  const json run = shown(profiled_run());
  EXPECT_EQ(run["profile"]["steps"], 20);
  EXPECT_EQ(run["profile"]["peak_flops_per_s"], 440e9);
  EXPECT_EQ(run["profile"]["kernels"].size(), 11U);
  EXPECT_EQ(run["profile"]["kernels"][5]["is_reorder"], true);
  EXPECT_EQ(run["profile"]["kernels"][5]["flops_per_s"], nullptr);
  EXPECT_EQ(run["prediction"]["peak_memory_bytes"], 180 << 20);
  EXPECT_EQ(run["prediction"]["memory"]["activations and gradients"], 61 << 20);
  EXPECT_EQ(run["prediction"]["run_s"], 84);
  const json plain = shown(finished_run({}));
  EXPECT_TRUE(plain["profile"].is_null());
  EXPECT_TRUE(plain["prediction"].is_null());
}

TEST(ShowProfile, AsText) {
  auto events = profiled_run();
  auto* rows = events[2].mutable_profile()->mutable_row();
  rows->DeleteSubrange(6, rows->size() - 6);
  const TemporaryFolder folder;
  const std::string text = render_show_text(write_run(folder / "run", events));
  EXPECT_THAT(text, HasSubstr("peak memory       183 MiB, predicted 180 MiB\n"));
  EXPECT_THAT(text, HasSubstr("wall time         1 min 29 s, predicted 1 min 24 s\n"));
  EXPECT_THAT(text, HasSubstr("\nslowest kernels                                       mean    share   GFLOP/s   GB/s\n"
                              "conv2d_2/Conv                                      1.79 ms   53.5 %       381    8.4\n"
                              "conv2d_1/Conv                                       620 us   18.5 %       158   37.1\n"
                              "average_pooling2d_1/AveragePool                     390 us   11.7 %      13.6   69.2\n"
                              "reorder dense_1/kernel for dense_1/GemmGradInput    370 us   11.1 %         -    8.6\n"
                              "dense_1/Gemm                                        170 us    5.1 %       300   14.1\n"
                              "classification/Softmax                             6.00 us   0.18 %      0.43   0.85\n"
                              "all reorders: 1                                     370 us   11.1 %         -    8.6\n"
                              "all kernels: 6                                     3.35 ms    100 %       250   21.1\n"
                              "the machine, measured                                                     440   80.0\n"
                              "of 20 steps, from step 6 on\n"));
}

TEST(EffectiveRecord, KeepsTheLastProfileAndDropsOneThatAResumedRunThrewAway) {
  auto events = finished_run({.is_profiled = true});
  events.resize(3);
  events.push_back(resumed_event(25, 20));
  EXPECT_FALSE(effective_record(events, "example").profile);
  events.push_back(profile_event(45));
  events.back().mutable_profile()->set_first_step(26);
  events.push_back(resumed_event(60, 50));
  EXPECT_EQ(effective_record(events, "example").profile->first_step(), 26);
}

TEST(ProfileNumbers, AreShort) {
  EXPECT_EQ(reports::short_seconds_text(5.94e-6), "5.94\u00a0µs");
  EXPECT_EQ(reports::short_seconds_text(850e-6), "850\u00a0µs");
  EXPECT_EQ(reports::short_seconds_text(0.9997e-3), "1.00\u00a0ms");
  EXPECT_EQ(reports::short_seconds_text(0.0123), "12.3\u00a0ms");
  EXPECT_EQ(reports::short_seconds_text(4.2), "4.20\u00a0s");
  EXPECT_EQ(reports::rate_text(438.2e9), "438");
  EXPECT_EQ(reports::rate_text(9.5e9), "9.5");
  EXPECT_EQ(reports::rate_text(0.43e9), "0.43");
  EXPECT_EQ(reports::rate_text(0), "–");
}

}  // namespace
}  // namespace thaw::test
