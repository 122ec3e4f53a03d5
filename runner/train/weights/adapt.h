#pragma once

#include "runner/store/safetensors.h"
#include "zoo/compose.h"

namespace thaw {

/// A convolution's kernel (filters x channels x height x width) for another number of input channels: each new channel
/// is the mean over the old ones, times old / new, so that what a filter answers to a grey picture (all channels equal)
/// stays the same. With three channels for one this is the sum that the kernel would compute on grey pictures; with one
/// for three each colour counts a third.
std::vector<float> with_channels(const NamedTensor& kernel, std::int64_t channels);

}  // namespace thaw
