#include "reports/export/names.h"

#include <vector>

namespace thaw::reports {
namespace {

constexpr std::size_t kLongestPart = 120, kLongestName = 250;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_dots(const std::string& part) { return part.find_first_not_of('.') == std::string::npos; }

/// With every byte that is neither a letter or digit nor one of `more` replaced.
std::string plain(const std::string& text, const std::string& more) {
  std::string result = text;
  for (char& c : result) {
    if (!is_letter_or_digit(c) && more.find(c) == std::string::npos) c = '_';
  }
  return result;
}

std::vector<std::string> folders_above(const std::string& name) {
  std::vector<std::string> folders;
  for (std::size_t at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1)) {
    folders.push_back(name.substr(0, at));
  }
  return folders;
}

std::string mlflow_name(const std::string& name) {
  std::string indices;
  for (const char c : name) {
    if (c != ']') indices += c == '[' ? '.' : c;
  }
  std::string result, part;
  for (const char c : plain(indices, "_-.: /").substr(0, kLongestName - 10) + "/") {
    if (c != '/') {
      part += c;
      continue;
    }
    result += (result.empty() ? "" : "/") + (is_dots(part) ? part + "_" : part);
    part.clear();
  }
  return result;
}

}  // namespace

std::string path_part(const std::string& text) {
  std::string unspaced;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ' ' || i == 0 || text[i - 1] != ',') unspaced += text[i];
  }
  const std::string part = plain(unspaced, "._-=,+").substr(0, kLongestPart);
  return is_dots(part) ? part + "_" : part;
}

std::string without_quotes(const std::string& text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  std::string result;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\' || text[i + 1] == '\''))
      ++i;
    result += text[i];
  }
  return result;
}

std::string cut_text(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string FileNames::add(const std::string& name) {
  std::string own = mlflow_name(name);
  const auto is_taken = [this](const std::string& path) {
    if (files_.contains(path) || folders_.contains(path)) return true;
    for (const std::string& folder : folders_above(path)) {
      if (files_.contains(folder)) return true;
    }
    return false;
  };
  // A folder that is another name's file is moved aside as a whole, with all that will be in it.
  while (is_taken(own)) {
    bool is_below_a_file = false;
    for (const std::string& folder : folders_above(own)) {
      if (!files_.contains(folder)) continue;
      own.insert(folder.size(), "_");
      is_below_a_file = true;
      break;
    }
    if (!is_below_a_file) own += "_";
  }
  files_.insert(own);
  for (const std::string& folder : folders_above(own)) folders_.insert(folder);
  return own;
}

}  // namespace thaw::reports
