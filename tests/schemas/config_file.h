#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runner/config/load.h"

namespace thaw {

/// What load_experiment and check_experiment say about a file: every finding, or "fine".
inline std::string verdict(const std::string& file, const std::vector<std::string>& overrides = {}) {
  try {
    const LoadedExperiment loaded = load_experiment(file, overrides);
    Findings findings = loaded.findings();
    check_experiment(loaded.config, findings);
    findings.throw_if_any();
  } catch (const InputError& error) {
    return error.what();
  }
  return "fine";
}

/// Another current folder while it lives, so that messages show short paths.
class InFolder {
 public:
  explicit InFolder(const std::filesystem::path& folder) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
  }
  ~InFolder() { std::filesystem::current_path(before_); }
  InFolder(const InFolder&) = delete;
  InFolder& operator=(const InFolder&) = delete;

 private:
  std::filesystem::path before_;
};

/// The experiments in a folder, by name without extension, sorted.
inline std::vector<std::string> experiments_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".pbtxt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// What stands behind `mark` in the lines that begin with it.
inline std::vector<std::string> notes(const std::string& file, const std::string& mark) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<std::string> found;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with(mark)) found.push_back(line.substr(mark.size()));
  }
  return found;
}

/// The message that a file says it must give: "# expect: ..." for each line of it.
inline std::string expectation(const std::string& file) {
  std::string text;
  for (const std::string& line : notes(file, "# expect: ")) text += (text.empty() ? "" : "\n") + line;
  return text;
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace thaw
