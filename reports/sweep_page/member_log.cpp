#include <algorithm>
#include <filesystem>
#include <fstream>

#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

constexpr std::streamoff kMostBytes = 8192;  // of its end
constexpr std::size_t kMostLetters = 400;

// An id comes from a file: one that is not a plain name must not lead out of the folder.
bool is_plain(const std::string& id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

std::string path_of(const std::string& folder, const std::string& id) { return folder + "/logs/" + id + ".txt"; }

}  // namespace

bool has_log(const std::string& folder, const std::string& id) {
  std::error_code ignored;
  return is_plain(id) && std::filesystem::is_regular_file(path_of(folder, id), ignored);
}

std::string last_log_line(const std::string& folder, const std::string& id) {
  if (!has_log(folder, id)) return {};
  std::ifstream file(path_of(folder, id), std::ios::binary | std::ios::ate);
  const std::streamoff length = file.tellg();
  if (length <= 0) return {};
  const std::streamoff taken = std::min(length, kMostBytes);
  file.seekg(length - taken);
  std::string text(static_cast<std::size_t>(taken), '\0');
  file.read(text.data(), taken);
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  // A progress bar writes over itself: what was seen last counts.
  const std::size_t start = text.find_last_of("\n\r");
  return shortened(start == std::string::npos ? text : text.substr(start + 1), kMostLetters);
}

}  // namespace thaw::reports
