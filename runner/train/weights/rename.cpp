#include "runner/train/weights/rename.h"

#include <algorithm>
#include <map>
#include <regex>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

// No network's names are longer, and std::regex takes a stack frame a character.
constexpr std::size_t kLongestName = 1000;

// libstdc++'s search that tries every way at once. Its usual one tries one after the other: with "(.*)*b" forever.
constexpr auto kInBoundedTime = std::regex_constants::__polynomial;

std::string quoted(const std::string& name) { return "\"" + printable(name) + "\""; }

std::string first_names(const std::vector<RenamedTensor>& tensors) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < tensors.size() && i < kShown; ++i) {
    text += (i == 0 ? "" : ", ") + quoted(tensors[i].name);
  }
  return text + (tensors.size() > kShown ? ", ..." : "");
}

/// The highest group that a replacement names ("$2"); 0: none.
unsigned highest_group(const std::string& to) {
  unsigned highest = 0;
  const auto digit = [&](std::size_t i) { return i < to.size() && to[i] >= '0' && to[i] <= '9'; };
  for (std::size_t i = 0; i + 1 < to.size(); ++i) {
    if (to[i] != '$') continue;
    ++i;
    if (!digit(i)) continue;
    unsigned group = static_cast<unsigned>(to[i] - '0');
    if (digit(i + 1)) group = 10 * group + static_cast<unsigned>(to[++i] - '0');
    highest = std::max(highest, group);
  }
  return highest;
}

class Renaming {
 public:
  Renaming(const Weights& weights, const WeightTarget& target, const WeightSource& source, const std::string& field,
           Findings& findings)
      : rules_(weights), target_(target), source_(source), field_(field), findings_(findings) {}

  std::optional<std::vector<RenamedTensor>> run() {
    if (!take_tensors()) return std::nullopt;
    for (int i = 0; i < rules_.rename_size(); ++i) apply(i);
    if (!has_findings_) check_names();
    if (has_findings_) return std::nullopt;
    return std::move(tensors_);
  }

 private:
  template <typename... Words>
  void add(const Words&... words) {
    findings_.add(words...);
    has_findings_ = true;
  }

  bool take_tensors() {
    const std::string prefix = rules_.has_prefix() ? rules_.prefix() : target_.usual_tensor_prefix;
    const std::string start = prefix.empty() ? "" : prefix + "/";
    std::vector<std::string> first_parts;
    for (const SourceTensor& tensor : source_.tensors()) {
      if (tensor.name.size() > kLongestName) {
        add(field_,
            source_.title() + " has a tensor whose name is " + std::to_string(tensor.name.size()) + " characters long",
            "expected names of at most " + std::to_string(kLongestName) + " characters");
        return false;
      }
      const std::string part = tensor.name.substr(0, tensor.name.find('/'));
      if (first_parts.empty() || first_parts.back() != part) first_parts.push_back(part);
      if (tensor.name.starts_with(start)) tensors_.push_back({&tensor, tensor.name.substr(start.size())});
    }
    if (!tensors_.empty()) return true;
    if (source_.tensors().empty()) {
      add(field_, source_.title() + " holds no tensors");
      return false;
    }
    std::string known;
    for (std::size_t i = 0; i < first_parts.size() && i < 10; ++i)
      known += (i == 0 ? "" : ", ") + quoted(first_parts[i]);
    add(rules_.has_prefix() ? field_ + ".prefix" : field_,
        "no tensor of " + source_.title() + " has a name that begins with " + quoted(start),
        "expected `prefix` to be one of those that there are: " + known + (first_parts.size() > 10 ? ", ..." : "") +
            ", or \"\" for names as they are",
        prefix, first_parts);
    return false;
  }

  std::optional<std::regex> compiled(int i) {
    const Rename& rule = rules_.rename(i);
    const std::string path = field_ + ".rename[" + std::to_string(i) + "]";
    try {
      std::regex regex(rule.from(), std::regex::ECMAScript | kInBoundedTime);
      const unsigned groups = highest_group(rule.to());
      if (groups <= regex.mark_count()) return regex;
      add(path + ".to",
          quoted(rule.to()) + " names group " + std::to_string(groups) + ", but `from` has " +
              std::to_string(regex.mark_count()),
          "expected groups in parentheses in `from`; $$ stands for a dollar sign");
    } catch (const std::regex_error& error) {
      const bool is_back_reference = error.code() == std::regex_constants::error_complexity;
      add(path + ".from",
          quoted(rule.from()) +
              (is_back_reference ? " refers back to a group, which takes too long" : " is no regular expression"),
          "expected one as ECMAScript writes it; \\\\ before a character takes away its meaning");
    }
    return std::nullopt;
  }

  void apply(int i) {
    const auto regex = compiled(i);
    if (!regex) return;
    const std::string path = field_ + ".rename[" + std::to_string(i) + "].from";
    bool is_used = false;
    std::vector<RenamedTensor> renamed = tensors_;
    for (RenamedTensor& tensor : renamed) {
      if (!std::regex_search(tensor.name, *regex)) continue;
      is_used = true;
      tensor.name = std::regex_replace(tensor.name, *regex, rules_.rename(i).to());
    }
    if (!is_used) {
      add(path,
          quoted(rules_.rename(i).from()) + " matches no tensor of " + source_.title() +
              (i > 0 ? " as the rules before it name them" : ""),
          "expected a part of such names as " + first_names(tensors_));
    }
    tensors_ = std::move(renamed);
  }

  void check_names() {
    std::map<std::string, const SourceTensor*> seen;
    for (const RenamedTensor& tensor : tensors_) {
      const auto [first, is_first] = seen.insert({tensor.name, tensor.tensor});
      if (is_first) continue;
      add(field_ + ".rename",
          quoted(first->second->name) + " and " + quoted(tensor.tensor->name) + " are both renamed to " +
              quoted(tensor.name),
          "expected a name of its own for each tensor");
    }
  }

  const Weights& rules_;
  const WeightTarget& target_;
  const WeightSource& source_;
  const std::string& field_;
  Findings& findings_;
  std::vector<RenamedTensor> tensors_;
  bool has_findings_ = false;
};

}  // namespace

std::optional<std::vector<RenamedTensor>> rename_tensors(const Weights& weights, const WeightTarget& target,
                                                         const WeightSource& source, const std::string& field,
                                                         Findings& findings) {
  return Renaming(weights, target, source, field, findings).run();
}

}  // namespace thaw
