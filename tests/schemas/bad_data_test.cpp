// Mistakes that only the data shows: each with the full message, placed at the field of the experiment that led there.
#include <gtest/gtest.h>
#include <zlib.h>

#include "runner/data/open.h"
#include "tests/schemas/config_file.h"
#include "tests/schemas/temporary_folder.h"

namespace thaw {
namespace {

const std::string kSource = THAW_SOURCE_DIR;

// What a run says before its first step: the file, then the data, then both together.
std::string verdict_with_data(const std::string& file) {
  try {
    const LoadedExperiment loaded = load_experiment(file, {});
    Findings findings = loaded.findings();
    check_experiment(loaded.config, findings);
    findings.throw_if_any();
    std::vector<SourceError> errors;
    const auto source =
        open_source(loaded.config.data().train(), {.roots = {{"."}}, .split = "train", .input = {40, 40, 1}}, errors);
    for (const SourceError& error : errors) findings.add("data.train." + error.field, error.message);
    findings.throw_if_any();
    const DataFacts facts{source->height(), source->width(), source->channels(), source->classes(),
                          source->max_objects()};
    check_against_data(loaded.config, "train", facts, findings);
    findings.throw_if_any();
  } catch (const InputError& error) {
    return error.what();
  }
  return "fine";
}

std::string number(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::string images(std::uint32_t count, std::uint32_t size) {
  return number(0x803) + number(count) + number(size) + number(size) + std::string(count * size * size, '\x80');
}

std::string labels(const std::string& values) {
  return number(0x801) + number(static_cast<std::uint32_t>(values.size())) + values;
}

std::string gzipped(const std::string& bytes) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/x.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class BadData : public ::testing::Test {
 protected:
  BadData() : here_(folder_.path()) {
    write_file("i", images(3, 8));
    write_file("l", labels({0, 1, 2}));
  }

  // The good experiment on sprites of the files `i` and `l`, or others.
  static std::string verdict_on(const std::string& idx) {
    write_file("x.pbtxt", "base: \"" + kSource +
                              "/tests/bad_configs/base/good.pbtxt\"\n"
                              "data { train { synthesis {\n"
                              "  sprites { idx {\n"
                              "    " +
                              idx +
                              "\n"
                              "  } }\n"
                              "} } }\n");
    return verdict_with_data("x.pbtxt");
  }

 private:
  TemporaryFolder folder_;
  InFolder here_;
};

TEST_F(BadData, IsNotWhatGoodDataIs) {
  EXPECT_EQ(verdict_on("images: \"i\" labels: \"l\""), "fine");
  write_file("i.gz", gzipped(images(3, 8)));
  write_file("l.gz", gzipped(labels({0, 1, 2})));
  EXPECT_EQ(verdict_on("images: \"i.gz\" labels: \"l.gz\" classes: 3"), "fine");
}

TEST_F(BadData, IsMissing) {
  EXPECT_EQ(verdict_on("images: \"nowhere/i\" labels: \"/nowhere/l\""),
            "x.pbtxt:4:5: data.train.synthesis.sprites.idx.images: "
            "nowhere/i: no such file; looked for ./nowhere/i\n"
            "x.pbtxt:4:25: data.train.synthesis.sprites.idx.labels: /nowhere/l: no such file");
}

TEST_F(BadData, IsTruncated) {
  write_file("short", images(3, 8).substr(0, 100));
  EXPECT_EQ(
      verdict_on("images: \"short\" labels: \"l\""),
      "x.pbtxt:4:5: data.train.synthesis.sprites.idx.images: short (./short): truncated: 100 bytes cannot hold the "
      "3 x 8 x 8 pixels that its header announces");
}

TEST_F(BadData, EndsInItsHeader) {
  write_file("short", images(3, 8).substr(0, 10));
  EXPECT_EQ(verdict_on("images: \"short\" labels: \"l\""),
            "x.pbtxt:4:5: data.train.synthesis.sprites.idx.images: short (./short): ends within its header, before "
            "dimension 2");
}

TEST_F(BadData, IsTruncatedInsideItsGzip) {
  const std::string whole = gzipped(images(3, 8));
  write_file("short.gz", whole.substr(0, whole.size() - 12));
  EXPECT_EQ(
      verdict_on("images: \"short.gz\" labels: \"l\""),
      "x.pbtxt:4:5: data.train.synthesis.sprites.idx.images: short.gz (./short.gz): damaged gzip data: ends too early");
}

TEST_F(BadData, IsNamedGzButIsNone) {
  write_file("fake.gz", "this is no gzip file");
  EXPECT_EQ(
      verdict_on("images: \"fake.gz\" labels: \"l\""),
      "x.pbtxt:4:5: data.train.synthesis.sprites.idx.images: fake.gz (./fake.gz): starts with 0x74686973, expected "
      "0x00000803 (IDX images); it is named .gz, but its content is no gzip");
}

TEST_F(BadData, HasImagesAndLabelsExchanged) {
  EXPECT_EQ(
      verdict_on("images: \"l\" labels: \"i\""),
      "x.pbtxt:4:5: data.train.synthesis.sprites.idx.images: l (./l): starts with 0x00000801 (IDX labels), expected "
      "0x00000803 (IDX images)\n"
      "x.pbtxt:4:17: data.train.synthesis.sprites.idx.labels: i (./i): starts with 0x00000803 (IDX images), expected "
      "0x00000801 (IDX labels)");
}

TEST_F(BadData, HasALabelOutOfRange) {
  write_file("bad", labels({0, 7, 9}));
  EXPECT_EQ(
      verdict_on("images: \"i\" labels: \"bad\" classes: 3"),
      "x.pbtxt:4:17: data.train.synthesis.sprites.idx.labels: bad (./bad): label 7 of sample 1 (from 0), expected "
      "0..2 (classes: 3); labels out of range: 2");
}

TEST_F(BadData, HasFewerLabelsThanImages) {
  write_file("bad", labels({0, 1}));
  EXPECT_EQ(
      verdict_on("images: \"i\" labels: \"bad\" classes: 3"),
      "x.pbtxt:4:17: data.train.synthesis.sprites.idx.labels: bad (./bad): has 2 labels, expected 3: one for each "
      "picture of i (./i)");
}

TEST_F(BadData, DoesNotFitTheCanvas) {
  write_file("big", images(3, 41));
  EXPECT_EQ(verdict_on("images: \"big\" labels: \"l\""),
            kSource +
                "/tests/bad_configs/base/good.pbtxt:7:23: data.train.synthesis.canvas: box outside the canvas: the "
                "pictures of big (./big) are 41 x 41, the canvas is 40 x 40 (height x width, pixels)");
}

TEST_F(BadData, HasMoreClassesThanTheModel) {
  write_file("more", labels({0, 1, 4}));
  EXPECT_EQ(verdict_on("images: \"i\" labels: \"more\""),
            kSource +
                "/tests/bad_configs/base/good.pbtxt:16:50: model.layer[4].dense.units: \"digit\" has 3 units, but the "
                "train data has 5 classes\n"
                "  expected units: 5");
}

TEST_F(BadData, HasFewerSamplesThanTaken) {
  write_file("x.pbtxt", "base: \"" + kSource +
                            "/tests/bad_configs/base/good.pbtxt\"\n"
                            "data { train { take: 101 } }\n");
  EXPECT_EQ(verdict_with_data("x.pbtxt"), "x.pbtxt:2:16: data.train.take: is 101, but there are 100 samples");
}

TEST_F(BadData, HasGlyphsThatDoNotFitTheCanvas) {
  write_file("x.pbtxt", "base: \"" + kSource +
                            "/tests/bad_configs/base/good.pbtxt\"\n"
                            "data { train { synthesis { glyphs { size: 60 slant: 0 rotation: 0 scale_max: 1 } } } }\n");
  const std::string said = verdict_with_data("x.pbtxt");
  EXPECT_TRUE(
      said.starts_with("x.pbtxt:2:67: data.train.synthesis.glyphs.scale_max: box outside the canvas: the character 0 "
                       "can become "))
      << said;
}

TEST(GoodData, OpensTheShippedDigits) {
  EXPECT_EQ(verdict_with_data(kSource + "/experiments/localization/digits.pbtxt"), "fine");
}

TEST(GoodData, OpensTheShippedMnist) {
  const char* root = std::getenv("THAW_DATA");
  if (root == nullptr || !std::filesystem::exists(std::string(root) + "/mnist")) {
    GTEST_SKIP() << "THAW_DATA names no folder with mnist/";
  }
  const InFolder here(root);
  EXPECT_EQ(verdict_with_data(kSource + "/experiments/localization/mnist.pbtxt"), "fine");
}

}  // namespace
}  // namespace thaw
