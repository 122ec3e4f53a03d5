#pragma once

#include <string>
#include <vector>

#include "schemas/text_tokens.h"

namespace thaw {

bool is_utf8(const std::string& text);

/// True if `text` is UTF-8 without control characters other than tab and line ends; otherwise adds a problem that names
/// the first byte that is not.
bool is_plain_text(const std::string& text, std::vector<TextProblem>& problems);

/// A copy of `text` that protobuf's tokenizer reads in full: curly quotes made straight, other foreign characters
/// outside strings and comments made spaces, unclosed strings closed at the end of their line. Every change is a
/// problem; lines and byte columns of what was there stay as they are.
std::string clean_text(const std::string& text, std::vector<TextProblem>& problems);

}  // namespace thaw
