#pragma once

#include "ops/device/cpu/onednn.h"
#include "ops/window.h"

namespace thaw::cpu {

/// The node's window; `picture` is any of its tensors of pictures.
Window conv_window(const Node& node, const TensorType& picture);

/// A convolution's kernel for oneDNN to lay out. With groups it has an axis more, [group][filters / group][channels /
/// group][extents]: the same elements in the same order as ONNX's [filters][channels / group][extents].
dnnl::memory::desc any_kernel_desc(const Node& node, const TensorType& kernel, dnnl::memory::data_type type);

/// A convolution that adds to what its output holds: copies input 3 there first, if the program could not place both at
/// once.
std::unique_ptr<Kernel> make_added_to(std::unique_ptr<Kernel> conv, std::size_t bytes);

/// The node in 8-bit integers; null if it is not quantized, or oneDNN has no fast primitive.
std::unique_ptr<Kernel> bind_quantized_conv(BindContext& context);

/// Has the kernel, input 1, kept as the weight gradient of the convolution from `x` to `y` will lie, so that the
/// optimizer walks both side by side. Where f32 is multiplied, as the convolution wants it: often the same.
void store_as_gradient(BindContext& context, const Window& window, const Shape& x, const Shape& y);

/// Inputs: a picture and a kernel. Spreads each pixel over the window that it was computed from: the gradient of a
/// convolution with respect to its input, and a transposed convolution without bias.
dnnl::convolution_backward_data::primitive_desc describe_spread(BindContext& context);
std::unique_ptr<Kernel> bind_spread(BindContext& context,
                                    const dnnl::convolution_backward_data::primitive_desc& description);

/// ConvTranspose and its bias gradient.
void add_conv_transpose_kernels(KernelTable& table);

}  // namespace thaw::cpu
