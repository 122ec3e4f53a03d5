#pragma once

#include <map>
#include <string>
#include <vector>

#include "schemas/diagnostic.h"

namespace thaw {

/// A place in a text.
struct Location {
  std::string file;
  int line = 0;    ///< from 1; 0: unknown
  int column = 0;  ///< from 1
};

/// Field path ("model.layer[3].conv2d.filters") -> where it stands in the file that set it.
using SourceMap = std::map<std::string, Location>;

/// Collects findings by field path and gives each its place: that of the field, or of the nearest enclosing
/// message that stands in a file.
class Findings {
 public:
  explicit Findings(SourceMap places = {}, std::string main_file = {});

  /// Adds a finding at `field_path`. `candidates`: valid names; the nearest to `wrong_name` is suggested.
  void add(const std::string& field_path, std::string message, std::string expectation = {},
           const std::string& wrong_name = {}, const std::vector<std::string>& candidates = {});
  void add(Diagnostic finding);

  bool empty() const { return findings_.empty(); }
  /// Sorted by file, line, column; no duplicates.
  std::vector<Diagnostic> sorted() const;
  /// Throws InputError with all findings if there are any.
  void throw_if_any() const;

 private:
  Location place_of(const std::string& field_path) const;

  SourceMap places_;
  std::string main_file_;
  std::vector<Diagnostic> findings_;
};

}  // namespace thaw
