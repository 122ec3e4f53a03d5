#pragma once

#include <string>

namespace thaw {

/// Takes any bytes through everything that happens to an experiment file before data is read: parsing, rules, checks,
/// the resolved file. Aborts where a promise is broken:
/// - what our outline accepts, protobuf reads the same; what protobuf accepts, only our own rules refuse;
/// - the resolved file reads back without findings and resolves to itself.
void fuzz_config(const std::string& text);

}  // namespace thaw
