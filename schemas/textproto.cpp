#include "schemas/textproto.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <memory>

#include "schemas/text_outline.h"
#include "schemas/text_tokens.h"

namespace thaw {

using google::protobuf::Message;
using google::protobuf::TextFormat;

namespace {

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (error.line == 0) error = {line + 1, column + 1, message, {}};
  }
  TextProblem error;
};

// The last word: what TextFormat refuses is refused, whatever the outline made of it.
void confirm(const std::string& text, const std::string& file, Message& message, ParsedText& result) {
  FirstError first;
  TextFormat::Parser parser;
  parser.SetRecursionLimit(kDeepestNesting);
  parser.RecordErrorsTo(&first);
  const std::unique_ptr<Message> parsed(message.New());
  if (parser.ParseFromString(text, parsed.get())) {
    message.CopyFrom(*parsed);
    return;
  }
  const TextProblem& error = first.error;
  result.findings.push_back(
      {file, error.line, error.column, "", "protobuf cannot read this: " + error.message, "", ""});
}

std::string without_byte_order_mark(const std::string& text) {
  return text.compare(0, 3, "\xEF\xBB\xBF") == 0 ? text.substr(3) : text;
}

}  // namespace

ParsedText parse_text(const std::string& text, const std::string& file, Message& message, const std::string& path) {
  message.Clear();
  ParsedText result;
  const TokenList list = read_tokens(text);
  for (const TextProblem& problem : list.problems) {
    if (result.findings.size() == kMostFindings) break;
    result.findings.push_back({file, problem.line, problem.column, "", problem.message, problem.expectation, ""});
  }
  // Where brackets do not pair, anybody's guess is which field belongs where.
  if (!list.readable || !list.paired) result.broken.insert("*");
  if (!list.readable) return result;
  TextOutline(list, file, result).read(message, path);
  if (result.findings.empty()) confirm(without_byte_order_mark(text), file, message, result);
  return result;
}

std::string print_text(const Message& message) {
  TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

}  // namespace thaw
