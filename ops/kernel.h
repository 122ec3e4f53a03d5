#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "ops/layout.h"
#include "ops/quantization.h"

namespace thaw {

/// Where a kernel's tensors are, once the arena exists. Indices follow the node's inputs and outputs.
struct Buffers {
  std::vector<void*> inputs;  ///< null for inputs that are left out
  std::vector<void*> outputs;
  void* scratch = nullptr;
};

/// What numbers kernels multiply. Sums, statistics, losses and what the parameter store holds are f32 with either.
enum class Precision {
  kFloat32,
  kBFloat16,  ///< activations, their gradients and what multiplies them; what has no such kernel computes in f32
  kInt8,      ///< inference alone, by a calibration; what has no such kernel computes in f32
};

/// One step of a program: described once when it is bound, run every step. run() allocates nothing.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void attach(const Buffers& buffers) = 0;
  virtual void run() = 0;
};

/// A node while its kernel is chosen: the kernel reads what layouts its inputs have and says which it wants and gives.
/// Where an input has another layout than wanted, the program plans a reorder before the kernel.
class BindContext {
 public:
  virtual ~BindContext() = default;

  virtual const Graph& graph() const = 0;
  virtual const Node& node() const = 0;
  /// The layout input `i` has now; null for a parameter or slot that nobody has claimed yet.
  virtual LayoutPtr input_layout(int i) const = 0;
  /// Wants input `i` in this layout. An unclaimed parameter takes it for good.
  virtual void want_input(int i, LayoutPtr layout) = 0;
  /// The layout in which an unclaimed parameter at input `i` is kept, if not as it is wanted: the store keeps f32.
  virtual void store_input(int i, LayoutPtr layout) = 0;
  /// Gives output `i` in this layout. Every output must be given.
  virtual void give_output(int i, LayoutPtr layout) = 0;
  /// Asks for scratch memory during run().
  virtual void want_scratch(std::size_t bytes) = 0;
  /// The kernel's algorithm is so many times faster than the multiplications and additions that the operator counts.
  virtual void save_arithmetic(double times) = 0;
  /// Whether the program keeps what backward needs.
  virtual bool is_training() const = 0;
  virtual Precision precision() const = 0;
  /// How the program quantizes a value; null if it stays f32, as every value does unless the precision is int8.
  virtual const Quantization* quantization(ValueId) const { return nullptr; }

  bool has_input(int i) const {
    const auto& inputs = node().inputs;
    return i < static_cast<int>(inputs.size()) && inputs[static_cast<std::size_t>(i)] != kNoValue;
  }
  const TensorType& input_type(int i) const {
    return graph().value(node().inputs.at(static_cast<std::size_t>(i))).type;
  }
  const TensorType& output_type(int i) const {
    return graph().value(node().outputs.at(static_cast<std::size_t>(i))).type;
  }
};

using KernelFactory = std::function<std::unique_ptr<Kernel>(BindContext&)>;

/// A device's kernels by operator name.
using KernelTable = std::map<std::string, KernelFactory>;

}  // namespace thaw
