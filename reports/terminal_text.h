#pragma once

#include <string>
#include <vector>

namespace thaw::reports {

// Text for a terminal. It obeys control characters, so none that a record brings may reach it.

/// One line, with plain spaces; the terminal breaks lines where it likes.
std::string line(std::string text);

/// A cell whose bytes are its width.
std::string cell(std::string text);

/// Appends "name   value" unless `value` is empty.
void add_line(std::string& text, const std::string& name, const std::string& value);

/// A table of well-formed text: every cell at the end of its column but the first; the columns as wide as they need to
/// be.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace thaw::reports
