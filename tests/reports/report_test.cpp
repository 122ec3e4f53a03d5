#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "reports/pages.h"
#include "schemas/diagnostic.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/page_checks.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kPageBudget = 2'000'000;

std::string render(const std::vector<Event>& events) {
  const TemporaryFolder folder;
  return render_report(write_run(folder / "run", events));
}

// The checks above must notice what they are for.
TEST(PageChecks, NoticeFaults) {
  EXPECT_NONFATAL_FAILURE(expect_distinct_ids("<p id=\"a\"></p><p class=\"x\" id=\"a\"></p>"), "size()");
  EXPECT_NONFATAL_FAILURE(expect_distinct_ids("<a href=\"#b\"></a>"), "link to nowhere: #b");
  EXPECT_FATAL_FAILURE(expect_balanced("<p><b></p></b>"), "open.back()");
  EXPECT_NONFATAL_FAILURE(expect_balanced("<p><rect/>"), "open.empty()");
  const std::string policy =
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'sha256-x'\">";
  EXPECT_NONFATAL_FAILURE(expect_self_contained(policy + "<script>"), "<script>");
  EXPECT_NONFATAL_FAILURE(expect_self_contained(policy + "<p onclick=\"x\">"), "onclick");
  EXPECT_NONFATAL_FAILURE(expect_self_contained(policy + "<svg a b=\"c\" href=\"http://x\"/>"), "http://x");
}

class EveryReport : public ::testing::TestWithParam<ExampleRun> {};

