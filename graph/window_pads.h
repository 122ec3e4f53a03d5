#pragma once

#include "graph/shape.h"

namespace thaw {

/// ONNX's auto_pad, where it is not NOTSET.
enum class AutoPad { kValid, kSameUpper, kSameLower };

/// A sliding window: one number a spatial axis. An empty list stands for ones.
struct WindowExtents {
  Shape kernel, strides, dilations;
};

/// Pads (all begins, then all ends) of a convolution or pooling over a picture of `inputs` spatial extents.
/// kSame...: the output has ceil(input / stride) elements; an odd element of padding goes to the end (kSameUpper) or to
/// the beginning (kSameLower). kValid: none.
/// Source: ONNX Conv-11, AveragePool-11, attribute auto_pad.
Shape auto_pads(AutoPad mode, const Shape& inputs, const WindowExtents& window);

/// What a ConvTranspose of a wanted size needs.
struct TransposePads {
  Shape pads;            ///< all begins, then all ends
  Shape output_padding;  ///< one number an axis: what the picture lacks to `outputs` even without pads is added here
};

/// Pads of a ConvTranspose from `inputs` to `outputs` spatial extents (ONNX's output_shape without batch and channels;
/// with auto_pad kSame... and no output_shape, outputs = inputs * strides). An odd element of padding goes to the end
/// for kSameUpper, to the beginning otherwise. An empty `output_padding` stands for zeros. Source: ONNX
/// ConvTranspose-11, attributes auto_pad and output_shape.
TransposePads transpose_pads(AutoPad mode, const Shape& inputs, const Shape& outputs, const WindowExtents& window,
                             const Shape& output_padding = {});

}  // namespace thaw
