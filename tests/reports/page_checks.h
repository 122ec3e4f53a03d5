#pragma once

#include <string>
#include <vector>

namespace thaw::test {

// Enough HTML checking for pages that are made from templates: '>' is escaped in all values.

/// The values of `attribute` of all tags called `tag` (any, if empty), in order.
std::vector<std::string> values_of(const std::string& page, const std::string& attribute, const std::string& tag = {});

int count_of(const std::string& text, const std::string& part);

/// Nothing that would make a browser load or run something. `may_link_beside`: relative paths may be links.
void expect_self_contained(const std::string& page, bool may_link_beside = false);

/// Tags close what is open.
void expect_balanced(const std::string& page);

/// No id twice, and no link to an id that is not there.
void expect_distinct_ids(const std::string& page);

/// The page without the one script that it must end with, which its policy must allow.
std::string without_script(const std::string& page);

}  // namespace thaw::test
