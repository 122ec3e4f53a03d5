#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "runner/sweep/members.h"
#include "schemas/diagnostic.h"

namespace thaw {

/// Findings of a sweep's members. One that several of them share is told once, with the members that it is true of.
class MemberFindings {
 public:
  explicit MemberFindings(const SweepMembers& sweep) : sweep_(sweep) {}

  /// Of members first..first + count - 1 alike.
  void add(const std::vector<Diagnostic>& findings, std::size_t first, std::size_t count = 1);
  bool empty() const { return shared_.empty(); }
  /// All of them, in lines.
  std::vector<std::string> texts() const;
  /// Throws InputError with all findings if there are any.
  void throw_if_any() const;

 private:
  std::vector<Diagnostic> sorted() const;
  struct Shared {
    Diagnostic finding;
    std::vector<std::size_t> members;
  };
  /// "in 40 of 80 members, such as ..."; empty: in all of them.
  std::string where(const std::vector<std::size_t>& members) const;

  const SweepMembers& sweep_;
  std::map<std::string, Shared> shared_;  ///< by the finding's text
};

}  // namespace thaw
