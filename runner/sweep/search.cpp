#include "runner/sweep/search.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "runner/sweep/sampling.h"
#include "runner/train/run_facts.h"
#include "schemas/rule_words.h"

namespace thaw {
namespace {

/// What identifies a combination.
std::string key_of(const std::vector<Setting>& settings) {
  std::string key;
  for (const Setting& setting : settings) key += std::to_string(setting.text().size()) + ":" + setting.text();
  return key;
}

std::string combinations(std::int64_t count) {
  return grouped(count) + (count == 1 ? " combination" : " combinations");
}

class PointSearch {
 public:
  PointSearch(const Sweep& sweep, const std::vector<SweepAxis>& axes, const Exclusions& exclusions, Findings& findings)
      : sweep_(sweep), axes_(axes), exclusions_(exclusions), findings_(findings) {}

  SearchPoints run() {
    const Search& search = sweep_.search();
    const SuccessiveHalving& halving = search.successive_halving();
    if (search.has_random()) {
      const Random& random = search.random();
      draw({random.sampling(), random.seed(), static_cast<int>(axes_.size()), random.members()}, "sweep.search.random");
    } else if (halving.has_members()) {
      draw({halving.sampling(), halving.seed(), static_cast<int>(axes_.size()), halving.members()},
           "sweep.search.successive_halving");
    } else {
      make_grid();
    }
    return std::move(found_);
  }

 private:
  bool is_too_many(std::int64_t points, const std::string& path, const std::string& what) {
    // Both are at most a few 100,000 here: the product fits.
    if (points * sweep_.repeats() <= kMostMembers) return false;
    const std::string times =
        sweep_.repeats() == 1 ? "" : " with " + std::to_string(sweep_.repeats()) + " repeats each";
    findings_.add(path, what + times + " are too many runs",
                  "expected at most " + grouped(kMostMembers) +
                      " runs; search { random { members: ... } } tries some of many combinations");
    return true;
  }

  void make_grid() {
    bool is_fine = true;
    for (const SweepAxis& axis : axes_) {
      if (axis.has_grid()) continue;
      is_fine = false;
      findings_.add(axis.path() + (axis.info().is_logarithmic() ? ".log_uniform" : ".uniform"),
                    "has no points, but a grid needs to know which numbers to try",
                    "expected for example points: 5, or search { random { members: 20 } }");
    }
    if (!is_fine) return;
    std::int64_t count = 1;
    for (const SweepAxis& axis : axes_) {
      count *= std::min(axis.grid_size(), kMostMembers + 1);
      if (is_too_many(count, "sweep",
                      "the " + combinations(count) + (count > kMostMembers ? " or more" : "") + " of the axes")) {
        return;
      }
    }
    found_.left_out.assign(static_cast<std::size_t>(exclusions_.size()), 0);
    for (std::int64_t point = 0; point < count; ++point) {
      std::vector<Setting> settings;
      std::int64_t rest = point, block = count;
      for (const SweepAxis& axis : axes_) {
        block /= axis.grid_size();
        settings.push_back(axis.grid_setting(rest / block));
        rest %= block;
      }
      const int exclusion = exclusions_.find(settings);
      if (exclusion >= 0) {
        ++found_.left_out[static_cast<std::size_t>(exclusion)];
      } else {
        found_.points.push_back(std::move(settings));
      }
    }
    if (found_.points.empty()) {
      findings_.add("sweep.exclude[0]", "nothing is left: every combination is excluded",
                    "expected exclusions that leave some of the " + combinations(count));
      return;
    }
    for (int i = 0; i < exclusions_.size(); ++i) {
      if (found_.left_out[static_cast<std::size_t>(i)] > 0) continue;
      findings_.add(
          "sweep.exclude[" + std::to_string(i) + "]",
          "leaves nothing out: no combination, or none that is left by those before it, has " + exclusions_.words(i),
          "expected values that the axes have, or no such exclusion");
    }
  }

  /// How many combinations there are, at most `limit`.
  std::int64_t space(std::int64_t limit) const {
    std::int64_t count = 1;
    for (const SweepAxis& axis : axes_) {
      const std::int64_t settings = axis.count(limit);
      count = settings > limit / count ? limit : std::min(limit, count * settings);
    }
    return count;
  }

  void draw(const Spread& spread, const std::string& path) {
    if (axes_.empty()) {
      return findings_.add(path, "draws from nothing: the sweep has no axis", "expected axis { ... }");
    }
    if (is_too_many(spread.members, path + ".members", combinations(spread.members))) return;
    PointDraw points(spread);
    std::set<std::string> seen;
    const auto wanted = static_cast<std::size_t>(spread.members);
    // So many that each of a finite number of combinations has its turn, unless it is next to impossible.
    const std::int64_t most_tries = 10'000 + 100 * spread.members;
    for (std::int64_t i = 0; i < most_tries && found_.points.size() < wanted; ++i) {
      const std::vector<double> places = points.next();
      std::vector<Setting> settings;
      for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
        settings.push_back(
            axes_[axis].setting_at(places[axis], spread.sampling == LATIN_HYPERCUBE ? spread.members : 0));
      }
      if (exclusions_.find(settings) >= 0 || !seen.insert(key_of(settings)).second) continue;
      found_.points.push_back(std::move(settings));
    }
    if (found_.points.size() < wanted)
      report_few(static_cast<std::int64_t>(found_.points.size()), spread.members, path);
  }

  void report_few(std::int64_t found, std::int64_t wanted, const std::string& path) {
    const std::int64_t all = space(kMostMembers + 1);
    if (found == 0) {
      return findings_.add("sweep.exclude[0]", "nothing is left: every combination that was drawn is excluded",
                           "expected exclusions that leave some");
    }
    const std::string there_are = all <= kMostMembers ? "the axes have " + combinations(all) +
                                                            (exclusions_.size() > 0 ? " before exclusions" : "")
                                                      : "exclusions leave next to nothing";
    findings_.add(path + ".members",
                  "cannot be " + std::to_string(wanted) + ": " + there_are + ", and " + grouped(found) +
                      (found == 1 ? " was found" : " were found"),
                  "expected at most " + std::to_string(found) + ", or grid {}");
  }

  const Sweep& sweep_;
  const std::vector<SweepAxis>& axes_;
  const Exclusions& exclusions_;
  Findings& findings_;
  SearchPoints found_;
};

}  // namespace

SearchPoints find_points(const Sweep& sweep, const std::vector<SweepAxis>& axes, const Exclusions& exclusions,
                         Findings& findings) {
  return PointSearch(sweep, axes, exclusions, findings).run();
}

Rungs plan_rungs(const SuccessiveHalving& halving, int points, int epochs) {
  Rungs rungs;
  const double least_factor = std::sqrt(static_cast<double>(halving.reduction()));
  std::int64_t epoch = halving.min_epochs();
  int left = points;
  while (left > 1 && static_cast<double>(epoch) * least_factor <= epochs) {
    rungs.epochs.push_back(static_cast<int>(epoch));
    rungs.points.push_back(left);
    left = std::max(1, left / halving.reduction());
    epoch *= halving.reduction();
  }
  rungs.epochs.push_back(epochs);
  rungs.points.push_back(left);
  return rungs;
}

}  // namespace thaw
