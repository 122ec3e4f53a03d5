#include "runner/arguments.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

namespace po = boost::program_options;

struct Verb {
  const char* name;
  const char* operands;
  int min_operands, max_operands;
  std::vector<const char*> options;
  const char* text;
};

constexpr int kMany = 1 << 20;

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = {
      {"check",
       "FILE",
       1,
       1,
       {"set", "data", "runs"},
       "find every mistake of an experiment file, or print the plan's summary"},
      {"run",
       "FILE",
       1,
       1,
       {"set", "data", "runs", "cache", "device", "profile"},
       "run it, or go on where it stopped; writes the report"},
      {"summary",
       "FILE",
       1,
       1,
       {"set", "data", "runs", "json", "passes", "plan"},
       "layers, shapes, parameters, memory"},
      {"show", "RUN", 1, 1, {"json"}, "what a run's folder, or a sweep's, has to tell"},
      {"report", "RUN...", 1, kMany, {"output"}, "write one page: of a run, of a sweep, or of several runs"},
      {"export", "RUN", 1, 1, {"model", "weights", "data"}, "write a run's network as an ONNX model"},
      {"infer",
       "MODEL.onnx TENSOR...",
       1,
       kMany,
       {"folder", "precision"},
       "run an ONNX model on tensors (.npy, .pb); writes .npy"},
      {"zoo", "[NAME]", 0, 1, {"json"}, "networks to build on: input size, parameters, where to cut; or one's layers"},
      {"explain", "[FIELD]", 0, 1, {}, "documentation, type, default and limits of a field"},
      {"help", "[VERB]", 0, 1, {}, "this text"},
      {"version", "", 0, 0, {}, "the version"},
  };
  return all;
}

