#pragma once

#include <google/protobuf/message.h>

#include <set>
#include <string>
#include <vector>

#include "schemas/findings.h"

namespace thaw {

/// What reading a text brought besides the message.
struct ParsedText {
  SourceMap places;                  ///< every field that was set
  std::vector<Diagnostic> findings;  ///< all of them, not the first
  /// Paths that were given but could not be read ("train.epochs", "train.*" for any field of train, "*" for any at
  /// all): a required field among them is not missing.
  std::set<std::string> broken;
};

/// Reads protobuf text format into `message` (cleared first). What is wrong becomes findings and is left out, the rest
/// is read. `file` names the text in findings; `path` is put before every field path.
///
/// Our own outline of the text finds all mistakes and their places; protobuf's TextFormat, which stops at the first and
/// names the token after it, has the last word on texts in which the outline finds none.
ParsedText parse_text(const std::string& text, const std::string& file, google::protobuf::Message& message,
                      const std::string& path = {});

/// The message in text format, two spaces a level, UTF-8 as it is.
std::string print_text(const google::protobuf::Message& message);

}  // namespace thaw
