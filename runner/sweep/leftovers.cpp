#include "runner/sweep/leftovers.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <vector>

#include "runner/store/host_name.h"
#include "runner/sweep/claims.h"

namespace thaw {
namespace {

/// The process in such a name of this machine; 0: it is none.
pid_t process_in(const std::string& name) {
  const std::string mark = "." + host_name() + "-";
  const std::size_t at = name.rfind(mark);
  if (at == std::string::npos) return 0;
  const char* const begin = name.data() + at + mark.size();
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), pid);
  return error == std::errc() && end != begin && *end == '.' ? pid : 0;
}

}  // namespace

std::string name_beside_others(const std::string& path, const std::string& extension) {
  return path + "." + host_name() + "-" + std::to_string(::getpid()) + "." + extension;
}

void remove_leftovers(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const pid_t pid = process_in(entry->path().filename().string());
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) leftovers.push_back(entry->path());
  }
  for (const fs::path& path : leftovers) fs::remove(path, error);
}

}  // namespace thaw
