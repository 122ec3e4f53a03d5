#pragma once

#include <string_view>
#include <vector>

namespace thaw::reports {

/// One file of reports/templates, put into the program when it is built.
struct EmbeddedFile {
  std::string_view name;  ///< "report.html"
  std::string_view content;
  std::string_view sha256;  ///< hex
};

/// All of them; defined in a file that reports/embed.cmake writes.
const std::vector<EmbeddedFile>& embedded_files();

}  // namespace thaw::reports
