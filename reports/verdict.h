#pragma once

#include <string>
#include <vector>

#include "reports/record_view.h"

namespace thaw::reports {

/// The one sentence that a reader takes away: what the weights do on which images, or what went wrong.
std::string verdict(const RecordView& view);

/// Something the reader must know before trusting the numbers.
struct Notice {
  std::string level;  ///< "bad", "warn" or "info"
  std::string title;
  std::string text;
  std::string command;  ///< to type; may be empty
};

/// Worst first.
std::vector<Notice> notices(const RecordView& view);

}  // namespace thaw::reports
