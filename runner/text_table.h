#pragma once

#include <string>
#include <vector>

#include "runner/train/run_facts.h"

namespace thaw {

/// Rows of cells in columns, two spaces between them; columns from `first_number` on are flush right.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t first_number);

}  // namespace thaw
