#pragma once

#include <string>

namespace thaw {

/// What a process said last, from its log: the last message with the lines that belong to it, without warnings' colours
/// or other control characters, shortened. Empty: nothing. Throws IoError.
std::string last_words(const std::string& log_path);

}  // namespace thaw
