#pragma once

#include <set>

#include "ops/program.h"

namespace thaw {

/// What is quantized.
enum class QuantizedConvolutions {
  /// A channel's sum of few products averages no rounding out: in MobileNet v1 0.25 the error of all other layers
  /// together is as large as theirs (another class in 13 of 31 photographs, or in 7 where they stay f32).
  kNotDepthwise,
  kAll,
};

/// Learns from batches how a frozen graph's tensors are quantized. Post-training quantization: kernels by the largest
/// magnitude of each filter; everything else by its largest magnitude in all batches. (Cutting rare large values, where
/// that makes the squared error less, lost more: 7 of 5000 pictures of CIFAR-10 with ResNet-20 against 1.) Tensors
/// that a node only moves or picks from (MaxPool, Concat) share a limit with what it gives.
/// (Source: Krishnamoorthi 2018, "Quantizing deep convolutional networks for efficient inference".)
class Calibrator : private Observer {
 public:
  /// The program runs in f32, for inference.
  explicit Calibrator(Program& program, QuantizedConvolutions which = QuantizedConvolutions::kNotDepthwise);

  /// Runs the program once on the inputs that were set.
  void run();
  /// What the runs so far say. Tensors that had numbers which are not finite, or nothing but zeros, are left out.
  Calibration calibration() const;

 private:
  bool wants(ValueId value) const override;
  bool takes_any_order(ValueId value) const override { return activations_.count(value) != 0; }
  void see(ValueId value, std::span<const float> numbers) override;
  bool is_product(const Node& node) const;
  void find_kernels();
  void find_activations();
  int group_of(ValueId value) const;
  void join(ValueId a, ValueId b);

  /// How large the numbers of a tensor are.
  struct Magnitudes {
    float largest = 0;
    bool has_negative = false, is_finite = true;

    void add(std::span<const float> numbers);
  };

  Program& program_;
  QuantizedConvolutions which_;
  std::set<ValueId> kernels_;
  std::map<ValueId, std::vector<float>> filter_limits_;
  std::map<ValueId, Magnitudes> activations_;
  std::map<ValueId, ValueId> shares_with_;  ///< an earlier value of the same limit
};

}  // namespace thaw
