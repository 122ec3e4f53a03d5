#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reports/sweep_answer.h"
#include "tests/reports/recorded_sweep.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {

/// With plain spaces: easier to read in tests.
inline std::string plain(std::string text) {
  for (std::size_t at; (at = text.find("\u00a0")) != std::string::npos;) text.replace(at, 2, " ");
  return text;
}

/// A made-up sweep, read from its folder, with its answer.
struct Answered {
  reports::SweepView view;
  reports::SweepAnswer answer;

  std::string head() const { return plain(answer.head); }
  std::vector<std::string> caveats() const {
    std::vector<std::string> list;
    for (const std::string& caveat : answer.caveats) list.push_back(plain(caveat));
    return list;
  }
};

inline Answered answered(const RecordedSweep& sweep) {
  const TemporaryFolder folder;
  reports::SweepView view = reports::load_sweep(write_sweep(folder / "runs", sweep));
  reports::SweepAnswer answer = reports::answer_sweep(view);
  return {std::move(view), std::move(answer)};
}

using Values = std::vector<std::vector<double>>;  ///< by choice and seed

/// Strategies with these values; with an axis of one number of images, if it is wanted.
inline RecordedSweep sweep_of(const Values& values, bool has_images = false) {
  const int repeats = static_cast<int>(values.front().size());
  RecordedSweep sweep = empty_sweep("pair", repeats);
  const std::vector<std::string> names = {"frozen", "fine-tune", "scratch"};
  add_choices(sweep, "strategy", {names.begin(), names.begin() + static_cast<std::ptrdiff_t>(values.size())});
  if (has_images) add_choices(sweep, "images", {"500"});
  for (std::size_t choice = 0; choice < values.size(); ++choice) {
    for (int seed = 1; seed <= repeats; ++seed) {
      std::vector<std::string> settings = {names[choice]};
      if (has_images) settings.emplace_back("500");
      add_member(sweep, static_cast<int>(choice), seed, settings).value = values[choice][seed - 1];
    }
  }
  return sweep;
}

/// Two strategies that five seeds tell apart.
inline const Values kFarApart = {{0.80, 0.81, 0.79, 0.80, 0.82}, {0.83, 0.85, 0.81, 0.83, 0.85}};

}  // namespace thaw::test
