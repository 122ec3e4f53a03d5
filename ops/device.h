#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "ops/kernel.h"
#include "ops/machine_peaks.h"

namespace thaw {

/// Memory of a device; freed with the object. Zeroed, aligned to kArenaAlignment.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  virtual void* data() = 0;
  virtual std::size_t bytes() const = 0;
};

/// How a device multiplies in a precision.
enum class Support {
  kNone,
  kEmulated,  ///< right, but slower than in f32
  kNative,
};

/// What a program runs on. The CPU today; CUDA implements the same.
class Device {
 public:
  virtual ~Device() = default;

  virtual std::string name() const = 0;            ///< "cpu"
  virtual std::string kernel_library() const = 0;  ///< "oneDNN 2.6.3"
  virtual std::string isa() const = 0;             ///< "avx512_core_bf16"
  virtual int threads() const = 0;
  virtual Support support_of(Precision precision) const = 0;
  virtual const KernelTable& kernels() const = 0;
  virtual std::unique_ptr<DeviceMemory> allocate(std::size_t bytes) = 0;

  /// Row-major, as the host sees tensors.
  virtual LayoutPtr plain_layout(const TensorType& type) const = 0;
  virtual std::unique_ptr<Kernel> make_reorder(const TensorType& type, const LayoutPtr& from, const LayoutPtr& to) = 0;
  /// Copies between host memory in plain layout and device memory in `layout`; padding is zeroed.
  virtual void copy_in(const TensorType& type, const void* host, void* device, const LayoutPtr& layout) = 0;
  virtual void copy_out(const TensorType& type, const void* device, const LayoutPtr& layout, void* host) = 0;
  /// The floats of a tensor as they lie, padding (zeros) included; nothing where they are others or not in the host's
  /// memory.
  virtual std::optional<std::span<const float>> view(const void* device, const LayoutPtr& layout) const = 0;
  /// What its threads reach at best. Takes about a tenth of a second; nothing else should be running.
  virtual MachinePeaks measure_peaks() = 0;
  /// Waits until everything that was started is done.
  virtual void synchronize() = 0;
};

/// The CPU with so many threads (0: all cores this process may use). Throws InternalError if oneDNN cannot be used.
std::shared_ptr<Device> make_cpu_device(int threads);

}  // namespace thaw
