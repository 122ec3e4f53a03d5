#include "schemas/clean_text.h"

#include <cstdint>
#include <cstdio>

namespace thaw {
namespace {

struct Character {
  std::uint32_t code = 0;
  int bytes = 0;  // 0: not UTF-8
};

// The character at `at`; overlong forms, surrogates and codes beyond Unicode are not UTF-8.
Character decode(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const std::uint32_t first = byte(at);
  if (first < 0x80) return {first, 1};
  const int bytes = first >= 0xF0 && first < 0xF8   ? 4
                    : first >= 0xE0 && first < 0xF0 ? 3
                    : first >= 0xC2 && first < 0xE0 ? 2
                                                    : 0;
  if (bytes == 0) return {};
  std::uint32_t code = first & (0x7Fu >> bytes);
  for (int i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  const std::uint32_t least = bytes == 2 ? 0x80 : bytes == 3 ? 0x800 : 0x10000;
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || code > 0x10FFFF || is_surrogate) return {};
  return {code, bytes};
}

std::string hex(const char* format, std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

bool is_curly_quote(std::uint32_t code) { return code == 0x201C || code == 0x201D || code == 0x201E || code == 0x201F; }
bool is_curly_apostrophe(std::uint32_t code) {
  return code == 0x2018 || code == 0x2019 || code == 0x201A || code == 0x201B;
}

class Cleaner {
 public:
  Cleaner(const std::string& text, std::vector<TextProblem>& problems) : text_(text), problems_(problems) {}

  std::string clean() {
    if (text_.compare(0, 3, "\xEF\xBB\xBF") == 0) {  // a byte order mark says nothing in UTF-8
      out_ += "   ";
      at_ = 3;
    }
    while (at_ < text_.size()) step();
    if (in_string()) close_string();
    return std::move(out_);
  }

 private:
  // Where a string that began straight met its first curly quote.
  struct Suspect {
    std::size_t at = 0, out_size = 0;
    int column = 0;
  };

  bool in_string() const { return quote_ != 0; }

  void step() {
    const Character c = decode(text_, at_);
    if (c.code == '\n') return end_line();
    if (in_comment_) return copy(c);
    if (in_string()) return step_in_string(c);
    if (c.code == '#') in_comment_ = true;
    if (c.code == '"' || c.code == '\'') open_string(c.code, false);
    if (c.bytes == 1) return copy(c);
    if (is_curly_quote(c.code) || is_curly_apostrophe(c.code)) return open_curly(c);
    problem("character '" + text_.substr(at_, c.bytes) + "' (" + hex("U+%04X", c.code) + ") outside a string", "");
    replace(c, std::string(c.bytes, ' '));
  }

  void step_in_string(const Character& c) {
    if (c.code == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
      copy(c);
      return copy(decode(text_, at_));
    }
    if (is_curly_ && (is_curly_quote(c.code) || is_curly_apostrophe(c.code))) {
      const char straight = quote_;
      quote_ = 0;
      return replace(c, straight + std::string(c.bytes - 1, ' '));
    }
    if (is_curly_quote(c.code) && suspect_.column == 0) suspect_ = {at_, out_.size(), column_};
    if (c.code == static_cast<std::uint32_t>(quote_)) quote_ = 0;
    copy(c);
  }

  void open_string(std::uint32_t quote, bool is_curly) {
    quote_ = static_cast<char>(quote);
    is_curly_ = is_curly;
    string_column_ = column_;
    suspect_ = {};
  }

  // The quote goes to the last of the character's bytes, so that nothing else moves.
  void open_curly(const Character& c) {
    const bool is_double = is_curly_quote(c.code);
    report_curly(c);
    open_string(is_double ? '"' : '\'', true);
    replace(c, std::string(c.bytes - 1, ' ') + quote_);
  }

  void report_curly(const Character& c) {
    problem("curly quote " + text_.substr(at_, c.bytes) + " (" + hex("U+%04X", c.code) + ")",
            "expected a straight quote: \"");
  }

  // A string that is open at its line's end was meant to end at the curly quote in it, if there is one.
  void go_back_to_curly() {
    at_ = suspect_.at;
    out_.resize(suspect_.out_size);
    column_ = suspect_.column;
    const Character c = decode(text_, at_);
    report_curly(c);
    const char straight = quote_;
    quote_ = 0;
    replace(c, straight + std::string(c.bytes - 1, ' '));
  }

  void close_string() {
    if (!is_curly_)
      problems_.push_back({line_, string_column_, "string without a closing quote", "expected \" on the same line"});
    out_ += quote_;
    quote_ = 0;
  }

  void end_line() {
    if (in_string() && suspect_.column > 0 && !is_curly_) return go_back_to_curly();
    if (in_string()) close_string();
    in_comment_ = false;
    out_ += '\n';
    ++at_;
    ++line_;
    column_ = 1;
  }

  void copy(const Character& c) { replace(c, text_.substr(at_, c.bytes)); }

  void replace(const Character& c, const std::string& with) {
    out_ += with;
    at_ += c.bytes;
    ++column_;
  }

  void problem(std::string message, std::string expectation) {
    problems_.push_back({line_, column_, std::move(message), std::move(expectation)});
  }

  const std::string& text_;
  std::vector<TextProblem>& problems_;
  std::string out_;
  std::size_t at_ = 0;
  int line_ = 1, column_ = 1;
  bool in_comment_ = false;
  char quote_ = 0;         // the straight quote that ends the string; 0 outside strings
  bool is_curly_ = false;  // the string began with a curly quote, so a curly one ends it too
  int string_column_ = 0;
  Suspect suspect_;
};

}  // namespace

bool is_utf8(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const int bytes = decode(text, at).bytes;
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

bool is_plain_text(const std::string& text, std::vector<TextProblem>& problems) {
  int line = 1, column = 1;
  for (std::size_t at = 0; at < text.size();) {
    const Character c = decode(text, at);
    const bool is_control = c.bytes == 1 && c.code < 0x20 && c.code != '\n' && c.code != '\t' && c.code != '\r';
    if (c.bytes == 0 || is_control || c.code == 0x7F) {
      const std::uint32_t byte = static_cast<unsigned char>(text[at]);
      problems.push_back({line, column, "byte " + hex("0x%02X", byte) + " cannot stand in a text file",
                          "expected an experiment in protobuf text format, encoded as UTF-8"});
      return false;
    }
    at += c.bytes;
    ++column;
    if (c.code == '\n') {
      ++line;
      column = 1;
    }
  }
  return true;
}

std::string clean_text(const std::string& text, std::vector<TextProblem>& problems) {
  return Cleaner(text, problems).clean();
}

}  // namespace thaw
