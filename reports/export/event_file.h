#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/tensorboard.pb.h"

namespace thaw::reports {

/// CRC-32C (Castagnoli), masked as TFRecord files have it: rotated by 15 bits, with a constant added, so that a
/// checksum of bytes that hold checksums stays a good one.
std::uint32_t masked_crc32c(std::string_view bytes);

/// The bytes of one TensorBoard event file. Each event is a TFRecord:
///   u64 length | u32 masked CRC-32C of the length | payload | u32 masked CRC-32C of the payload     (little-endian)
class EventFile {
 public:
  /// `wall_time`: seconds since 1970, of the first event, which names the format.
  explicit EventFile(double wall_time);

  void add(const tensorboard::LogEvent& event);
  void add_scalar(const std::string& tag, double value, std::int64_t step, double wall_time);
  /// What TensorBoard's table of hyperparameters is made from: no value, but metadata for its plugin.
  void add_hparams(const std::string& tag, const tensorboard::HParamsPluginData& data, double wall_time);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace thaw::reports