const Verb* find_verb(const std::string& name) {
  for (const Verb& verb : verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

po::options_description options_of(const Verb& verb, Arguments& parsed) {
  po::options_description all("options");
  const auto has = [&](const char* name) {
    return std::find_if(verb.options.begin(), verb.options.end(),
                        [&](const char* option) { return std::string(option) == name; }) != verb.options.end();
  };
  if (has("set")) {
    all.add_options()("set", po::value(&parsed.overrides)->value_name("field.path=value"),
                      "change a field of the file; may be given several times");
  }
  if (has("data")) {
    all.add_options()("data", po::value(&parsed.data)->value_name("DIR"),
                      "where relative data paths are looked for first (then $THAW_DATA, then the file's folder)");
  }
  if (has("runs")) all.add_options()("runs", po::value(&parsed.runs)->value_name("DIR"), "where run folders go [runs]");
  if (has("cache")) {
    all.add_options()("cache", po::value(&parsed.cache)->value_name("DIR"),
                      "where features of frozen trunks are kept, for all runs that share them [RUNS/.cache]");
    all.add_options()("cache-limit", po::value(&parsed.cache_limit_gb)->value_name("GB"),
                      "how much they may take up; what was used longest ago is removed [20]");
  }
  if (has("device")) {
    all.add_options()("device", po::value(&parsed.device)->value_name("auto|cpu|cuda"), "what to compute on [auto]");
  }
  if (has("output")) all.add_options()("output,o", po::value(&parsed.output)->value_name("FILE"), "the page to write");
  if (has("folder")) {
    all.add_options()("output,o", po::value(&parsed.output)->value_name("DIR"),
                      "the folder for output_0.npy and so on");
  }
  if (has("precision")) {
    all.add_options()("precision", po::value(&parsed.precision)->value_name("fp32|bf16|int8"),
                      "what it computes in [fp32]");
    all.add_options()("calibrate", po::value(&parsed.calibration)->multitoken()->composing()->value_name("TENSOR..."),
                      "for int8: tensors like those that it will meet, such as a few hundred training pictures");
  }
  if (has("model")) all.add_options()("output,o", po::value(&parsed.output)->value_name("FILE"), "the model to write");
  if (has("weights")) {
    all.add_options()("weights", po::value(&parsed.weights)->value_name("best|last"),
                      "those of the best epoch, or of the newest checkpoint [best]");
  }
  if (has("json")) all.add_options()("json", po::bool_switch(&parsed.wants_json), "print JSON");
  if (has("passes")) {
    all.add_options()("passes", po::bool_switch(&parsed.wants_passes), "print the graph after every pass");
  }
  if (has("profile")) {
    all.add_options()("profile", po::bool_switch(&parsed.wants_profile),
                      "time every kernel of 20 training steps, after 5 that warm up, and show in the report where the "
                      "time goes; changes no number of the run. A run that goes on profiles the first steps it does; "
                      "one that is done already is left alone");
  }
  if (has("plan")) {
    all.add_options()("plan", po::bool_switch(&parsed.wants_plan), "print every kernel with its layouts and memory");
  }
  all.add_options()("help,h", po::bool_switch(&parsed.wants_help), "what this verb does");
  return all;
}

std::string verb_line(const Verb& verb) {
  std::string line = std::string("  thaw ") + verb.name + " " + verb.operands;
  line.resize(std::max<std::size_t>(line.size() + 2, 28), ' ');
  return line + verb.text + "\n";
}

[[noreturn]] void fail(const std::string& message, const std::string& verb = {}) {
  throw InputError("thaw: " + message + "\n  see: thaw help" + (verb.empty() ? "" : " " + verb));
}

/// Boost's own words name the option; the nearest one that exists is ours to add.
[[noreturn]] void fail_unknown_option(const po::unknown_option& error, const Verb& verb,
                                      const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  const std::string nearest = nearest_name(error.get_option_name(), names);
  fail(std::string(verb.name) + ": unknown option " + error.get_option_name() +
           (nearest.empty() ? "" : "; nearest: " + nearest),
       verb.name);
}

void check_precision(const Arguments& parsed) {
  if (parsed.wants_help) return;
  const std::string& precision = parsed.precision;
  if (precision != "fp32" && precision != "bf16" && precision != "int8") {
    fail(parsed.verb + ": --precision takes fp32, bf16 or int8, not \"" + precision + "\"", parsed.verb);
  }
  if (precision == "int8" && parsed.calibration.empty()) {
    fail(parsed.verb +
             ": --precision int8 needs tensors that show how large numbers get, such as a few hundred training "
             "pictures: --calibrate TENSOR.npy...",
         parsed.verb);
  }
  if (precision != "int8" && !parsed.calibration.empty()) {
    fail(parsed.verb + ": --calibrate is for --precision int8", parsed.verb);
  }
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words) {
  Arguments parsed;
  parsed.verb = words.empty() ? "help" : words[0];
  if (parsed.verb == "--help" || parsed.verb == "-h") parsed.verb = "help";
  if (parsed.verb == "--version") parsed.verb = "version";
  const Verb* verb = find_verb(parsed.verb);
  if (!verb) {
    std::vector<std::string> names;
    for (const Verb& known : verbs()) names.emplace_back(known.name);
    const std::string nearest = nearest_name(parsed.verb, names);
    fail("unknown verb \"" + parsed.verb + "\"" + (nearest.empty() ? "" : "; nearest: " + nearest));
  }
  po::options_description visible = options_of(*verb, parsed), all;
  all.add(visible).add_options()("operand", po::value(&parsed.operands));
  po::positional_options_description positions;
  positions.add("operand", -1);
  try {
    po::variables_map values;
    const std::vector<std::string> rest(words.empty() ? words.end() : words.begin() + 1, words.end());
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(rest).options(all).positional(positions).style(style).run(), values);
    po::notify(values);
  } catch (const po::unknown_option& error) {
    fail_unknown_option(error, *verb, visible);
  } catch (const po::error& error) {
    fail(std::string(verb->name) + ": " + error.what(), verb->name);
  }
  const int count = static_cast<int>(parsed.operands.size());
  if (!parsed.wants_help && (count < verb->min_operands || count > verb->max_operands)) {
    fail(std::string(verb->name) + " takes " + (verb->max_operands == 0 ? "nothing" : verb->operands) +
             ", as in: thaw " + verb->name + " " + verb->operands,
         verb->name);
  }
  if (parsed.device != "auto" && parsed.device != "cpu" && parsed.device != "cuda") {
    fail("run: --device takes auto, cpu or cuda, not \"" + parsed.device + "\"", verb->name);
  }
  if (!(parsed.cache_limit_gb >= 0 && parsed.cache_limit_gb <= 1e6)) {
    fail("run: --cache-limit takes gigabytes, 0 (keep nothing) to 1000000", verb->name);
  }
  if (parsed.verb == "report" && !parsed.wants_help && parsed.output.empty()) {
    fail("report needs a file to write, as in: thaw report RUN -o report.html", verb->name);
  }
  if (parsed.verb == "export" && !parsed.wants_help && parsed.output.empty()) {
    fail("export needs a file to write, as in: thaw export RUN -o model.onnx", verb->name);
  }
  if (parsed.weights != "best" && parsed.weights != "last") {
    fail("export: --weights takes best or last, not \"" + parsed.weights + "\"", verb->name);
  }
  if (parsed.verb == "infer" && !parsed.wants_help && parsed.output.empty()) {
    fail("infer needs a folder to write to, as in: thaw infer MODEL.onnx input.npy -o outputs", verb->name);
  }
  check_precision(parsed);
  return parsed;
}

std::string help_text(const std::string& name) {
  if (const Verb* verb = find_verb(name)) {
    Arguments ignored;
    std::string text = std::string("thaw ") + verb->name + " " + verb->operands + ": " + verb->text + "\n\n";
    std::ostringstream options;
    options << options_of(*verb, ignored);
    return text + options.str();
  }
  std::string text = "thaw: declarative experiments in computer-vision transfer learning\n\n";
  for (const Verb& verb : verbs()) text += verb_line(verb);
  return text +
         "\nExit codes: 0 done, 2 bad input, 3 diverged, 75 stopped (the same command goes on), 1 anything else.\n";
}

}  // namespace thaw
