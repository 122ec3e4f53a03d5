#include "runner/text_table.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace thaw {

std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t first_number) {
  std::vector<std::size_t> widths(rows.at(0).size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::ostringstream out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << (i ? "  " : "") << (i >= first_number ? std::right : std::left) << std::setw(static_cast<int>(widths[i]))
          << row[i];
    }
    out << '\n';
  }
  return out.str();
}

}  // namespace thaw
