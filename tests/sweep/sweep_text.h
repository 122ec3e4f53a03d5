#pragma once

#include <set>
#include <string>
#include <vector>

#include "runner/sweep/members.h"
#include "tests/schemas/config_file.h"
#include "tests/schemas/temporary_folder.h"

namespace thaw {

/// The members of tests/bad_configs/base/good.pbtxt with this laid onto it.
inline SweepMembers expand_text(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/sweep.pbtxt";
  const std::string good = std::string(THAW_SOURCE_DIR) + "/tests/bad_configs/base/good.pbtxt";
  write_file(file, "base: \"" + std::filesystem::relative(good, folder.path()).string() + "\"\n" + text);
  return expand_sweep(load_experiment(file, overrides));
}

/// Every combination in words.
inline std::vector<std::string> all_words(const SweepMembers& sweep) {
  std::vector<std::string> words;
  for (int point = 0; point < static_cast<int>(sweep.points.size()); ++point) words.push_back(sweep.words(point));
  return words;
}

}  // namespace thaw
