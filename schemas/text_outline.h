#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "schemas/text_tokens.h"
#include "schemas/textproto.h"

namespace thaw {

/// More findings than this in one text are not reported.
constexpr std::size_t kMostFindings = 100;

/// Walks the tokens of one text along the descriptors of `message`, sets what is right and reports what is not.
class TextOutline {
 public:
  TextOutline(const TokenList& list, std::string file, ParsedText& result);

  void read(google::protobuf::Message& message, const std::string& path);

 private:
  struct Scope;  // one message being read
  struct Value;  // one value being read

  void read_message(int begin, int end, google::protobuf::Message& message, const std::string& path);
  int read_field(int at, Scope& scope);
  int read_unknown_field(int at, const Scope& scope);
  int read_values(int at, const google::protobuf::FieldDescriptor* field, Scope& scope);
  int read_value(int at, const google::protobuf::FieldDescriptor* field, Scope& scope);
  int read_block(int at, const google::protobuf::FieldDescriptor* field, const Value& value, Scope& scope);
  int read_scalar(int at, const google::protobuf::FieldDescriptor* field, const Value& value, Scope& scope);
  int skip_value(int at, int end) const;
  int skip_strays(int at, int end) const;
  int skip_scalar(int at, int end) const;
  bool is_given_twice(int at, const google::protobuf::FieldDescriptor* field, Scope& scope);
  bool starts_next_field(int at, int end) const;
  void place(const std::string& path, const Token& token);
  void report(const Token& token, const std::string& path, std::string message, std::string expectation = {},
              std::string nearest = {});

  const TokenList& list_;
  const std::string file_;
  ParsedText& result_;
  const google::protobuf::Descriptor* root_ = nullptr;
};

}  // namespace thaw
