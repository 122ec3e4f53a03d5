#include "runner/sweep/last_words.h"

#include <sstream>
#include <vector>

#include "runner/store/durable_file.h"
#include "schemas/diagnostic.h"

namespace thaw {

std::string last_words(const std::string& log_path) {
  constexpr std::size_t kLongest = 2000;
  std::istringstream log(read_file(log_path));
  std::string message;
  for (std::string line; std::getline(log, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const bool goes_on = line.starts_with(' ') && !message.empty();
    message = goes_on ? message + "\n" + printable(line) : printable(line);
  }
  if (message.size() > kLongest) message.resize(kLongest);
  return message;
}

}  // namespace thaw
