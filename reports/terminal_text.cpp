#include "reports/terminal_text.h"

#include <algorithm>

#include "reports/html.h"

namespace thaw::reports {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// Characters, of well-formed UTF-8: continuation bytes do not count.
std::size_t width(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

}  // namespace

std::string line(std::string text) {
  text = well_formed(text);
  replace_all(text, "\u00a0", " ");
  replace_all(text, "\u2060", "");
  for (int control = 0x80; control < 0xa0; ++control) replace_all(text, {'\xc2', static_cast<char>(control)}, "?");
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

std::string cell(std::string text) {
  text = line(std::move(text));
  replace_all(text, "–", "-");
  replace_all(text, "µ", "u");
  return text;
}

void add_line(std::string& text, const std::string& name, const std::string& value) {
  if (!value.empty()) text += name + std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') + line(value) + "\n";
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    text += row[0] + std::string(widths[0] - width(row[0]), ' ');
    for (std::size_t i = 1; i < row.size(); ++i) text += std::string(3 + widths[i] - width(row[i]), ' ') + row[i];
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text;
}

}  // namespace thaw::reports
