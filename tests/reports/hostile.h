#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "schemas/run_record.pb.h"

namespace thaw::test {

/// Text that somebody may give to a class, an experiment or a choice, and what a page must show of it.
struct HostileString {
  std::string text;
  std::string shown;  ///< with what cannot be shown replaced by U+FFFD
};

/// Markup, event handlers, ends of elements, templates, addresses, formulas, broken and invisible characters, ...; each
/// that could run sets the global variable `pwned`.
const std::vector<HostileString>& hostile_strings();

/// Every string that a record may carry, replaced by `text`; pictures keep their paths.
void make_hostile(std::vector<Event>& events, const std::string& text);

/// Every string that a message may carry, replaced by the hostile strings in turn, beginning with number `first`; those
/// whose field `keeps` names stay. Gives the number of the next one.
std::size_t make_hostile(google::protobuf::Message& message, const std::vector<std::string>& keeps, std::size_t first);

}  // namespace thaw::test
