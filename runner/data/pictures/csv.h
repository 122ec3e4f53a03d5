#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace thaw {

/// A line of a CSV file; with quoted line ends it may span several.
struct CsvRow {
  int line = 0;  ///< from 1: where it begins
  std::vector<std::string> fields;
};

/// A CSV file. The first row names the columns; every other has as many fields.
struct Csv {
  CsvRow header;
  std::vector<CsvRow> rows;

  /// The column of that name; -1: none.
  int column(const std::string& name) const;
};

/// Reads CSV text: commas, fields in double quotes with "" for a quote inside, LF or CRLF; a byte order mark and empty
/// lines are passed over. Adds "NAME: line N: ..." to `problems` for each mistake. Source: RFC 4180.
Csv parse_csv(std::string_view text, const std::string& name, std::vector<std::string>& problems);

}  // namespace thaw
