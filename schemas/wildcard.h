#pragma once

#include <string_view>

namespace thaw {

/// Whether `text` is what `pattern` describes: * stands for any characters, also none, and all else for itself.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace thaw
