#include "runner/sweep/sampling.h"

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <utility>

#include "runner/data/random.h"

namespace thaw {
namespace {

constexpr int kBits = 32;

/// Owen's nested uniform scramble: each bit is turned or not by a draw that depends on all bits above it. Keeps the
/// points as even as they are, and makes each of them uniform. Source: A. B. Owen, "Randomly permuted (t,m,s)-nets and
/// (t,s)-sequences", 1995.
std::uint32_t scrambled(std::uint32_t bits, std::uint64_t seed, int axis) {
  std::uint32_t result = 0;
  for (int i = 0; i < kBits; ++i) {
    const std::uint64_t above = (std::uint64_t{1} << i) | (std::uint64_t{bits} >> (kBits - i));
    const std::uint32_t turn = Draws(seed, "sweep scramble", static_cast<std::uint64_t>(axis), above).next() & 1U;
    const std::uint32_t bit = bits >> (kBits - 1 - i) & 1U;
    result = result << 1 | (bit ^ turn);
  }
  return result;
}

}  // namespace

std::vector<double> PointDraw::next() {
  switch (spread_.sampling) {
    case INDEPENDENT:
      return ++drawn_, independent_point();
    case SOBOL:
      return sobol_point();
    case LATIN_HYPERCUBE:
      return hypercube_point();
  }
  return {};
}

std::vector<double> PointDraw::independent_point() const {
  Draws draws(spread_.seed, "sweep point", 0, drawn_ - 1);
  std::vector<double> point;
  for (int axis = 0; axis < spread_.axes; ++axis) point.push_back(draws.uniform());
  return point;
}

std::vector<double> PointDraw::sobol_point() {
  constexpr std::uint64_t kBlock = 256;
  if (block_.empty()) {
    boost::random::sobol_engine<std::uint32_t, kBits> sequence(static_cast<std::size_t>(spread_.axes));
    // Boost leaves out the sequence's first point, the corner; without it the first 2^k points are not even.
    if (drawn_ > 1) sequence.discard((drawn_ - 1) * static_cast<std::uint64_t>(spread_.axes));
    for (std::uint64_t i = drawn_; i < drawn_ + kBlock; ++i) {
      std::vector<double> point;
      for (int axis = 0; axis < spread_.axes; ++axis) {
        const std::uint32_t bits = i == 0 ? 0 : sequence();
        point.push_back((scrambled(bits, spread_.seed, axis) + 0.5) * 0x1p-32);
      }
      block_.push_back(std::move(point));
    }
    std::reverse(block_.begin(), block_.end());
    drawn_ += kBlock;
  }
  std::vector<double> point = std::move(block_.back());
  block_.pop_back();
  return point;
}

// More than `members` are wanted where some were left out: they come from another cube of as many.
std::vector<double> PointDraw::hypercube_point() {
  if (block_.empty()) {
    const auto count = static_cast<std::uint32_t>(spread_.members);
    block_.assign(count, std::vector<double>(static_cast<std::size_t>(spread_.axes)));
    for (int axis = 0; axis < spread_.axes; ++axis) {
      Draws draws(spread_.seed, "sweep hypercube", static_cast<std::uint64_t>(axis), drawn_);
      std::vector<std::uint32_t> parts(count);
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t other = draws.below(i + 1);
        parts[i] = parts[other];
        parts[other] = i;
      }
      for (std::uint32_t i = 0; i < count; ++i) {
        block_[i][static_cast<std::size_t>(axis)] = (parts[i] + draws.uniform()) / count;
      }
    }
    ++drawn_;
  }
  std::vector<double> point = std::move(block_.back());
  block_.pop_back();
  return point;
}

}  // namespace thaw
