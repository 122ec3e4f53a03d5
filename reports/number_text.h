#pragma once

#include <cstdint>
#include <string>

namespace thaw::reports {

// Numbers as the pages show them: a decimal point, thousands set off by commas, the unit after a no-break space,
// and "–" for what was not measured (NaN). Independent of the process's locale.

/// "10,000".
std::string count_text(std::int64_t count);
/// "1 member", "3 members".
std::string counted_text(std::int64_t count, const std::string& noun);
/// `digits` decimals: "0.930".
std::string fixed_text(double value, int digits);
/// Four significant digits: "0.01234", "12.3", "4.1e-07".
std::string number_text(double value);
/// The shortest text that reads back as `value`: "0.6". For numbers that people wrote.
std::string plain_text(double value);
/// A share of 0..1: "97.9 %"; two decimals from 99 % on and below 1 %, where one would hide differences.
/// All and nothing are said only of exactly 1 and 0: ">99.99 %".
std::string share_text(double share);
/// Two shares with one unit: "97.6–98.2 %", in which no line breaks.
std::string share_range_text(double low, double high);
/// "640 B", "1.2 KiB", "812 MiB".
std::string bytes_text(std::int64_t bytes);
/// "0.42 s", "12.3 s", "4 min 12 s", "1 h 02 min".
std::string seconds_text(double seconds);
/// A kernel's or a step's time, three digits: "850 µs", "12.3 ms", "4.20 s".
std::string short_seconds_text(double seconds);
/// Operations or bytes a second, in thousand millions without a unit: "438", "9.5"; "–" for none.
std::string rate_text(double per_second);
/// Floating-point operations: "1.25 GFLOP".
std::string flops_text(std::int64_t flops);

}  // namespace thaw::reports
