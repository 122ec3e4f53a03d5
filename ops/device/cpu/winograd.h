#pragma once

#include <dnnl.hpp>

#include "graph/shape.h"
#include "ops/window.h"

/// Winograd's minimal filtering F(4x4, 3x3): 36 multiplications give the 16 pixels of a tile, where sums of products
/// take 144. Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR 2016).
namespace thaw::cpu {

/// How many times faster than sums of products it should be, tiles that overhang and the transforms counted. 0 where it
/// is hardly faster, and for other windows than dense, evenly padded 3x3 ones at every pixel. `kernel` is
/// [filters][channels][3][3]. `sums` is the convolution's output [N][C][H][W], each pixel of which sums products;
/// `tiled` what is cut into tiles: the same, or of an input's gradient that gradient.
double winograd_gain(const Window& window, const Shape& kernel, const Shape& sums, const Shape& tiled);

/// A convolution in f32 or one of its gradients in Winograd's way, if that has a `gain`, takes no more scratch memory
/// than `most_scratch` bytes and oneDNN has it for this machine and these post-ops; as sums of products otherwise.
/// `describe`: algorithm -> primitive descriptor.
template <class Describe>
auto describe_faster(double gain, std::size_t most_scratch, const Describe& describe) {
  if (gain > 0) {
    try {
      auto description = describe(dnnl::algorithm::convolution_winograd);
      if (description.scratchpad_desc().get_size() <= most_scratch) return description;
    } catch (const dnnl::error& error) {
      if (error.status != dnnl_unimplemented) throw;
    }
  }
  return describe(dnnl::algorithm::convolution_direct);
}

}  // namespace thaw::cpu
