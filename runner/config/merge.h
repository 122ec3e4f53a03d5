#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "schemas/findings.h"

namespace thaw {

/// Forgets the places of `path` and of everything below it.
void erase_places_below(SourceMap& places, const std::string& path);

/// Lays `over` onto `under`: messages merge field by field; a single value, a repeated field and the alternative of a
/// choice given in `over` replace those of `under`. `places` follows: what was replaced loses its places, what is new
/// gets those of `over_places`. `path` is where both messages stand.
void merge_onto(google::protobuf::Message& under, SourceMap& places, const google::protobuf::Message& over,
                const SourceMap& over_places, const std::string& path = {});

}  // namespace thaw
