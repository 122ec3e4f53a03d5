#pragma once

#include <set>

#include "ops/magnitudes.h"
#include "ops/program.h"

namespace thaw {

/// Learns from batches how a frozen graph's tensors are best quantized. Post-training quantization: kernels by one
/// limit a filter, their largest magnitude; everything else by one limit, which cuts rare large values where that makes
/// the squared error less. Tensors that a node only moves or picks from (MaxPool, Concat) share a limit with what it
/// gives. (Source: Krishnamoorthi 2018, "Quantizing deep convolutional networks for efficient inference".)
class Calibrator : private Observer {
 public:
  /// The program runs in f32, for inference.
  explicit Calibrator(Program& program);

  /// Runs the program once on the inputs that were set.
  void run();
  /// What the runs so far say. Tensors that had numbers which are not finite, or nothing but zeros, are left out.
  Calibration calibration() const;

 private:
  bool wants(ValueId value) const override;
  void see(ValueId value, const std::vector<float>& numbers) override;
  void find_kernels();
  void find_activations();
  int group_of(ValueId value) const;
  void join(ValueId a, ValueId b);

  Program& program_;
  std::set<ValueId> kernels_;
  std::map<ValueId, std::vector<float>> filter_limits_;
  std::map<ValueId, Magnitudes> activations_;
  std::map<ValueId, ValueId> shares_with_;  ///< an earlier value of the same limit
};

}  // namespace thaw
