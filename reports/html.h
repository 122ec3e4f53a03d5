#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace thaw::reports {

/// `text` as it may stand between tags and inside quoted attributes. Control characters, and those that turn the
/// direction of what follows, become U+FFFD.
std::string escape(std::string_view text);

/// `text` with every byte that is not UTF-8 replaced by U+FFFD.
std::string well_formed(const std::string& text);

/// A relative path as a link's target: every byte that is neither plain nor a slash becomes %XX, so that nothing in it
/// can be taken for a scheme, a host or a fragment.
std::string link_path(std::string_view path);

std::string base64(std::string_view bytes);

/// One of reports/templates, filled with `values`. `{{name}}` is escaped, `{{{name}}}` is markup made by us. The other
/// templates are its partials: `{{> chart.html}}`. Empty strings, empty lists, null and false skip a section.
/// Throws InternalError if there is no such template or it does not parse.
std::string render_template(const std::string& name, const nlohmann::json& values);

/// A whole page around `body`: the style sheet, one of reports/templates as its script if it has any, and a policy
/// under which nothing else is loaded or run.
std::string render_document(const std::string& title, const std::string& body, const std::string& script = {});

}  // namespace thaw::reports
