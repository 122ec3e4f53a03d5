#include "runner/train/process_facts.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace thaw {
namespace {

/// The value after "key" and its separator in a file of lines, without quotes.
std::string value_in(const char* path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    std::string value = line.substr(line.find(separator) + 1);
    std::erase(value, '"');
    return value.substr(std::min(value.find_first_not_of(" \t"), value.size()));
  }
  return {};
}

}  // namespace

double seconds_since_process_start() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));  // the name may hold spaces
  std::string field;
  constexpr int kStartTime = 20;  // counted after the name
  for (int i = 0; i < kStartTime; ++i) fields >> field;
  if (field.empty()) return 0;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const double uptime = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
  return uptime - std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

namespace {

/// A line of a file in /proc that counts kibibytes; 0 where there is none.
std::int64_t bytes_in(const char* path, const std::string& key) {
  const std::string kibibytes = value_in(path, key, ':');
  return kibibytes.empty() ? 0 : std::int64_t{1024} * std::atoll(kibibytes.c_str());
}

std::int64_t status_bytes(const std::string& key) { return bytes_in("/proc/self/status", key); }

}  // namespace

std::int64_t available_memory_bytes() {
  const std::int64_t machine = bytes_in("/proc/meminfo", "MemAvailable");
  // Of a container, as cgroups of version 2 and 1 tell it; "max", or a number that no machine has: it has no limit.
  std::int64_t limit = 0;
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (std::ifstream file(path); limit <= 0) file >> limit;
  }
  return limit > 0 ? std::min(limit, machine) : machine;
}

std::int64_t rss_bytes() { return status_bytes("VmRSS"); }

void forget_peak_rss() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5\n";  // proc(5): resets the peak resident set size
}

std::int64_t peak_rss_bytes() {
  // getrusage()'s number survives exec: it may be the peak of the shell that started us.
  if (const std::int64_t bytes = status_bytes("VmHWM"); bytes > 0) return bytes;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

std::string cpu_name() { return value_in("/proc/cpuinfo", "model name", ':'); }
std::string os_name() { return value_in("/etc/os-release", "PRETTY_NAME", '='); }
std::string compiler_name() { return "g++ " __VERSION__; }

}  // namespace thaw
