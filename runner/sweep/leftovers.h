#pragma once

#include <string>

namespace thaw {

/// Files that a process makes beside those of others have its machine and number in their names: "NAME.HOST-PID.EXT".
std::string name_beside_others(const std::string& path, const std::string& extension);

/// Removes from the folder what processes of this machine that are gone left under such names. What does not work is
/// left for the next time.
void remove_leftovers(const std::string& folder);

}  // namespace thaw
