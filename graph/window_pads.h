#pragma once

#include <string>

#include "graph/shape.h"

namespace thaw {

/// Pads (all begins, then all ends) of a sliding window that ONNX's auto_pad asks for: SAME_UPPER and SAME_LOWER make
/// the output ceil(input / stride) and put the odd pad last or first; VALID and NOTSET pad nothing. All lists have one
/// entry a spatial axis. Throws std::invalid_argument for another word.
Shape auto_pads(const std::string& auto_pad, const Shape& inputs, const Shape& kernel, const Shape& strides,
                const Shape& dilations);

/// Pads of a transposed window that gives `outputs`: ONNX's ConvTranspose with output_shape. The odd pad comes first
/// unless `auto_pad` is SAME_UPPER, as ONNX writes it.
Shape transposed_pads(const std::string& auto_pad, const Shape& inputs, const Shape& outputs, const Shape& kernel,
                      const Shape& strides, const Shape& dilations, const Shape& output_padding);

}  // namespace thaw
