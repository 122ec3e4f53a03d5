#pragma once

#include <map>
#include <string>

namespace thaw::reports {

/// The fields of a resolved experiment (protobuf text, one field a line, as TextFormat prints it), by path:
/// {"train.loss[1].weight", "1"}. Made for telling configs apart, so it takes whatever it is given.
std::map<std::string, std::string> config_fields(const std::string& text);

}  // namespace thaw::reports
