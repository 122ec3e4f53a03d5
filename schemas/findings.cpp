#include "schemas/findings.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace thaw {
namespace {

auto sort_key(const Diagnostic& d) {
  return std::tie(d.file, d.line, d.column, d.field_path, d.message, d.expectation, d.nearest);
}

// "model.layer[3].conv2d" -> "model.layer[3]" -> "model.layer" -> "model" -> "".
std::string enclosing(const std::string& path) {
  const std::size_t cut = path.find_last_of(".[");
  return cut == std::string::npos ? std::string() : path.substr(0, cut);
}

}  // namespace

Findings::Findings(SourceMap places, std::string main_file)
    : places_(std::move(places)), main_file_(std::move(main_file)) {}

void Findings::add(const std::string& field_path, std::string message, std::string expectation,
                   const std::string& wrong_name, const std::vector<std::string>& candidates) {
  const Location place = place_of(field_path);
  Diagnostic finding;
  finding.file = place.file;
  finding.line = place.line;
  finding.column = place.column;
  finding.field_path = field_path;
  finding.message = std::move(message);
  finding.expectation = std::move(expectation);
  finding.nearest = nearest_name(wrong_name, candidates);
  findings_.push_back(std::move(finding));
}

void Findings::add(Diagnostic finding) { findings_.push_back(std::move(finding)); }

std::vector<Diagnostic> Findings::sorted() const {
  std::vector<Diagnostic> sorted = findings_;
  std::sort(sorted.begin(), sorted.end(),
            [](const Diagnostic& a, const Diagnostic& b) { return sort_key(a) < sort_key(b); });
  const auto is_same = [](const Diagnostic& a, const Diagnostic& b) { return sort_key(a) == sort_key(b); };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), is_same), sorted.end());
  return sorted;
}

void Findings::throw_if_any() const {
  if (!findings_.empty()) throw InputError(sorted());
}

Location Findings::place_of(const std::string& field_path) const {
  for (std::string path = field_path; !path.empty(); path = enclosing(path)) {
    const auto found = places_.find(path);
    if (found != places_.end()) return found->second;
  }
  return {main_file_, 0, 0};
}

}  // namespace thaw
