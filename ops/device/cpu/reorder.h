#pragma once

#include "ops/device/cpu/onednn.h"

namespace thaw::cpu {

/// Moves a tensor from one layout to another, numbers and what they count included: f32 to 8-bit integers rounds to the
/// nearest and cuts what lies beyond.
///
/// The extents may differ in rank if one of the two is row-major, which then is read with the other's: a dense kernel
/// that reads pictures is 4-D on the device and 2-D outside, a grouped convolution's kernel has one axis more, for the
/// groups. The elements' order is the same.
std::unique_ptr<Kernel> make_reorder_kernel(const LayoutPtr& from, const LayoutPtr& to);

}  // namespace thaw::cpu
