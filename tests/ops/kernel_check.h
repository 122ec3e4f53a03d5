#pragma once

#include <gtest/gtest.h>

#include "ops/program.h"
#include "tests/reference/interpreter.h"

namespace thaw {

/// A program with its own store, fed and read in doubles. Before each run its arena is filled with NaN: whatever a
/// kernel reads without anyone having written it, padding included, shows.
class ProgramRunner {
 public:
  ProgramRunner(const Graph& graph, const std::shared_ptr<Device>& device, Precision precision = Precision::kFloat32);

  /// Writes what `feeds` has of the graph's parameters and slots. They keep what updates made of them until written
  /// again.
  void write_store(const reference::Feeds& feeds);
  /// Sets the inputs and runs once.
  void run(const reference::Feeds& feeds);
  /// A graph output, or a parameter or slot as the last run left it.
  reference::Tensor read(ValueId id) const;

  Program& program() { return *program_; }
  ParameterStore& store() { return *store_; }

 private:
  const Graph& graph() const { return program_->graph(); }

  std::shared_ptr<Device> device_;
  std::shared_ptr<Arena> arena_;
  std::shared_ptr<ParameterStore> store_;
  std::unique_ptr<Program> program_;
};

/// How many numbers are summed into one element of the node's output; 1 where it works element by element.
double reduction_length(const Graph& graph, const Node& node);

inline constexpr double kFloat32Unit = 4e-7;          // about seven roundings
inline constexpr double kBFloat16Unit = 1.0 / 128.0;  // about four

/// |found - expected| <= unit * sqrt(reduction) * max |expected| for every element: rounding of a sum of that length.
/// Not-a-number equals not-a-number.
::testing::AssertionResult is_close(const reference::Tensor& found, const reference::Tensor& expected, double reduction,
                                    double unit = kFloat32Unit);

/// Runs each node of the graph alone on the device, fed with the reference's values, and compares all its outputs.
void expect_each_kernel_close(const Graph& graph, const reference::Feeds& feeds, const std::shared_ptr<Device>& device);

/// Runs the whole graph and compares its outputs.
void expect_chain_close(const Graph& graph, const reference::Feeds& feeds, const std::shared_ptr<Device>& device);

}  // namespace thaw
