#pragma once

#include <string>

namespace thaw {

/// The schema's documentation of one thing, as `thaw explain` prints it: a field by its path
/// ("train.optimizer.adam.beta_1", with or without indices), a message or enumeration by its name ("Adam"), a field by
/// its bare name (one page if it stands in one place, otherwise the list of places); empty: the whole file at a glance.
/// Throws InputError naming the nearest if there is no such thing.
std::string explain(const std::string& field_path);

}  // namespace thaw
