#include "schemas/text_outline.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

#include "schemas/clean_text.h"
#include "schemas/field_places.h"
#include "schemas/rule_words.h"

namespace thaw {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::TextFormat;

struct TextOutline::Scope {
  Message& message;
  const std::string& path;
  int end;
  std::map<const FieldDescriptor*, int> count;           // values given so far, bad ones too
  std::map<const FieldDescriptor*, const Token*> given;  // where a field was first given
  std::map<const OneofDescriptor*, const FieldDescriptor*> chosen;

  std::string path_of(const std::string& name) const { return path.empty() ? name : path + "." + name; }
};

struct TextOutline::Value {
  std::string path;
  const Token& name;  // of the field
};

namespace {

class Silence : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

// A number so large that reading it gives infinity: "1e400" is a mistake where "inf" would be meant.
bool overflows(const std::string& text) {
  const bool is_number = text.find_first_of("0123456789") != std::string::npos && text[0] != '"' && text[0] != '\'';
  return is_number && std::isinf(std::strtod(text.c_str(), nullptr));
}

// Escapes can spell bytes that are no UTF-8. They could not be printed again; takes the value back.
bool keep_if_utf8(const FieldDescriptor* field, Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 0;
  const std::string value = field->is_repeated() ? reflection.GetRepeatedString(message, field, count - 1)
                                                 : reflection.GetString(message, field);
  if (is_utf8(value)) return true;
  if (field->is_repeated()) {
    reflection.RemoveLast(&message, field);
  } else {
    reflection.ClearField(&message, field);
  }
  return false;
}

// TextFormat converts the value, so that numbers and escapes mean exactly what they mean elsewhere.
bool set_value(const std::string& text, const FieldDescriptor* field, Message& message) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE && overflows(text)) return false;
  Silence silence;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&silence);
  if (!parser.ParseFieldValueFromString(text, field, &message)) return false;
  return field->cpp_type() != FieldDescriptor::CPPTYPE_STRING || keep_if_utf8(field, message);
}

std::string unquoted(const std::string& text) {
  const bool is_quoted = text.size() >= 2 && (text[0] == '"' || text[0] == '\'');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

std::string found(const Token& token) {
  return token.kind == Token::kString ? shortened(token.text) : "'" + shortened(token.text) + "'";
}

// Why a value is none of the field's.
std::string misfit(const std::string& text, const FieldDescriptor* field) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return "unknown value " + shortened(text);
  const bool is_string = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  const bool is_quoted = text[0] == '"' || text[0] == '\'';
  return (is_string && is_quoted ? "is no UTF-8 text: " : "cannot be ") + shortened(text);
}

}  // namespace

TextOutline::TextOutline(const TokenList& list, std::string file, ParsedText& result)
    : list_(list), file_(std::move(file)), result_(result) {}

void TextOutline::read(Message& message, const std::string& path) {
  root_ = message.GetDescriptor();
  read_message(0, static_cast<int>(list_.tokens.size()) - 1, message, path);
}

void TextOutline::read_message(int begin, int end, Message& message, const std::string& path) {
  Scope scope{message, path, end, {}, {}, {}};
  for (int at = begin; at < end && result_.findings.size() < kMostFindings;) at = read_field(at, scope);
}

// FIELD [:] VALUE [, or ;]
int TextOutline::read_field(int at, Scope& scope) {
  const Token& name = list_.tokens[at];
  if (name.closes()) return at + 1;  // closes nothing: reported when the brackets were paired
  if (name.kind != Token::kName) {
    report(name, scope.path,
           name.is("[") ? "extensions are not used here" : "expected a field name, found " + found(name));
    return skip_strays(at, scope.end);
  }
  const FieldDescriptor* field = scope.message.GetDescriptor()->FindFieldByName(name.text);
  int next = field == nullptr ? read_unknown_field(at, scope) : read_values(at, field, scope);
  if (next < scope.end && (list_.tokens[next].is(",") || list_.tokens[next].is(";"))) ++next;
  return next;
}

