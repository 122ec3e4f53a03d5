#include "schemas/textproto.h"

#include <gtest/gtest.h>

#include "schemas/experiment.pb.h"

namespace thaw {
namespace {

std::string place(const ParsedText& parsed, const std::string& path) {
  const auto found = parsed.places.find(path);
  if (found == parsed.places.end()) return "nowhere";
  return std::to_string(found->second.line) + ":" + std::to_string(found->second.column);
}

TEST(ParseText, TellsWhereEachFieldStands) {
  Experiment config;
  const ParsedText parsed = parse_text(
      "name: \"x\"\n"
      "model {\n"
      "  input { height: 1 }\n"
      "  layer { dense { units: 2 } }\n"
      "\tlayer { conv2d { kernel_size: [3,\n"
      "    5] } }\n"
      "}\n",
      "f.pbtxt", config);
  EXPECT_TRUE(parsed.findings.empty());
  EXPECT_EQ(place(parsed, "name"), "1:1");
  EXPECT_EQ(place(parsed, "model.input.height"), "3:11");
  EXPECT_EQ(place(parsed, "model.layer"), "4:3");
  EXPECT_EQ(place(parsed, "model.layer[0].dense.units"), "4:19");
  EXPECT_EQ(place(parsed, "model.layer[1]"), "5:2");  // a tab is one character
  EXPECT_EQ(place(parsed, "model.layer[1].conv2d.kernel_size"), "5:19");
  EXPECT_EQ(place(parsed, "model.layer[1].conv2d.kernel_size[0]"), "5:33");
  EXPECT_EQ(place(parsed, "model.layer[1].conv2d.kernel_size[1]"), "6:5");
  EXPECT_EQ(parsed.places.at("name").file, "f.pbtxt");
  EXPECT_EQ(config.model().layer(1).conv2d().kernel_size(1), 5);
}

TEST(ParseText, ReadsEverySpelling) {
  Experiment config;
  const ParsedText parsed = parse_text(
      "\xEF\xBB\xBF# a byte order mark, \xE2\x80\x9C"
      "curly quotes\xE2\x80\x9D and caf\xC3\xA9 in a comment\r\n"
      "name: 'one' \"two\"; description: \"\\\"caf\xC3\xA9\\\"\",\n"
      "model: < input: { height: 0x10, } layer [ { flatten {} }, <name: \"b\"> ] >\n"
      "train { epochs : 7 loss [] optimizer { adam { learning_rate: 1e-3f } } }\n"
      "data { train { shuffle: False take: 9 } }",
      "f", config);
  EXPECT_TRUE(parsed.findings.empty()) << parsed.findings[0].text();
  EXPECT_EQ(config.name(), "onetwo");
  EXPECT_EQ(config.description(), "\"caf\xC3\xA9\"");
  EXPECT_EQ(config.model().input().height(), 16);
  EXPECT_EQ(config.model().layer(1).name(), "b");
  EXPECT_EQ(config.train().epochs(), 7);
  EXPECT_DOUBLE_EQ(config.train().optimizer().adam().learning_rate(), 1e-3);
  EXPECT_FALSE(config.data().train().shuffle());
}

TEST(ParseText, KeepsWhatIsRightBesideWhatIsWrong) {
  Experiment config;
  const ParsedText parsed = parse_text("seed: 7 sead: 8 train { epochs: x batch_size: 4 }", "f", config);
  EXPECT_EQ(parsed.findings.size(), 2u);
  EXPECT_EQ(config.seed(), 7u);
  EXPECT_EQ(config.train().batch_size(), 4);
  EXPECT_FALSE(config.train().has_epochs());
  EXPECT_EQ(parsed.broken, (std::set<std::string>{"seed", "train.epochs"}));
}

TEST(ParseText, CountsBadElementsSoThatIndicesStayRight) {
  Experiment config;
  const ParsedText parsed = parse_text("model { layer: 3 layer { name: 4 } }", "f", config);
  ASSERT_EQ(parsed.findings.size(), 2u);
  EXPECT_EQ(parsed.findings[1].text(), "f:1:32: model.layer[1].name: cannot be 4\n  expected text in quotes");
}

TEST(ParseText, RefusesMessagesNestedTooDeep) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "model {";
  Experiment config;
  const ParsedText open = parse_text(text, "f", config);
  ASSERT_EQ(open.findings.size(), 1u);
  EXPECT_EQ(open.findings[0].text(), "f:1:707: nested more than 100 deep");
  for (int i = 0; i < 10000; ++i) text += "}";
  const ParsedText closed = parse_text(text, "f", config);
  ASSERT_EQ(closed.findings.size(), 1u);
  EXPECT_EQ(closed.findings[0].text(), "f:1:707: nested more than 100 deep");
}

TEST(ParseText, StopsAfterAHundredFindings) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "x: 1\n";
  Experiment config;
  EXPECT_EQ(parse_text(text, "f", config).findings.size(), 100u);
}

TEST(ParseText, RefusesNulBytes) {
  Experiment config;
  const ParsedText parsed = parse_text(std::string("seed: 1\nname\0", 13), "f", config);
  ASSERT_EQ(parsed.findings.size(), 1u);
  EXPECT_EQ(parsed.findings[0].text(),
            "f:2:5: byte 0x00 cannot stand in a text file\n"
            "  expected an experiment in protobuf text format, encoded as UTF-8");
}

TEST(ParseText, PutsAPathBeforeTheFields) {
  Adam adam;
  const ParsedText parsed = parse_text("beta_1: 0.5 beta: 1", "f", adam, "train.optimizer.adam");
  EXPECT_EQ(parsed.places.count("train.optimizer.adam.beta_1"), 1u);
  ASSERT_EQ(parsed.findings.size(), 1u);
  EXPECT_EQ(parsed.findings[0].field_path, "train.optimizer.adam.beta");
}

TEST(PrintText, ReadsBackTheSame) {
  Experiment config;
  config.set_description("caf\xC3\xA9 \"x\"\n");
  config.mutable_train()->mutable_optimizer()->mutable_sgd()->set_learning_rate(0.1);
  const std::string text = print_text(config);
  EXPECT_EQ(text,
            "description: \"caf\xC3\xA9 \\\"x\\\"\\n\"\n"
            "train {\n  optimizer {\n    sgd {\n      learning_rate: 0.1\n    }\n  }\n}\n");
  Experiment again;
  EXPECT_TRUE(parse_text(text, "f", again).findings.empty());
  EXPECT_EQ(again.SerializeAsString(), config.SerializeAsString());
}

}  // namespace
}  // namespace thaw
