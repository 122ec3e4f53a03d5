#include "reports/export/event_file.h"

#include <boost/crc.hpp>

namespace thaw::reports {
namespace {

template <typename Number>
void append_little_endian(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>(number >> 8 * i & 255);
}

tensorboard::LogEvent event_at(double wall_time, std::int64_t step) {
  tensorboard::LogEvent event;
  event.set_wall_time(wall_time);
  event.set_step(step);
  return event;
}

}  // namespace

std::uint32_t masked_crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
  sum.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t checksum = sum.checksum();
  return (checksum >> 15 | checksum << 17) + 0xa282ead8;
}

EventFile::EventFile(double wall_time) {
  tensorboard::LogEvent version = event_at(wall_time, 0);
  version.set_file_version("brain.Event:2");
  add(version);
}

void EventFile::add(const tensorboard::LogEvent& event) {
  const std::string payload = event.SerializeAsString();
  std::string length;
  append_little_endian(length, static_cast<std::uint64_t>(payload.size()));
  bytes_ += length;
  append_little_endian(bytes_, masked_crc32c(length));
  bytes_ += payload;
  append_little_endian(bytes_, masked_crc32c(payload));
}

void EventFile::add_scalar(const std::string& tag, double value, std::int64_t step, double wall_time) {
  tensorboard::LogEvent event = event_at(wall_time, step);
  tensorboard::SummaryValue* entry = event.mutable_summary()->add_value();
  entry->set_tag(tag);
  entry->set_simple_value(static_cast<float>(value));
  add(event);
}

void EventFile::add_hparams(const std::string& tag, const tensorboard::HParamsPluginData& data, double wall_time) {
  tensorboard::LogEvent event = event_at(wall_time, 0);
  tensorboard::SummaryValue* entry = event.mutable_summary()->add_value();
  entry->set_tag(tag);
  tensorboard::PluginData* plugin = entry->mutable_metadata()->mutable_plugin_data();
  plugin->set_plugin_name("hparams");
  plugin->set_content(data.SerializeAsString());
  // Its loader keeps no value without a tensor: an empty one of 32-bit floats.
  entry->mutable_tensor()->set_dtype(1);
  entry->mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(0);
  add(event);
}

}  // namespace thaw::reports
