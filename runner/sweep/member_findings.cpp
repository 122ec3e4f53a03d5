#include "runner/sweep/member_findings.h"

#include <optional>

#include "runner/train/run_facts.h"
#include "schemas/findings.h"

namespace thaw {

void MemberFindings::add(const std::vector<Diagnostic>& findings, std::size_t first, std::size_t count) {
  for (const Diagnostic& finding : findings) {
    Shared& shared = shared_[finding.text()];
    shared.finding = finding;
    for (std::size_t i = first; i < first + count; ++i) {
      if (shared.members.empty() || shared.members.back() != i) shared.members.push_back(i);
    }
  }
}

std::string MemberFindings::where(const std::vector<std::size_t>& members) const {
  if (members.size() == sweep_.members.size()) return {};
  const SweepMember& example = sweep_.members[members.front()];
  const auto& settings_of = [&](std::size_t i) -> const std::vector<Setting>& {
    return sweep_.points[static_cast<std::size_t>(sweep_.members[i].point)];
  };
  // What they all have in common: if it sets them apart from all others, it says more than an example.
  std::vector<bool> is_common(sweep_.axes.size(), true);
  for (const std::size_t i : members) {
    for (std::size_t axis = 0; axis < is_common.size(); ++axis) {
      if (settings_of(i)[axis].text() != settings_of(members.front())[axis].text()) is_common[axis] = false;
    }
  }
  std::size_t alike = 0;
  for (std::size_t i = 0; i < sweep_.members.size(); ++i) {
    bool is_alike = true;
    for (std::size_t axis = 0; axis < is_common.size(); ++axis) {
      const bool differs = settings_of(i)[axis].text() != settings_of(members.front())[axis].text();
      if (is_common[axis] && differs) is_alike = false;
    }
    alike += is_alike;
  }
  if (alike == members.size()) {
    std::string common;
    for (std::size_t axis = 0; axis < is_common.size(); ++axis) {
      if (is_common[axis])
        common += (common.empty() ? "" : ", ") + setting_words(sweep_.axes[axis], settings_of(members.front())[axis]);
    }
    if (members.size() == 1) return "in the member with " + common;
    const std::string all = members.size() == 2 ? "both" : "all " + grouped(static_cast<std::int64_t>(members.size()));
    return "in " + all + " members with " + common;
  }
  const std::string seed = sweep_.repeats > 1 ? ", seed " + std::to_string(example.seed) : "";
  const std::string one = sweep_.words(example.point) + seed;
  if (members.size() == 1) return "in the member with " + one;
  return "in " + grouped(static_cast<std::int64_t>(members.size())) + " of " +
         grouped(static_cast<std::int64_t>(sweep_.members.size())) + " members, such as the one with " + one;
}

std::vector<Diagnostic> MemberFindings::sorted() const {
  Findings all;
  for (const auto& [text, shared] : shared_) {
    Diagnostic finding = shared.finding;
    const std::string words = where(shared.members);
    if (!words.empty()) finding.message += " (" + words + ")";
    all.add(std::move(finding));
  }
  return all.sorted();
}

std::vector<std::string> MemberFindings::texts() const {
  std::vector<std::string> texts;
  for (const Diagnostic& finding : sorted()) texts.push_back(finding.text());
  return texts;
}

void MemberFindings::throw_if_any() const {
  if (!empty()) throw InputError(sorted());
}

}  // namespace thaw
