#include "runner/data/pictures/stratify.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "runner/data/random.h"

namespace thaw {
namespace {

// Fisher and Yates, from the stream of group `number`.
template <typename T>
void shuffle(std::vector<T>& items, const DrawSeed& seed, std::uint64_t number) {
  Draws draws(seed.seed, seed.purpose, 0, number);
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[draws.below(static_cast<std::uint32_t>(i))]);
  }
}

std::vector<std::int64_t> sizes_of(const std::vector<std::vector<std::int64_t>>& strata) {
  std::vector<std::int64_t> sizes;
  for (const auto& stratum : strata) sizes.push_back(static_cast<std::int64_t>(stratum.size()));
  return sizes;
}

// Nobody with something to give goes away empty: those who got most give.
void give_each_one(std::vector<std::int64_t>& shares, const std::vector<std::int64_t>& sizes) {
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] > 0 || sizes[i] == 0) continue;
    const auto most = std::max_element(shares.begin(), shares.end());
    if (*most <= 1) return;
    --*most;
    ++shares[i];
  }
}

// Runs of identical pictures, in the order of their first ones.
std::vector<std::vector<std::int64_t>> identical_runs(const PictureStore& store,
                                                      const std::vector<std::int64_t>& indices) {
  std::map<PictureDigest, std::size_t> known;
  std::vector<std::vector<std::int64_t>> runs;
  for (const std::int64_t index : indices) {
    const auto [found, is_new] = known.emplace(store.digest(index), runs.size());
    if (is_new) runs.emplace_back();
    runs[found->second].push_back(index);
  }
  return runs;
}

}  // namespace

std::vector<std::int64_t> apportion(const std::vector<std::int64_t>& sizes, std::int64_t total, const DrawSeed& ties) {
  const std::int64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  struct Remainder {
    std::int64_t rest;
    std::uint32_t tie;
    std::size_t group;
  };
  std::vector<std::int64_t> shares;
  std::vector<Remainder> remainders;
  std::int64_t left = total;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    // Pictures are fewer than 2^31: the product is exact.
    const std::int64_t product = sizes[i] * total;
    shares.push_back(sum == 0 ? 0 : product / sum);
    left -= shares.back();
    remainders.push_back({sum == 0 ? 0 : product % sum, Draws(ties.seed, ties.purpose + "/tie", 0, i).next(), i});
  }
  std::sort(remainders.begin(), remainders.end(), [](const Remainder& a, const Remainder& b) {
    return a.rest != b.rest ? a.rest > b.rest : a.tie != b.tie ? a.tie < b.tie : a.group < b.group;
  });
  for (std::size_t i = 0; left > 0 && i < remainders.size(); ++i, --left) ++shares[remainders[i].group];
  return shares;
}

std::vector<std::vector<std::int64_t>> strata_of(const PictureSet& set, const std::vector<std::int64_t>& indices,
                                                 const DrawSeed& seed) {
  std::map<std::vector<int>, std::vector<std::int64_t>> groups;
  for (const std::int64_t index : indices) {
    const auto labels = set.labels(index);
    groups[{labels.begin(), labels.end()}].push_back(index);
  }
  std::vector<std::vector<std::int64_t>> strata;
  for (auto& [labels, group] : groups) {
    shuffle(group, seed, strata.size());
    strata.push_back(std::move(group));
  }
  return strata;
}

std::vector<std::int64_t> take_of_each(const std::vector<std::vector<std::int64_t>>& strata, std::int64_t take,
                                       const DrawSeed& ties) {
  const std::vector<std::int64_t> sizes = sizes_of(strata);
  std::vector<std::int64_t> shares = apportion(sizes, take, ties);
  const auto groups = sizes.size() - static_cast<std::size_t>(std::count(sizes.begin(), sizes.end(), 0));
  if (take >= static_cast<std::int64_t>(groups)) give_each_one(shares, sizes);
  std::vector<std::int64_t> taken;
  for (std::size_t i = 0; i < strata.size(); ++i) {
    taken.insert(taken.end(), strata[i].begin(), strata[i].begin() + shares[i]);
  }
  std::sort(taken.begin(), taken.end());
  return taken;
}

SplitPictures split_pictures(const PictureStore& store, const std::vector<std::int64_t>& indices, double share,
                             const DrawSeed& seed) {
  std::map<std::vector<int>, std::vector<std::vector<std::int64_t>>> groups;
  for (auto& run : identical_runs(store, indices)) {
    const auto labels = store.set().labels(run.front());
    groups[{labels.begin(), labels.end()}].push_back(std::move(run));
  }
  std::vector<std::int64_t> sizes;
  for (const auto& [labels, runs] : groups) {
    std::int64_t size = 0;
    for (const auto& run : runs) size += static_cast<std::int64_t>(run.size());
    sizes.push_back(size);
  }
  const auto total = std::llround(share * static_cast<double>(indices.size()));
  const std::vector<std::int64_t> shares = apportion(sizes, total, seed);
  SplitPictures split;
  std::size_t group = 0;
  for (auto& [labels, runs] : groups) {
    shuffle(runs, seed, group);
    auto wanted = static_cast<std::size_t>(std::min(shares[group], sizes[group] - 1));
    for (const auto& run : runs) {
      auto& side = run.size() <= wanted ? split.validation : split.train;
      if (&side == &split.validation) wanted -= run.size();
      side.insert(side.end(), run.begin(), run.end());
    }
    ++group;
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

}  // namespace thaw