int TextOutline::read_unknown_field(int at, const Scope& scope) {
  const Token& name = list_.tokens[at];
  const Descriptor& type = *scope.message.GetDescriptor();
  const std::string nearest = nearest_name(name.text, field_names(type));
  std::string expectation =
      type.field_count() == 0 ? type.name() + " has no fields" : "expected a field of " + type.name();
  const std::string elsewhere = where_field_lives(name.text, type, scope.path, *root_);
  if (!elsewhere.empty()) expectation += " (" + elsewhere + ")";
  report(name, scope.path_of(name.text), "unknown field", expectation, nearest);
  result_.broken.insert(scope.path_of(nearest.empty() ? "*" : nearest));
  const int value = at + 1 < scope.end && list_.tokens[at + 1].is(":") ? at + 2 : at + 1;
  return starts_next_field(value, scope.end) ? value : skip_value(value, scope.end);
}

int TextOutline::read_values(int at, const FieldDescriptor* field, Scope& scope) {
  const Token& name = list_.tokens[at];
  const std::string path = scope.path_of(field->name());
  const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  const bool has_colon = at + 1 < scope.end && list_.tokens[at + 1].is(":");
  const int value = has_colon ? at + 2 : at + 1;
  if (value >= scope.end || starts_next_field(value, scope.end) || list_.tokens[value].closes()) {
    report(name, path, "has no value", "expected " + value_words(*field));
    result_.broken.insert(path);
    return value;
  }
  const bool is_block = list_.tokens[value].opens();
  if (!has_colon && !is_message && !is_block) {
    report(list_.tokens[value], path, "expected ':' before " + found(list_.tokens[value]));
    result_.broken.insert(path);
  }
  if (is_given_twice(at, field, scope)) return skip_value(value, scope.end);
  if (!list_.tokens[value].is("[")) return read_value(value, field, scope);
  const Token& bracket = list_.tokens[value];
  if (!field->is_repeated()) {
    report(bracket, path, "takes one value, not a list", "expected " + value_words(*field));
    result_.broken.insert(path);
    return skip_value(value, scope.end);
  }
  place(path, name);
  int next = value + 1;
  while (next < bracket.close) {
    if (list_.tokens[next].is(","))
      ++next;
    else
      next = read_value(next, field, scope);
  }
  return bracket.close + (bracket.closed ? 1 : 0);
}

bool TextOutline::is_given_twice(int at, const FieldDescriptor* field, Scope& scope) {
  const Token& name = list_.tokens[at];
  const auto [first, is_first] = scope.given.insert({field, &name});
  const auto place_words = [](const Token& token) {
    return "line " + std::to_string(token.line) + ", column " + std::to_string(token.column);
  };
  if (!is_first && !field->is_repeated()) {
    report(name, scope.path_of(field->name()), "given twice", "first given at " + place_words(*first->second));
    return true;
  }
  const OneofDescriptor* group = field->containing_oneof();
  if (group == nullptr) return false;
  const FieldDescriptor* chosen = scope.chosen.insert({group, field}).first->second;
  if (chosen == field) return false;
  report(name, scope.path_of(field->name()),
         "cannot stand beside " + chosen->name() + ", which was chosen at " + place_words(*scope.given[chosen]),
         "expected one of " + one_of_words(working_names(*group)));
  return true;
}

int TextOutline::read_value(int at, const FieldDescriptor* field, Scope& scope) {
  std::string path = scope.path_of(field->name());
  const Token& first = list_.tokens[at];
  // A single block is found by its field's name, an element of a list by itself.
  const Token& before = list_.tokens[at > 0 && list_.tokens[at - 1].is(":") ? at - 2 : at > 0 ? at - 1 : 0];
  const Token& name = before.kind == Token::kName ? before : first;
  if (field->is_repeated()) {
    result_.places.insert({path, {file_, name.line, name.column}});
    path += "[" + std::to_string(scope.count[field]++) + "]";
  }
  const Value value{path, name};
  place(path, name);
  const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  return is_message ? read_block(at, field, value, scope) : read_scalar(at, field, value, scope);
}

