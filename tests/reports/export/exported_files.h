#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/export/export_subject.h"

namespace thaw::test {

/// What an export wrote: bytes by path.
using Files = std::map<std::string, std::string>;

inline reports::FileSink into(Files& files) {
  return [&files](const std::string& path, const std::string& bytes) { files[path] = bytes; };
}

inline std::vector<std::string> paths_of(const Files& files) {
  std::vector<std::string> paths;
  for (const auto& [path, bytes] : files) paths.push_back(path);
  return paths;
}

/// The subject with the choice "fine-tune" called otherwise.
inline reports::ExportSubject renamed(reports::ExportSubject subject, const std::string& choice) {
  const auto rename = [&choice](std::string& text) {
    if (const std::size_t at = text.find("fine-tune"); at != std::string::npos) text.replace(at, 9, choice);
  };
  for (std::string& text : *subject.sweep.mutable_axis(0)->mutable_choice()) rename(text);
  for (reports::ExportedRun& run : subject.runs) {
    rename(run.point);
    rename(run.label);
    rename(*run.settings[0].second.mutable_text());
  }
  return subject;
}

/// 30 texts that people or attackers may give a choice.
inline std::vector<std::string> hostile_texts() {
  return {"..",
          ".",
          "../../../etc/passwd",
          "/etc/passwd",
          "~/x",
          "a/b",
          "a\\b",
          "a//b/",
          "con",
          "nul",
          "-rf",
          "",
          " ",
          "x ",
          "\n",
          "a\nb: c",
          "\t",
          std::string("a\0b", 3),
          "\x1b[31m",
          "\x7f",
          "\xc2\x85",
          "\xef\xbf\xbf",
          "\xff\xfe",
          "\xf0\x9f\x98\x80",
          "\xe2\x80\xae",
          "'; DROP TABLE runs; --",
          "\"quoted\"",
          "'",
          "{a: [1, 2]}",
          std::string(300, 'x')};
}

}  // namespace thaw::test
