#pragma once

#include <dnnl.hpp>

#include "graph/shape.h"
#include "ops/window.h"

/// Winograd's minimal filtering F(4x4, 3x3): 36 multiplications give the 16 pixels of a tile, where sums of products
/// take 144. Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR 2016).
namespace thaw::cpu {

/// How many times faster than sums of products it should be, tiles that overhang and the transforms counted. 0 where it
/// is hardly faster, and for other windows than dense, evenly padded 3x3 ones at every pixel. `kernel` is
/// [filters][channels][3][3], `written` the picture [N][C][H][W] that is cut into tiles: the output, or of an input's
/// gradient that gradient.
double winograd_gain(const Window& window, const Shape& kernel, const Shape& written);

/// A convolution in f32 or one of its gradients in Winograd's way, if that has a `gain` and oneDNN has it for this
/// machine and these post-ops, as sums of products otherwise. `describe`: algorithm -> primitive descriptor.
template <class Describe>
auto describe_faster(double gain, const Describe& describe) {
  if (gain > 0) {
    try {
      return describe(dnnl::algorithm::convolution_winograd);
    } catch (const dnnl::error& error) {
      if (error.status != dnnl_unimplemented) throw;
    }
  }
  return describe(dnnl::algorithm::convolution_direct);
}

}  // namespace thaw::cpu