TEST_P(EveryReport, IsOneSoundPage) {
  const std::string page = render(GetParam().events);
  EXPECT_LT(page.size(), kPageBudget);
  EXPECT_TRUE(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
  expect_self_contained(page);
  expect_balanced(page);
  expect_distinct_ids(page);
}

INSTANTIATE_TEST_SUITE_P(Reports, EveryReport, ::testing::ValuesIn(example_runs()),
                         [](const auto& run) { return run.param.name; });

TEST(Report, HasItsPartsInOrder) {
  const std::string page = render(finished_run({}));
  EXPECT_THAT(values_of(page, "id", "section"),
              ElementsAre("numbers", "curves", "data", "outputs", "samples", "model", "resources", "again"));
  EXPECT_LT(page.find("id=\"verdict\""), page.find("id=\"warnings\""));
  EXPECT_LT(page.find("id=\"warnings\""), page.find("id=\"numbers\""));
  const auto all = values_of(page, "id");
  const std::set<std::string> ids(all.begin(), all.end());
  for (const char* id :
       {"chart-loss", "chart-classification-accuracy", "chart-bounding-box-iou", "chart-bounding-box-iou-at-0-6",
        "preview", "class-counts", "confusion-classification", "iou-histogram-bounding-box", "random-samples",
        "worst-samples", "time", "memory", "machine", "command", "hashes", "config"}) {
    EXPECT_TRUE(ids.count(id) + ids.count(std::string(id) + "-figure")) << id;
  }
}

TEST(Report, ShowsTheNumbers) {
  const std::string page = render(finished_run({}));
  const auto shows = [&page](const std::string& text) { EXPECT_THAT(page, HasSubstr(text)); };
  shows("<dt>Accuracy</dt><dd><strong>98.2\u00a0%</strong>");
  shows("<span>97.9\u2060–\u206098.4\u00a0%</span><span>training 98.4\u00a0%</span>");
  shows("best: epoch 10</text>");
  shows("<tr class=\"best\"><th scope=\"row\">10 (best)</th>");
  shows("<th scope=\"row\">conv2d_2</th><td>Conv2D 3x3, 32, relu</td>");
  shows("<span class=\"frozen\">frozen</span>");
  shows("1,190,478 parameters, 1,190,318 of them trainable, 160 frozen");
  shows("<dt>Training throughput</dt><dd>7,212 samples/s</dd>");
  shows("<dt>Activations and gradients, planned</dt><dd>61.0\u00a0MiB</dd>");
  shows("<dt>Peak of the whole process, measured</dt><dd>183\u00a0MiB</dd>");
  shows("<dt>From command to first step</dt><dd>0.31\u00a0s</dd>");
  shows("threshold 0.6</text>");
  shows("<dt>Model file models/&lt;net&gt;.onnx</dt><dd>");
  shows("<pre id=\"command\">thaw run experiments/localization/digits.pbtxt --set seed=1</pre>");
  shows("name: &quot;digits&quot;");
}

TEST(Report, CountsConfusionsAndScores) {
  const std::string page = render(finished_run({}));
  EXPECT_EQ(count_of(page, "<td class=\"hit"), 10);
  EXPECT_EQ(count_of(page, "<td class=\"miss"), 90);
  EXPECT_THAT(page, HasSubstr("<td class=\"hit9\">979</td>"));
  EXPECT_THAT(page, HasSubstr("<strong>8×</strong> 0 taken for 5"));
}

TEST(Report, DrawsEverySampleWithItsBoxes) {
  const std::string page = render(finished_run({}));
  EXPECT_EQ(count_of(page, "data:image/png;base64,"), 24 + 12 + 16);
  EXPECT_EQ(count_of(page, "class=\"predicted\" x=\"") - 1, 24 + 12) << "one more is in the key";
  EXPECT_EQ(count_of(page, "class=\"true\" x=\"") - 1, 24 + 12 + 16);
  EXPECT_THAT(page, HasSubstr("aria-label=\"Sample 2: 2 taken for 6, IoU 0.3"));
  EXPECT_THAT(page, HasSubstr("<span class=\"wrong\">✗ 2 → 6</span>"));
}

TEST(Report, LeavesOutWhatIsNotThere) {
  const std::string begun = render(begun_run({.epochs_done = 0}));
  EXPECT_THAT(values_of(begun, "id", "section"), ElementsAre("data", "model", "resources", "again"));
  const std::string classes = render(finished_run({.has_boxes = false}));
  EXPECT_THAT(classes, AllOf(Not(HasSubstr("IoU")), Not(HasSubstr("predicted box")), HasSubstr("id=\"confusion-")));
}

TEST(Report, OneEpochIsATable) {
  const std::string page = render(finished_run({.epochs = 1, .epochs_done = 1}));
  EXPECT_THAT(page, AllOf(HasSubstr("One epoch makes no curve."), Not(HasSubstr("id=\"chart-"))));
}

TEST(Report, ManyEpochsAreThinnedToTheirExtremes) {
  auto events = begun_run({.epochs = 20000, .epochs_done = 20000, .pictures = 0});
  const double spike = 0.9;
  events[12345].mutable_epoch_end()->mutable_validation(0)->set_value(spike);
  const std::string page = render(events);
  EXPECT_LT(page.size(), 600'000u);
  EXPECT_THAT(page, HasSubstr("Not every epoch is listed."));
  // The spike stands at its place: the top of the axis, 12344 / 19999 of the way along it.
  EXPECT_THAT(page, HasSubstr("L248 "));
}

TEST(Report, NothingThatARecordSaysIsMarkup) {
  const std::string hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{verdict}}{{{body}}}&amp;\xff";
  auto events = finished_run({.has_weights = true});
  events.push_back(stopped_event(1));
  make_hostile(events, hostile);
  const std::string page = render(events);
  EXPECT_THAT(page, HasSubstr("<h1>&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x "
                              "onerror=alert(2)&gt;{{verdict}}{{{body}}}&amp;amp;\ufffd</h1>"));
  EXPECT_EQ(count_of(page, "<img"), 0);
  expect_self_contained(page);
  expect_balanced(page);
}

TEST(Report, NumbersThatMakeNoSenseDoNoHarm) {
  auto events = finished_run({});
  for (Event& event : events) {
    if (event.has_evaluation()) {
      OutputEvaluation* output = event.mutable_evaluation()->mutable_output(0);
      output->mutable_confusion()->RemoveLast();
      event.mutable_evaluation()->mutable_output(1)->set_iou_threshold(-7);
      event.mutable_evaluation()->mutable_output(1)->set_iou_histogram(3, -5);
      Sample* sample = event.mutable_evaluation()->mutable_worst(0);
      sample->set_true_class(-3);
      sample->set_predicted_class(1 << 30);
      sample->set_width(-1);
      sample->mutable_predicted_box()->set_xmin(std::numeric_limits<float>::quiet_NaN());
      sample->mutable_predicted_box()->set_xmax(1e30F);
      event.mutable_evaluation()->set_samples(-1);
    }
    if (!event.has_epoch_end()) continue;
    event.mutable_epoch_end()->mutable_train(0)->set_value(std::numeric_limits<double>::quiet_NaN());
    event.mutable_epoch_end()->mutable_validation(1)->set_value(std::numeric_limits<double>::infinity());
    event.mutable_epoch_end()->set_samples_per_second(-1);
    event.mutable_epoch_end()->mutable_time()->set_forward_s(-1);
  }
  const std::string page = render(events);
  expect_balanced(page);
  EXPECT_THAT(page, AllOf(Not(HasSubstr("class=\"matrix\"")), HasSubstr("✗ -3 → 1073741824"), Not(HasSubstr("nan")),
                          Not(HasSubstr("\"inf"))));
}

TEST(Report, ReadsPicturesFromItsSamplesFolderOnly) {
  const TemporaryFolder folder;
  auto events = finished_run({.pictures = 4});
  const std::string run = write_run(folder / "run", events);
  std::filesystem::copy_file(run + "/samples/validation-1.png", folder / "outside.png");
  std::filesystem::create_symlink(folder / "outside.png", run + "/samples/link.png");
  std::ofstream(run + "/samples/text.png") << "no picture";
  Evaluation* evaluation = events[events.size() - 2].mutable_evaluation();
  const char* const paths[] = {"../outside.png", "samples/../../outside.png", "samples/link.png", "samples/text.png"};
  for (int i = 0; i < 4; ++i) evaluation->mutable_sample(i)->set_image(paths[i]);
  evaluation->mutable_worst(0)->set_image(folder / "outside.png");
  evaluation->mutable_worst(1)->set_image("samples/..");
  events[1].clear_data_preview();
  std::ofstream(run + "/record.binpb", std::ios::binary) << record_bytes(events);
  EXPECT_EQ(count_of(render_report(run), "data:image"), 0);
}

TEST(Report, ShowsWhatWasDoneToSamplesAndWhatTheyAreMixedOf) {
  auto events = finished_run({});
  EXPECT_THAT(render(events), Not(HasSubstr("at random")));
  DataPreview* preview = events[1].mutable_data_preview();
  preview->set_augmentation("turned by up to 15°; mixed <with> another sample");
  Sample* sample = preview->mutable_sample(0);
  sample->clear_object();
  for (const int label : {3, 8}) {
    TrueObject* object = sample->add_object();
    object->set_label(label);
    object->set_share(label == 3 ? 0.75F : 0.25F);
  }
  const std::string page = render(events);
  EXPECT_THAT(page, HasSubstr("standard deviation 0.1137. Done to samples at random: turned by up to 15°; mixed "
                              "&lt;with&gt; another sample."));
  EXPECT_THAT(page, HasSubstr("<figcaption>3 75.0\u00a0% + 8 25.0\u00a0%</figcaption>"));
}

TEST(Report, ShowsWarnings) {
  auto events = finished_run({});
  events[0].mutable_started()->add_warning("train data: left out 1 picture:\n    <b>cat</b>/1.png: is empty");
  EXPECT_THAT(render(events), HasSubstr("<h2>Warning</h2><p>train data: left out 1 picture:\n    "
                                        "&lt;b&gt;cat&lt;/b&gt;/1.png: is empty</p>"));
}

TEST(Report, KeepsToItsSizeWhateverThePictures) {
  const TemporaryFolder folder;
  const std::string run = write_run(folder / "run", finished_run({.pictures = 60}));
  std::string noise = "\x89PNG\r\n\x1a\n";
  for (unsigned i = 0; i < 300'000; ++i) noise += static_cast<char>(i * 7919 >> 5);
  for (const auto& file : std::filesystem::directory_iterator(run + "/samples")) {
    std::ofstream(file.path(), std::ios::binary) << noise;
  }
  const std::string page = render_report(run);
  EXPECT_LT(page.size(), kPageBudget);
  EXPECT_EQ(count_of(page, "data:image"), 3);
  EXPECT_THAT(page, HasSubstr("more pictures are in the run folder"));
}

TEST(Report, RefusesAFolderThatIsNoRun) {
  try {
    render_report("/nowhere");
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "/nowhere: not a run folder: it holds no record.binpb");
  }
}

}  // namespace
}  // namespace thaw::test
