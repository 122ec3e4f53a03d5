#include "runner/sweep/core_shares.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <utility>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// A number that the kernel tells of a processor; the processor's own where it tells none.
int topology(int processor, const char* what) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(processor) + "/topology/" + what);
  int value = processor;
  file >> value;
  return value;
}

}  // namespace

Cores available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {{0}};
  std::map<std::pair<int, int>, std::vector<int>> cores;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &set)) continue;
    cores[{topology(processor, "physical_package_id"), topology(processor, "core_id")}].push_back(processor);
  }
  Cores found;
  for (auto& [place, processors] : cores) found.push_back(std::move(processors));
  return found;
}

std::vector<std::vector<int>> core_shares(const Cores& cores, int jobs) {
  std::vector<std::vector<int>> shares(static_cast<std::size_t>(jobs));
  const std::size_t most = std::max(cores.size(), shares.size());
  for (std::size_t i = 0; i < most; ++i) {
    // The first processes have the first cores, next to each other, as caches are shared by neighbours.
    auto& share = shares[cores.size() >= shares.size() ? i * shares.size() / cores.size() : i];
    const auto& core = cores[i % cores.size()];
    share.insert(share.end(), core.begin(), core.end());
  }
  return shares;
}

int default_jobs(int threads) { return std::max(static_cast<int>(available_cores().size()) / std::max(threads, 1), 1); }

std::string processors_text(const std::vector<int>& processors) {
  std::string text;
  for (const int processor : processors) text += (text.empty() ? "" : ",") + std::to_string(processor);
  return text;
}

void use_processors(const std::string& text) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at <= end) {
    int processor = -1;
    const auto [next, error] = std::from_chars(at, end, processor);
    const bool is_number = error == std::errc() && processor >= 0 && processor < CPU_SETSIZE;
    if (!is_number || (next != end && *next != ','))
      throw InputError("--cores takes processors, as in 0,1; not \"" + text + "\"");
    CPU_SET(processor, &set);
    at = next + 1;
  }
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw IoError("--cores " + text, "sched_setaffinity", errno);
}

}  // namespace thaw
