#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "reports/axis.h"
#include "reports/config_fields.h"
#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/statistics.h"

namespace thaw::reports {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::Pointwise;
using ::testing::UnorderedElementsAre;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(NumberText, Counts) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(-1234567), "-1,234,567");
  EXPECT_EQ(count_text(-123), "-123");
}

TEST(NumberText, FourSignificantDigits) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(0.0123456), "0.01235");
  EXPECT_EQ(number_text(12.3456), "12.35");
  EXPECT_EQ(number_text(81234.5), "81234");
  EXPECT_EQ(number_text(0.00000123), "1.23e-06");
  EXPECT_EQ(number_text(-2.5e9), "-2.50e+09");
  EXPECT_EQ(number_text(kNaN), "–");
  EXPECT_EQ(number_text(-kInfinity), "−∞");
}

TEST(NumberText, WhatPeopleWrote) {
  EXPECT_EQ(plain_text(0.6), "0.6");
  EXPECT_EQ(plain_text(3), "3");
}

TEST(NumberText, Shares) {
  EXPECT_EQ(share_text(0.9789), "97.9\u00a0%");
  EXPECT_EQ(share_text(0.99021), "99.02\u00a0%");
  EXPECT_EQ(share_text(0.0012), "0.12\u00a0%");
  EXPECT_EQ(share_text(0), "0\u00a0%");
  EXPECT_EQ(share_text(1), "100\u00a0%");
  EXPECT_EQ(share_text(0.999999), ">99.99\u00a0%");
  EXPECT_EQ(share_text(0.000001), "<0.01\u00a0%");
  EXPECT_EQ(share_text(1.78), "178.0\u00a0%");
  EXPECT_EQ(share_text(kNaN), "–");
  EXPECT_EQ(share_range_text(0.976, 0.982), "97.6\u2060–\u206098.2\u00a0%");
}

TEST(NumberText, BytesAndFlops) {
  EXPECT_EQ(bytes_text(640), "640\u00a0B");
  EXPECT_EQ(bytes_text(1229), "1.20\u00a0KiB");
  EXPECT_EQ(bytes_text(812LL << 20), "812\u00a0MiB");
  EXPECT_EQ(flops_text(1250000000), "1.25\u00a0GFLOP");
}

TEST(NumberText, Seconds) {
  EXPECT_EQ(seconds_text(0.419), "0.42\u00a0s");
  EXPECT_EQ(seconds_text(12.34), "12.3\u00a0s");
  EXPECT_EQ(seconds_text(59.96), "1\u00a0min\u00a000\u00a0s");
  EXPECT_EQ(seconds_text(252), "4\u00a0min\u00a012\u00a0s");
  EXPECT_EQ(seconds_text(3725), "1\u00a0h\u00a002\u00a0min");
}

// R: prop.test(9789, 10000, correct = FALSE)$conf.int; and by hand for 0 of 10.
TEST(WilsonInterval, AgreesWithR) {
  const ShareInterval interval = wilson_interval(0.9789, 10000);
  EXPECT_NEAR(interval.low, 0.97589, 2e-5);
  EXPECT_NEAR(interval.high, 0.98154, 2e-5);
  const ShareInterval none = wilson_interval(0, 10);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.27753, 1e-5);
}

TEST(WilsonInterval, KnowsNothingWithoutSamples) {
  EXPECT_EQ(wilson_interval(0.5, 0).low, 0);
  EXPECT_EQ(wilson_interval(0.5, 0).high, 1);
}

TEST(Summarize, MeanAndSpreadOfWhatIsThere) {
  const Summary summary = summarize({2, kNaN, 4, 9});
  EXPECT_EQ(summary.count, 3);
  EXPECT_EQ(summary.mean, 5);
  EXPECT_NEAR(summary.standard_deviation, std::sqrt(13.0), 1e-12);
  EXPECT_EQ(summary.min, 2);
  EXPECT_EQ(summary.max, 9);
  EXPECT_TRUE(std::isnan(summarize({1}).standard_deviation));
  EXPECT_TRUE(std::isnan(summarize({}).mean));
}

