#pragma once

#include <cstdint>
#include <string>

namespace thaw {

/// "12.3 MB", "4.5 GB".
std::string bytes_text(std::int64_t bytes);

/// "3.4 ms", "12 s", "1 h 05 min": an estimate's two or three digits.
std::string time_text(double seconds);

/// "1:02:03", "2:03".
std::string duration_text(double seconds);

}  // namespace thaw
