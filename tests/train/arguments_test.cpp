#include "runner/arguments.h"

#include <gtest/gtest.h>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::string error_of(const std::vector<std::string>& words) {
  try {
    parse_arguments(words);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Arguments, RunTakesAFileAndItsOptions) {
  const Arguments parsed =
      parse_arguments({"run", "a.pbtxt", "--set", "train.epochs=2", "--set", "seed=7", "--data", "d", "--runs", "r"});
  EXPECT_EQ(parsed.verb, "run");
  EXPECT_EQ(parsed.operands, std::vector<std::string>{"a.pbtxt"});
  EXPECT_EQ(parsed.overrides, (std::vector<std::string>{"train.epochs=2", "seed=7"}));
  EXPECT_EQ(parsed.data, "d");
  EXPECT_EQ(parsed.runs, "r");
}

TEST(Arguments, ExportTakesARunAndSaysWhichWeights) {
  const Arguments parsed = parse_arguments({"export", "runs/x/y", "-o", "x.onnx", "--data", "d"});
  EXPECT_EQ(parsed.operands, std::vector<std::string>{"runs/x/y"});
  EXPECT_EQ(parsed.output, "x.onnx");
  EXPECT_EQ(parsed.export_to, "onnx");
  EXPECT_EQ(parsed.weights, "");
  EXPECT_EQ(parsed.data, "d");
  EXPECT_EQ(parse_arguments({"export", "r", "-o", "x", "--weights", "last"}).weights, "last");
}

TEST(Arguments, NothingAtAllAsksForHelp) { EXPECT_EQ(parse_arguments({}).verb, "help"); }

TEST(Arguments, MistakesSayWhatToTypeInstead) {
  EXPECT_EQ(error_of({"rum", "a.pbtxt"}), "thaw: unknown verb \"rum\"; nearest: run\n  see: thaw help");
  EXPECT_EQ(error_of({"run"}), "thaw: run takes FILE, as in: thaw run FILE\n  see: thaw help run");
  EXPECT_EQ(error_of({"run", "a", "b"}), "thaw: run takes FILE, as in: thaw run FILE\n  see: thaw help run");
  EXPECT_EQ(error_of({"run", "a", "--dota", "x"}),
            "thaw: run: unknown option --dota; nearest: --data\n  see: thaw help run");
  EXPECT_EQ(error_of({"run", "a", "--device", "gpu"}),
            "thaw: run: --device takes auto, cpu or cuda, not \"gpu\"\n  see: thaw help run");
  EXPECT_EQ(error_of({"report", "runs/x"}),
            "thaw: report needs a file to write, as in: thaw report RUN -o report.html\n  see: thaw help report");
  EXPECT_EQ(error_of({"export", "runs/x"}),
            "thaw: export needs a file to write, as in: thaw export RUN -o model.onnx\n  see: thaw help export");
  EXPECT_EQ(error_of({"export", "runs/x", "-o", "x.onnx", "--weights", "lost"}),
            "thaw: export: --weights takes best or last, not \"lost\"\n  see: thaw help export");
  EXPECT_EQ(
      error_of({"export", "runs/x", "--to", "tensorboard"}),
      "thaw: export needs a folder to write, as in: thaw export RUN --to tensorboard -o logs\n  see: thaw help export");
  EXPECT_EQ(
      error_of({"export", "runs/x", "--to", "mlflow"}),
      "thaw: export needs a folder to write, as in: thaw export RUN --to mlflow -o mlruns\n  see: thaw help export");
  EXPECT_EQ(error_of({"export", "runs/x", "--to", "wandb", "-o", "x"}),
            "thaw: export: --to takes onnx, tensorboard or mlflow, not \"wandb\"\n  see: thaw help export");
  EXPECT_EQ(error_of({"export", "runs/x", "--to", "mlflow", "-o", "x", "--weights", "last"}),
            "thaw: export: --weights is for --to onnx: mlflow gets no weights\n  see: thaw help export");
  EXPECT_EQ(error_of({"export", "runs/x", "--to", "tensorboard", "-o", "x", "--data", "d"}),
            "thaw: export: --data is for --to onnx: tensorboard gets no weights\n  see: thaw help export");
  EXPECT_EQ(error_of({"export", "-o", "x.onnx"}),
            "thaw: export takes RUN|SWEEP, as in: thaw export RUN|SWEEP\n  see: thaw help export");
}

TEST(Arguments, HelpNamesEveryVerbAndItsOptions) {
  const std::string text = help_text("");
  for (const char* verb : {"check", "run", "summary", "show", "report", "export", "explain"}) {
    EXPECT_NE(text.find(std::string("thaw ") + verb), std::string::npos) << verb;
  }
  EXPECT_NE(help_text("run").find("--set"), std::string::npos);
}

}  // namespace
}  // namespace thaw