TEST(ScoreClasses, PrecisionRecallAndF1) {
  // Rows are the truth: 8 of 10 zeros found, one 1 taken for a 0; class 2 never occurs and is never predicted.
  const auto scores = score_classes({3, {8, 2, 0, 1, 4, 0, 0, 0, 0}});
  EXPECT_EQ(scores[0].samples, 10);
  EXPECT_DOUBLE_EQ(scores[0].precision, 8.0 / 9);
  EXPECT_DOUBLE_EQ(scores[0].recall, 0.8);
  EXPECT_DOUBLE_EQ(scores[0].f1, 16.0 / 19);
  EXPECT_DOUBLE_EQ(scores[1].precision, 4.0 / 6);
  EXPECT_TRUE(std::isnan(scores[2].precision) && std::isnan(scores[2].recall) && std::isnan(scores[2].f1));
}

TEST(Axis, TicksAreRound) {
  EXPECT_THAT(linear_axis(0.03, 0.36, 5).ticks, Pointwise(DoubleNear(1e-12), {0.0, 0.1, 0.2, 0.3, 0.4}));
  EXPECT_THAT(linear_axis(0, 1735, 4).ticks, ElementsAre(0, 500, 1000, 1500, 2000));
  EXPECT_THAT(counting_axis(1, 10, 6).ticks, ElementsAre(1, 2, 4, 6, 8, 10));
  EXPECT_THAT(counting_axis(1, 1000, 6).ticks, ElementsAre(1, 200, 400, 600, 800, 1000));
  EXPECT_THAT(counting_axis(1, 1, 6).ticks, ElementsAre(1));
}

TEST(Axis, EqualValuesGetRoom) {
  for (const double value : {0.0, 5.0, -3.0, 1e-30, 1e30}) {
    const Axis axis = linear_axis(value, value, 5);
    EXPECT_LT(axis.low, axis.high) << value;
    EXPECT_GE(axis.ticks.size(), 2u) << value;
    EXPECT_NEAR(axis.position(value), 0.5, 0.5) << value;
  }
}

TEST(Axis, LogarithmicTicks) {
  EXPECT_THAT(log_axis(0.03, 0.9).ticks, Pointwise(DoubleNear(1e-12), {0.05, 0.1, 0.2, 0.5}));
  EXPECT_THAT(log_axis(0.002, 40).ticks, Pointwise(DoubleNear(1e-12), {0.01, 0.1, 1.0, 10.0}));
  EXPECT_LT(log_axis(1e-300, 1e300).ticks.size(), 12u);
}

TEST(Html, Escapes) {
  EXPECT_EQ(escape("<a href=\"x\">&'\x01</a>\n"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\ufffd&lt;/a&gt;\n");
  EXPECT_EQ(well_formed("a\xff\xc3(\xe2\x82\xac)"), "a\ufffd\ufffd(€)");
}

TEST(Html, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\xfd\x00"), "//79");
}

TEST(ConfigFields, NamesEveryFieldByItsPath) {
  const char* text = R"(# a comment
name: "a: {b}"
train {
  loss {
    output: "x"
  }
  loss {
    output: "y"
    weight: 2
  }
  optimizer { }
}
model {
  layer: {
    conv2d {
      kernel_size: 3
      kernel_size: 5
    }
  }
}
unknown {
  field: 1
}
)";
  EXPECT_THAT(config_fields(text),
              UnorderedElementsAre(Pair("name", "\"a: {b}\""), Pair("train.loss[0].output", "\"x\""),
                                   Pair("train.loss[1].output", "\"y\""), Pair("train.loss[1].weight", "2"),
                                   Pair("model.layer[0].conv2d.kernel_size[0]", "3"),
                                   Pair("model.layer[0].conv2d.kernel_size[1]", "5"), Pair("unknown.field", "1")));
}

TEST(ConfigFields, TakesWhateverItIsGiven) {
  for (const char* text : {"", "}", "}}\n}\nx: 1", "{", ":", "a {\nb {\n", "\r\n\t\n"}) config_fields(text);
}

}  // namespace
}  // namespace thaw::reports
