#pragma once

#include <string>
#include <vector>

// The logs of a sweep's processes.
namespace thaw {

/// What a process said last, from its log: the last message with the lines that belong to it, without warnings' colours
/// or other control characters, shortened. Empty: nothing, or the log is gone. Throws IoError.
std::string last_words(const std::string& log_path);

/// Lets what a process said lie at each of the paths instead. A log that was removed meanwhile is not missed. Throws
/// IoError.
void keep_log(const std::string& log_path, const std::vector<std::string>& paths);

}  // namespace thaw
