#pragma once

#include "ops/device.h"

namespace thaw {

/// How a device of LayoutDevice wants to be fed.
enum class PictureLayout {
  kBlocked,       ///< 16 channels side by side, the last block padded
  kChannelsLast,  ///< all channels side by side
};

/// The CPU, except that graph inputs of three to five axes arrive in another layout than row-major, as if a convolution
/// had computed them. So each kernel is tried in the layouts it meets inside networks.
std::shared_ptr<Device> make_cpu_device_with(PictureLayout layout, int threads);

}  // namespace thaw
