#include "tests/train/run_folders.h"

#include <filesystem>

#include "runner/store/durable_file.h"

namespace thaw {
namespace {

/// Nothing is compared that a clock or the memory's state tells.
Event timeless(Event event) {
  event.clear_time_unix_ms();
  if (event.has_started()) {
    Started& started = *event.mutable_started();
    started.clear_started_at();
    started.clear_beside();
    started.clear_prediction();
  }
  if (event.has_epoch_end()) {
    event.mutable_epoch_end()->clear_time();
    event.mutable_epoch_end()->clear_samples_per_second();
    event.mutable_epoch_end()->clear_peak_rss_bytes();
  }
  if (event.has_finished()) {
    event.mutable_finished()->clear_wall_s();
    event.mutable_finished()->clear_peak_rss_bytes();
    event.mutable_finished()->clear_time_to_first_step_s();
  }
  return event;
}

}  // namespace

LeftBehind left_behind(const std::string& folder) {
  LeftBehind left;
  for (const Event& event : read_record(folder + "/record.binpb").events) {
    if (event.has_resumed() || event.has_stopped() || event.has_trunk_ready()) continue;
    left.events.push_back(timeless(event).DebugString());
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = std::filesystem::relative(entry.path(), folder).string();
    const bool has_times = name.starts_with("checkpoints/step-") || name == "record.binpb" || name == "lock";
    if (entry.is_regular_file() && !has_times) left.files[name] = read_file(entry.path().string());
  }
  return left;
}

}  // namespace thaw
