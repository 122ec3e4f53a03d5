#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace thaw {

/// "1,234,567".
std::string grouped(std::int64_t value);

/// Rows of cells in columns, two spaces between them; columns from `first_number` on are flush right.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t first_number);

}  // namespace thaw
