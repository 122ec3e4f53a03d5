#include "runner/config/load.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "runner/config/merge.h"
#include "runner/config/overrides.h"
#include "runner/config/resolve.h"
#include "schemas/textproto.h"
#include "schemas/validate.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

// An experiment is a page of text; a larger file is something else, mistaken for one.
constexpr std::uintmax_t kLargestFileBytes = 1 << 20;
constexpr std::size_t kMostFiles = 10;

struct Reading {
  std::string text;
  std::string problem;  // why there is no text; empty: there is one
};

Reading read_whole_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return {"", "no such file"};
  if (fs::is_directory(status)) return {"", "is a directory"};
  std::ifstream file(path, std::ios::binary);
  if (!file) return {"", std::string("cannot be read: ") + std::strerror(errno)};
  std::string text(kLargestFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return {"", std::string("cannot be read: ") + std::strerror(errno)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kLargestFileBytes) return {"", "is larger than 1 MiB"};
  return {std::move(text), ""};
}

// One file laid on its base, that on its own, and so on.
class BaseChain {
 public:
  explicit BaseChain(LoadedExperiment& loaded, std::vector<Diagnostic>& findings, std::set<std::string>& broken)
      : loaded_(loaded), findings_(findings), broken_(broken) {}

  // `named_at`: the `base` field that names the file; nothing for the file given by the user.
  void read(const std::string& file, const std::optional<Diagnostic>& named_at) {
    const Reading reading = read_whole_file(file);
    if (!reading.problem.empty()) return refuse(file, reading.problem, named_at);
    if (is_open(file)) return refuse(file, "it is laid on itself: " + cycle(file), named_at);
    if (open_.size() >= kMostFiles) return refuse(file, "more than 10 files are laid on each other", named_at);
    open_.push_back(file);
    Experiment config;
    ParsedText parsed = parse_text(reading.text, file, config);
    findings_.insert(findings_.end(), parsed.findings.begin(), parsed.findings.end());
    broken_.insert(parsed.broken.begin(), parsed.broken.end());
    if (config.has_base()) read_base(file, config.base(), parsed.places["base"]);
    merge_onto(loaded_.config, loaded_.places, config, parsed.places);
    const bool is_empty = config.ByteSizeLong() == 0 && parsed.findings.empty();
    if (is_empty) report_empty(file);
  }

 private:
  void read_base(const std::string& file, const std::string& base, const Location& place) {
    const Diagnostic named_at{place.file, place.line, place.column, "base", "", "", ""};
    if (base.empty()) {
      Diagnostic finding = named_at;
      finding.message = "cannot be \"\"";
      finding.expectation = "expected the path of another experiment, relative to this file";
      findings_.push_back(finding);
      broken_.insert("*");
      return;
    }
    read((fs::path(file).parent_path() / base).lexically_normal().string(), named_at);
  }

  // Without the file, nothing can be said to be missing.
  void refuse(const std::string& file, const std::string& problem, const std::optional<Diagnostic>& named_at) {
    broken_.insert("*");
    Diagnostic finding = named_at.value_or(Diagnostic{file, 0, 0, "", "", "", ""});
    finding.message = named_at ? "cannot use " + file + ": " + problem : problem;
    findings_.push_back(std::move(finding));
  }

  void report_empty(const std::string& file) {
    findings_.push_back({file, 0, 0, "", "is empty", "expected an experiment; `thaw explain` lists its fields", ""});
    broken_.insert("*");
  }

  bool is_open(const std::string& file) const {
    for (const std::string& open : open_) {
      std::error_code error;
      if (fs::equivalent(open, file, error)) return true;
    }
    return false;
  }

  std::string cycle(const std::string& file) const {
    std::string text;
    for (const std::string& open : open_) text += open + " -> ";
    return text + file;
  }

  LoadedExperiment& loaded_;
  std::vector<Diagnostic>& findings_;
  std::set<std::string>& broken_;
  std::vector<std::string> open_;
};

// What the file of a sweep lacks may come from its axes: that is for the members to say.
void validate_file(const Experiment& config, Findings& findings, const std::set<std::string>& broken) {
  if (!config.has_sweep()) return validate(config, findings, broken);
  Experiment file = config;
  file.clear_sweep();
  validate(file, findings, {.broken = broken, .is_overlay = true});
  validate(config.sweep(), findings, {.broken = broken, .path = "sweep"});
}

}  // namespace

LoadedExperiment load_experiment(const std::string& file, const std::vector<std::string>& overrides) {
  LoadedExperiment loaded;
  loaded.file = file;
  loaded.folder = fs::path(file).has_parent_path() ? fs::path(file).parent_path().string() : ".";
  std::vector<Diagnostic> problems;
  std::set<std::string> broken;
  BaseChain(loaded, problems, broken).read(file, std::nullopt);
  for (const std::string& setting : overrides) apply_override(setting, loaded.config, loaded.places, problems, broken);
  loaded.config.clear_base();
  Findings findings = loaded.findings();
  for (Diagnostic& problem : problems) findings.add(std::move(problem));
  validate_file(loaded.config, findings, broken);
  findings.throw_if_any();
  loaded.resolved_text = resolve(loaded.config);
  return loaded;
}

}  // namespace thaw
