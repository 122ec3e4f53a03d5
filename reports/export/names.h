#pragma once

#include <set>
#include <string>

namespace thaw::reports {

/// `text` as one part of a path, whatever it says: letters, digits and ". _ - = , +", others as "_", at most 120 bytes;
/// never empty, "." or "..".
std::string path_part(const std::string& text);

/// A field's text as people mean it: "a \"b\"" in quotes is a "b".
std::string without_quotes(const std::string& text);

/// At most `most` bytes of `text`, cut before a whole UTF-8 character; what was cut ends with "...".
std::string cut_text(const std::string& text, std::size_t most);

/// Names that are also paths of files below one folder.
class FileNames {
 public:
  /// `name` as MLflow takes it for a metric, a parameter or a tag: letters, digits and "_ - . : /" and spaces,
  /// "layer[0].units" as "layer.0.units", at most 250 bytes, no part of it empty, "." or "..". Where it would be the
  /// file or the folder of a name that was given before, it ends with "_".
  std::string add(const std::string& name);

 private:
  std::set<std::string> files_, folders_;
};

}  // namespace thaw::reports
