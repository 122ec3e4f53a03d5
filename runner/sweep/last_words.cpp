#include "runner/sweep/last_words.h"

#include <filesystem>
#include <sstream>

#include "runner/store/durable_file.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

std::string last_words(const std::string& log_path) {
  constexpr std::size_t kLongest = 2000;
  if (!exists(log_path)) return {};
  std::istringstream log(read_file(log_path));
  std::string message;
  for (std::string line; std::getline(log, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const bool goes_on = line.starts_with(' ') && !message.empty();
    message = goes_on ? message + "\n" + printable(line) : printable(line);
  }
  if (message.size() > kLongest) message.resize(kLongest);
  return message;
}

void keep_log(const std::string& log_path, const std::vector<std::string>& paths) {
  if (!exists(log_path)) return;
  for (std::size_t i = 1; i < paths.size(); ++i) write_shared_file_durably(paths[i], read_file(log_path));
  if (paths.empty()) return remove_file(log_path);
  std::error_code error;
  std::filesystem::rename(log_path, paths[0], error);
  if (error) throw IoError(log_path, "rename", error.value());
}

}  // namespace thaw
