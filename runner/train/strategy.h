#pragma once

#include <set>
#include <string>

#include "runner/train/build.h"

namespace thaw {

/// What a strategy of `transfer` is spelled out for: the network, built without rules, and which of its parameters hold
/// what was learned before.
struct StrategyFacts {
  const BuiltGraph& built;
  const std::set<std::string>& pretrained;
};

/// Puts the rules that `transfer` stands for in its place, and checks them against the network: patterns that match
/// nothing, strategies that need pretrained weights where there are none, stages in which nothing is left to learn.
/// With findings, `config` may stay as it was.
void expand_strategy(Experiment& config, const StrategyFacts& facts, Findings& findings);

/// The parameters that start from their file's values: those of onnx layers.
std::set<std::string> parameters_with_values(const ComposedModel& model);

}  // namespace thaw
