#include "schemas/sweep_journal.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "schemas/diagnostic.h"
#include "schemas/frames.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

double value_in(const google::protobuf::RepeatedPtrField<MetricValue>& values, const std::string& metric) {
  for (const MetricValue& value : values) {
    if (value.name() == metric) return value.value();
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::vector<std::string> journal_paths(const std::string& sweep_folder) {
  const fs::path folder = fs::path(sweep_folder) / "journal";
  std::error_code error;
  std::vector<std::string> paths;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (entry->path().extension() == ".binpb") paths.push_back(entry->path().string());
  }
  if (error == std::errc::no_such_file_or_directory) {
    throw InputError(sweep_folder + ": not a sweep's folder: it holds no journal");
  }
  if (error) throw IoError(folder.string(), "list", error.value());
  std::sort(paths.begin(), paths.end());
  return paths;
}

void read_leading_events(const std::string& bytes, Journal& journal) {
  const Frames frames = leading_frames(bytes);
  for (std::size_t i = 0; i < frames.payloads.size(); ++i) {
    SweepEvent event;
    if (!event.ParseFromArray(frames.payloads[i].data(), static_cast<int>(frames.payloads[i].size()))) {
      journal.damage = journal.path + ": damaged at byte " + std::to_string(frames.offsets[i]) +
                       ": the frame holds no event of a sweep";
      return;
    }
    journal.events.push_back(std::move(event));
  }
  try {
    split_frames(bytes, journal.path);
  } catch (const InputError& error) {
    journal.damage = error.what();
  }
}

}  // namespace

std::vector<SweepEvent> parse_journal(std::string_view bytes, const std::string& name) {
  const Frames frames = split_frames(bytes, name);
  std::vector<SweepEvent> events(frames.payloads.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string_view payload = frames.payloads[i];
    if (!events[i].ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
      fail_frame(name, frames.offsets[i], "the frame holds no event of a sweep");
    }
  }
  return events;
}

std::vector<SweepEvent> read_journals(const std::string& sweep_folder) {
  std::vector<Journal> journals;
  for (const std::string& path : journal_paths(sweep_folder)) {
    journals.push_back({path, parse_journal(read_framed_file(path), path), {}});
  }
  return merged_events(std::move(journals));
}

std::vector<SweepEvent> merged_events(std::vector<Journal> journals) {
  std::vector<SweepEvent> merged;
  for (Journal& journal : journals) {
    std::move(journal.events.begin(), journal.events.end(), std::back_inserter(merged));
  }
  std::stable_sort(merged.begin(), merged.end(),
                   [](const SweepEvent& a, const SweepEvent& b) { return a.time_unix_ms() < b.time_unix_ms(); });
  return merged;
}

bool is_sweep_folder(const std::string& folder) {
  std::error_code error;
  return fs::is_directory(fs::path(folder) / "journal", error);
}

std::vector<Journal> open_journals(const std::string& sweep_folder) {
  std::vector<Journal> journals;
  for (const std::string& path : journal_paths(sweep_folder)) {
    Journal& journal = journals.emplace_back(Journal{path, {}, {}});
    try {
      read_leading_events(read_framed_file(path), journal);
    } catch (const std::exception& error) {
      journal.damage = error.what();
    }
  }
  return journals;
}

double compared_value(const EffectiveRecord& record, const std::string& metric, int epochs) {
  const EpochEnd* best = nullptr;
  for (const EpochEnd& epoch : record.epochs) {
    if (epochs > 0 && epoch.epoch() > epochs) break;
    if (epoch.is_best()) best = &epoch;
  }
  if (best == nullptr) return std::numeric_limits<double>::quiet_NaN();
  return value_in(best->validation_size() > 0 ? best->validation() : best->train(), metric);
}

}  // namespace thaw
