#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace thaw {

/// Every field of `message` with the value in force, defaults written out, exactly: "mode: 0 short_side: unset ". What
/// a fingerprint is made of: a default that is written down changes nothing.
std::string recipe_text(const google::protobuf::Message& message);

}  // namespace thaw
