#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "zoo/parameters.h"

// The nodes of single layers, for the layers of an experiment and the inner layers of the zoo's networks alike.
namespace thaw {

/// A function of each value by itself, or softmax over a row.
struct Function {
  std::string op;    ///< ONNX's name; empty: x itself
  std::string name;  ///< Keras's, for people
  Attributes attributes = {};
};
namespace functions_of {
inline const Function kLinear{"", "linear"};
inline const Function kRelu{"Relu", "relu"};
inline const Function kRelu6{"Clip", "relu6", {{"min", 0.0}, {"max", 6.0}}};
inline const Function kSilu{"Swish", "silu"};
inline const Function kSigmoid{"Sigmoid", "sigmoid"};
inline const Function kTanh{"Tanh", "tanh"};
inline const Function kSoftmax{"Softmax", "softmax"};
}  // namespace functions_of
const Function& function_of(Activation activation);
ValueId add_function(const ComposeContext& context, const Function& function, ValueId input);

/// Height and width.
using Pair = std::array<std::int64_t, 2>;
/// Top, left, bottom, right.
using Sides = std::array<std::int64_t, 4>;

/// How a window goes over a picture.
struct Sliding {
  Pair size;
  Pair strides{1, 1};
  Padding padding = VALID;         ///< SAME puts an odd row or column last, as Keras and TensorFlow do
  std::optional<Sides> pads = {};  ///< instead
  bool rounds_up = false;          ///< a window that hangs over the end counts: PyTorch's ceil_mode
};
/// "3x3, strides 2x2, same": strides only where they are not `usual`.
std::string to_text(const Sliding& sliding, const Pair& usual);
std::string times(const Pair& pair);

/// How a kernel starts. `fans`, where a network has its own rule, makes of the layer's fans those that give the
/// deviation it wants.
struct KernelStart {
  Initializer initializer = GLOROT_UNIFORM;
  Fans (*fans)(Fans) = nullptr;
  bool bias_too = false;  ///< the bias starts like the kernel, as in PyTorch's Linear, not at zero
};

/// Called "kernel" and "bias"; a depthwise one's "depthwise_kernel".
struct Convolution {
  std::int64_t filters = 0;  ///< of a depthwise one: for each channel
  Sliding sliding;
  bool is_depthwise = false;
  bool use_bias = true;
  KernelStart start = {};
};
ValueId add_convolution(ParameterFactory& parameters, const Convolution& convolution, ValueId input);

struct DenseUnits {
  std::int64_t units = 0;
  bool use_bias = true;
  KernelStart start = {};
};
ValueId add_dense(ParameterFactory& parameters, const DenseUnits& dense, ValueId input);

/// `op`: MaxPool or AveragePool.
ValueId add_pooling(const ComposeContext& context, const std::string& op, const Sliding& sliding, ValueId input);

ValueId add_zero_padding(const ComposeContext& context, const Sides& pads, ValueId input);

}  // namespace thaw
