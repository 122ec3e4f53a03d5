#pragma once

#include <string>

namespace thaw {

/// The text of the Error that `run` throws, or "nothing was thrown".
template <typename Error, typename Run>
std::string message_of(Run run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace thaw
