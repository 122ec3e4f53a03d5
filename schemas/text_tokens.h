#pragma once

#include <string>
#include <vector>

namespace thaw {

/// One token of a text-format file.
struct Token {
  enum Kind { kName, kNumber, kString, kSymbol, kEnd };
  Kind kind = kEnd;
  std::string text;    ///< as written; a string with its quotes
  int line = 0;        ///< from 1
  int column = 0;      ///< in characters (not bytes; a tab is one), from 1
  int close = -1;      ///< of an opening bracket: index of the first token after what it encloses
  bool closed = true;  ///< tokens[close] is this bracket's closing one; false: it is missing

  bool is(const char* symbol) const { return kind == kSymbol && text == symbol; }
  bool opens() const { return is("{") || is("[") || is("<"); }
  bool closes() const { return is("}") || is("]") || is(">"); }
};

/// Something wrong with the text itself, before any field is looked at.
struct TextProblem {
  int line = 0, column = 0;
  std::string message, expectation;
};

/// A text taken apart. Always ends with a kEnd token.
struct TokenList {
  std::vector<Token> tokens;
  std::vector<TextProblem> problems;
  bool paired = true;    ///< false: brackets are missing or in the way
  bool readable = true;  ///< false: binary, or nested beyond reason; the tokens mean nothing
};

/// How deep messages may be nested; protobuf's own limit is no limit, and its parser recurses.
constexpr int kDeepestNesting = 100;

/// Takes text-format apart with protobuf's tokenizer and pairs its brackets. Curly quotes, characters that cannot
/// stand in such a file, unclosed strings and unpaired brackets become problems, and reading goes on as if they had
/// been written right.
TokenList read_tokens(const std::string& text);

}  // namespace thaw
