#include <filesystem>
#include <set>

#include "runner/data/open.h"
#include "schemas/diagnostic.h"

namespace thaw {

std::string DataRoots::resolve(const std::string& path) const {
  namespace fs = std::filesystem;
  const auto exists = [](const fs::path& candidate) {
    std::error_code ignored;  // A folder that may not be searched counts as one that does not have it.
    return fs::exists(candidate, ignored);
  };
  if (fs::path(path).is_absolute()) {
    if (exists(path)) return path;
    throw InputError(path + ": no such file");
  }
  std::string places;
  std::set<fs::path> seen;  // --data is often the experiment's own folder
  for (const std::string& folder : folders) {
    const fs::path candidate = fs::path(folder) / path;
    if (exists(candidate)) return candidate.string();
    if (seen.insert(candidate.lexically_normal()).second) places += (places.empty() ? "" : ", ") + candidate.string();
  }
  throw InputError(path + ": no such file; looked for " + (places.empty() ? "it nowhere: no data folder" : places));
}

std::string full_name(const std::string& written, const std::string& resolved) {
  return written == resolved ? written : written + " (" + resolved + ")";
}

}  // namespace thaw