int TextOutline::read_block(int at, const FieldDescriptor* field, const Value& value, Scope& scope) {
  const Token& open = list_.tokens[at];
  const google::protobuf::Reflection& reflection = *scope.message.GetReflection();
  // The message is there even if what it holds is wrong: the indices of its neighbours must not change.
  Message* inner = field->is_repeated() ? reflection.AddMessage(&scope.message, field)
                                        : reflection.MutableMessage(&scope.message, field);
  if (!open.is("{") && !open.is("<")) {
    report(open, value.path, "needs a block, found " + found(open), "expected " + field->name() + " { ... }");
    result_.broken.insert(value.path + ".*");
    return std::max(at + 1, skip_value(at, scope.end));
  }
  read_message(at + 1, open.close, *inner, value.path);
  return open.close + (open.closed ? 1 : 0);
}

int TextOutline::read_scalar(int at, const FieldDescriptor* field, const Value& value, Scope& scope) {
  const Token& first = list_.tokens[at];
  if (first.opens()) {
    report(first, value.path, "takes a value, not a block", "expected " + value_words(*field));
    result_.broken.insert(value.path);
    return skip_value(at, scope.end);
  }
  const int next = skip_scalar(at, scope.end);
  std::string text;
  for (int i = at; i < next; ++i) text += (i > at && first.kind == Token::kString ? " " : "") + list_.tokens[i].text;
  if (set_value(text, field, scope.message)) return next;
  const bool is_enum = field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
  report(first, value.path, misfit(text, field), "expected " + value_words(*field),
         is_enum ? nearest_name(unquoted(text), value_names(*field->enum_type())) : "");
  result_.broken.insert(value.path);
  return next;
}

// The first token after the value at `at`, whatever it is. A stray token counts as a value.
int TextOutline::skip_value(int at, int end) const {
  if (at >= end) return end;
  const Token& token = list_.tokens[at];
  if (token.opens()) return std::min(end, token.close + (token.closed ? 1 : 0));
  if (token.closes()) return at;
  return skip_scalar(at, end);
}

// The first name or closing bracket after a token that should have been a name.
int TextOutline::skip_strays(int at, int end) const {
  do at = std::max(at + 1, skip_value(at, end));
  while (at < end && list_.tokens[at].kind != Token::kName && !list_.tokens[at].closes());
  return at;
}

int TextOutline::skip_scalar(int at, int end) const {
  if (list_.tokens[at].is("-") && at + 1 < end) return at + 2;
  int next = at + 1;
  if (list_.tokens[at].kind != Token::kString) return next;
  while (next < end && list_.tokens[next].kind == Token::kString) ++next;  // neighbours are one string
  return next;
}

// True at "name:" or "name {" on a line of its own: the field before it has no value.
bool TextOutline::starts_next_field(int at, int end) const {
  if (at + 1 >= end || at == 0 || list_.tokens[at].kind != Token::kName) return false;
  return list_.tokens[at + 1].is(":") || list_.tokens[at + 1].is("{");
}

void TextOutline::place(const std::string& path, const Token& token) {
  result_.places[path] = {file_, token.line, token.column};
}

void TextOutline::report(const Token& token, const std::string& path, std::string message, std::string expectation,
                         std::string nearest) {
  for (const TextProblem& problem : list_.problems) {
    if (problem.line == token.line && problem.column == token.column) return;  // only its consequence
  }
  result_.findings.push_back(
      {file_, token.line, token.column, path, std::move(message), std::move(expectation), std::move(nearest)});
}

}  // namespace thaw
