#pragma once

#include <string>
#include <vector>

namespace thaw {

/// The processors that a process may use, by physical core: those of one core next to each other.
using Cores = std::vector<std::vector<int>>;

/// This process's, from its affinity and /sys.
Cores available_cores();

/// The processors for each of `jobs` processes: whole cores, as equal in number as can be; with more processes than
/// cores, several have the same one.
std::vector<std::vector<int>> core_shares(const Cores& cores, int jobs);

/// As many processes of so many threads as there are cores for; at least one.
int default_jobs(int threads);

/// "0,1,8": for a command line.
std::string processors_text(const std::vector<int>& processors);

/// Restricts this process and the threads that it starts from now on to them. Throws InputError for a text that is no
/// such list, IoError.
void use_processors(const std::string& text);

}  // namespace thaw
