#include "runner/text_table.h"

#include <algorithm>

namespace thaw {
namespace {

/// Characters of UTF-8: bytes that do not go on with one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t first_number) {
  std::vector<std::size_t> widths(rows.at(0).size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      text += (i > 0 ? "  " : "") + (i >= first_number ? padding + row[i] : row[i] + padding);
    }
    text += '\n';
  }
  return text;
}

}  // namespace thaw
