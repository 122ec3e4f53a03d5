#include "schemas/diagnostic.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

namespace thaw {
namespace {

// Longer names are no typing mistakes, and the distance costs their product.
constexpr std::size_t kLongestName = 100;

std::string join_findings(const std::vector<Diagnostic>& findings) {
  std::string text;
  for (const Diagnostic& finding : findings) {
    if (!text.empty()) text += '\n';
    text += finding.text();
  }
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Edits that turn `a` into `b`; swapping two neighbours counts as one (optimal string alignment).
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string Diagnostic::text() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  if (!text.empty()) text += ": ";
  if (!field_path.empty()) text += field_path + ": ";
  text += message;
  if (expectation.empty() && nearest.empty()) return text;
  text += "\n  " + expectation;
  if (!expectation.empty() && !nearest.empty()) text += "; ";
  if (!nearest.empty()) text += "nearest: " + nearest;
  return text;
}

InputError::InputError(std::vector<Diagnostic> findings)
    : findings_(std::move(findings)), text_(join_findings(findings_)) {}

InputError::InputError(std::string message) {
  Diagnostic finding;
  finding.message = std::move(message);
  findings_.push_back(std::move(finding));
  text_ = join_findings(findings_);
}

IoError::IoError(const std::string& path, const std::string& what, int error_number)
    : message_(path + ": " + what + ": " + std::strerror(error_number)) {}

std::string printable(const std::string& text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      result += c;
    } else {
      result += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return result;
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates) {
  if (name.empty() || name.size() > kLongestName) return {};
  const std::string wanted = lower(name);
  std::string best;
  std::size_t best_distance = kLongestName;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestName) continue;
    const std::size_t distance = edit_distance(wanted, lower(candidate));
    const std::size_t longer = std::max(name.size(), candidate.size());
    const bool is_near = distance <= std::max<std::size_t>(1, longer * 2 / 5) && distance < longer;
    if (is_near && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace thaw
