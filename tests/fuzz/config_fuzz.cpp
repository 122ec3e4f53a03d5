#include "tests/fuzz/config_fuzz.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <cstdio>
#include <cstdlib>

#include "runner/config/load.h"
#include "runner/config/resolve.h"
#include "schemas/text_outline.h"
#include "schemas/text_tokens.h"
#include "schemas/textproto.h"
#include "schemas/validate.h"

namespace thaw {
namespace {

void require(bool holds, const char* promise, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n%s\n", promise, text.c_str());
  std::abort();
}

class Silence : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

bool protobuf_reads(const std::string& text, Experiment& config) {
  Silence silence;
  google::protobuf::TextFormat::Parser parser;
  parser.SetRecursionLimit(kDeepestNesting);
  parser.RecordErrorsTo(&silence);
  return parser.ParseFromString(text, &config);
}

// What we refuse although protobuf reads it: numbers beyond a double, strings that are no UTF-8, and bytes that are no
// text in comments.
bool is_our_own_rule(const Diagnostic& finding) {
  return finding.message.starts_with("cannot be ") || finding.message.starts_with("is no UTF-8 text") ||
         finding.message.find("cannot stand in a text file") != std::string::npos;
}

void compare_with_protobuf(const std::string& text, const Experiment& config, const ParsedText& parsed) {
  Experiment witness;
  const bool is_read = protobuf_reads(text, witness);
  if (!is_read) return;
  for (const Diagnostic& finding : parsed.findings) require(is_our_own_rule(finding), finding.text().c_str(), text);
  if (!parsed.findings.empty()) return;
  ParsedText outline_result;
  Experiment outlined;
  TextOutline(read_tokens(text), "fuzz", outline_result).read(outlined, "");
  require(outlined.SerializeAsString() == witness.SerializeAsString(), "the outline reads what protobuf reads", text);
  require(config.SerializeAsString() == witness.SerializeAsString(), "the result is what protobuf reads", text);
}

void check_resolved(const Experiment& config, const std::string& text) {
  const std::string resolved = resolve(config);
  Experiment again;
  require(parse_text(resolved, "resolved", again).findings.empty(), "the resolved file reads back", text);
  require(resolve(again) == resolved, "the resolved file resolves to itself", text);
}

}  // namespace

void fuzz_config(const std::string& text) {
  Experiment config;
  const ParsedText parsed = parse_text(text, "fuzz", config);
  compare_with_protobuf(text, config, parsed);
  Findings findings(parsed.places, "fuzz");
  for (const Diagnostic& finding : parsed.findings) findings.add(finding);
  validate(config, findings, parsed.broken);
  // Checks run on files with findings too: they must take whatever parses.
  check_experiment(config, findings);
  for (const Diagnostic& finding : findings.sorted()) {
    require(!finding.message.empty() && !finding.text().empty(), "every finding says something", text);
  }
  check_resolved(config, text);
}

}  // namespace thaw
