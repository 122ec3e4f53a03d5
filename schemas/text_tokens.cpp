#include "schemas/text_tokens.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cctype>
#include <utility>

#include "schemas/clean_text.h"

namespace thaw {
namespace {

namespace io = google::protobuf::io;

// Turns the tokenizer's columns (bytes, a tab reaches to the next multiple of 8) into characters. Goes forward only.
class ColumnCursor {
 public:
  explicit ColumnCursor(const std::string& text) : text_(text) {}

  int character_column(int line, int column) {
    while (line_ < line && at_ < text_.size()) advance();
    while (line_ == line && column_ < column && at_ < text_.size() && text_[at_] != '\n') advance();
    return characters_ + 1;
  }

 private:
  void advance() {
    const unsigned char byte = static_cast<unsigned char>(text_[at_++]);
    if (byte == '\n') {
      ++line_;
      column_ = characters_ = 0;
      return;
    }
    column_ = byte == '\t' ? (column_ / 8 + 1) * 8 : column_ + 1;
    const bool continues = at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80;
    if (!continues) ++characters_;
  }

  const std::string& text_;
  std::size_t at_ = 0;
  int line_ = 0, column_ = 0, characters_ = 0;
};

class ProblemCollector : public io::ErrorCollector {
 public:
  void AddError(int line, io::ColumnNumber column, const std::string& message) override {
    std::string words = message;
    if (!words.empty()) words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
    if (words.ends_with('.')) words.pop_back();
    problems.push_back({line, column, words, {}});
  }
  std::vector<TextProblem> problems;
};

Token::Kind kind_of(io::Tokenizer::TokenType type) {
  switch (type) {
    case io::Tokenizer::TYPE_IDENTIFIER:
      return Token::kName;
    case io::Tokenizer::TYPE_INTEGER:
    case io::Tokenizer::TYPE_FLOAT:
      return Token::kNumber;
    case io::Tokenizer::TYPE_STRING:
      return Token::kString;
    default:
      return Token::kSymbol;
  }
}

void tokenize(const std::string& text, TokenList& list) {
  io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  ProblemCollector collector;
  io::Tokenizer tokenizer(&stream, &collector);
  tokenizer.set_comment_style(io::Tokenizer::SH_COMMENT_STYLE);
  tokenizer.set_allow_f_after_float(true);  // as TextFormat does
  ColumnCursor cursor(text);
  while (tokenizer.Next()) {
    const io::Tokenizer::Token& t = tokenizer.current();
    list.tokens.push_back({kind_of(t.type), t.text, t.line + 1, cursor.character_column(t.line, t.column)});
  }
  const io::Tokenizer::Token& end = tokenizer.current();
  list.tokens.push_back({Token::kEnd, "", end.line + 1, cursor.character_column(end.line, end.column)});
  ColumnCursor again(text);
  for (TextProblem& problem : collector.problems) {
    problem.column = again.character_column(problem.line, problem.column);
    ++problem.line;
    list.problems.push_back(std::move(problem));
  }
}

const char* closing_of(const Token& open) { return open.is("{") ? "}" : open.is("[") ? "]" : ">"; }

std::string at_line(const Token& token) { return "line " + std::to_string(token.line); }

// Pairs brackets. Where some are missing, indentation says which: a '}' that begins its line further left than the line
// of the innermost open '{' closes an outer one.
class BracketPairing {
 public:
  BracketPairing(TokenList& list, bool trust_indentation) : list_(list), trust_indentation_(trust_indentation) {}

  // False if brackets are left open.
  bool run() {
    const int end = static_cast<int>(list_.tokens.size()) - 1;
    for (int i = 0; i < end; ++i) {
      const Token& token = list_.tokens[i];
      if (i == 0 || token.line != list_.tokens[i - 1].line) indent_ = token.column;
      if (token.opens() && !open(i)) return true;
      if (token.closes()) close(i);
    }
    const bool is_paired = open_.empty();
    if (!is_paired) report_rest();
    while (!open_.empty()) leave_open(end);
    return is_paired;
  }

  std::vector<TextProblem> problems;
  bool too_deep = false;

 private:
  struct Open {
    int index, indent;
  };

  bool open(int i) {
    open_.push_back({i, indent_});
    too_deep = open_.size() > kDeepestNesting;
    if (too_deep) report(list_.tokens[i], "nested more than " + std::to_string(kDeepestNesting) + " deep", "");
    return !too_deep;
  }

  void close(int i) {
    const Token& token = list_.tokens[i];
    const bool begins_line = i == 0 || list_.tokens[i - 1].line != token.line;
    while (trust_indentation_ && begins_line && open_.size() > 1 && open_.back().indent > token.column) {
      report_unclosed(list_.tokens[open_.back().index], "before " + at_line(token));
      leave_open(i);
    }
    if (open_.empty()) return report(token, "'" + token.text + "' closes nothing", "");
    Token& opening = list_.tokens[open_.back().index];
    if (token.text != closing_of(opening)) {
      report(token, "'" + token.text + "' does not close the '" + opening.text + "' of " + at_line(opening),
             std::string("expected '") + closing_of(opening) + "'");
    }
    opening.close = i;
    opening.closed = true;
    open_.pop_back();
  }

  void leave_open(int end) {
    Token& opening = list_.tokens[open_.back().index];
    opening.close = end;
    opening.closed = false;
    open_.pop_back();
  }

  void report_rest() {
    const Token& innermost = list_.tokens[open_.back().index];
    report_unclosed(innermost, "before the end of the file");
    if (open_.size() > 1) problems.back().expectation += "; " + std::to_string(open_.size()) + " blocks are open there";
  }

  void report_unclosed(const Token& opening, const std::string& where) {
    report(opening, "'" + opening.text + "' is never closed",
           std::string("expected '") + closing_of(opening) + "' " + where);
  }

  void report(const Token& token, std::string message, std::string expectation) {
    problems.push_back({token.line, token.column, std::move(message), std::move(expectation)});
  }

  TokenList& list_;
  const bool trust_indentation_;
  std::vector<Open> open_;
  int indent_ = 1;  // column of the first token of the current line
};

void pair_brackets(TokenList& list) {
  BracketPairing strict(list, false);
  std::vector<TextProblem> problems;
  if (strict.run()) {
    problems = std::move(strict.problems);
    list.readable = !strict.too_deep;
  } else {
    BracketPairing by_indentation(list, true);
    by_indentation.run();
    problems = std::move(by_indentation.problems);
  }
  list.paired = problems.empty();
  list.problems.insert(list.problems.end(), problems.begin(), problems.end());
}

}  // namespace

TokenList read_tokens(const std::string& text) {
  TokenList list;
  list.readable = is_plain_text(text, list.problems);
  if (!list.readable) {
    list.tokens.push_back({});
    return list;
  }
  tokenize(clean_text(text, list.problems), list);
  pair_brackets(list);
  return list;
}

}  // namespace thaw
