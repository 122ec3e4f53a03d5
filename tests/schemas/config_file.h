#pragma once

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

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace thaw
