#include "schemas/record.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::uint64_t kHeaderBytes = 8;

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The payload of the frame at `offset`, or nothing if no whole, checksummed frame stands there. A length of zero counts
// as damage: no event is empty, and a file system may leave zeros behind where a killed writer's data never arrived.
std::optional<std::string_view> whole_frame(std::string_view bytes, std::uint64_t offset) {
  if (bytes.size() - offset < kHeaderBytes) return {};
  const std::uint64_t length = little_endian(bytes.substr(offset, 4));
  if (length == 0 || length > bytes.size() - offset - kHeaderBytes) return {};
  const std::string_view payload = bytes.substr(offset + kHeaderBytes, length);
  const auto checksum = crc32_z(0, reinterpret_cast<const Bytef*>(payload.data()), payload.size());
  if (checksum != little_endian(bytes.substr(offset + 4, 4))) return {};
  return payload;
}

[[noreturn]] void fail(const std::string& name, std::uint64_t offset, const std::string& what) {
  throw InputError(name + ": damaged at byte " + std::to_string(offset) + ": " + what);
}

// A length that was damaged looks like a torn frame that takes all the rest; only a whole frame further on tells them
// apart.
void refuse_if_frames_follow(std::string_view bytes, std::uint64_t damaged, const std::string& name) {
  for (std::uint64_t offset = damaged + 1; offset + kHeaderBytes < bytes.size(); ++offset) {
    if (whole_frame(bytes, offset)) {
      fail(name, damaged,
           "the frame's length or checksum is wrong, but whole frames follow at byte " + std::to_string(offset));
    }
  }
}

struct Collector {
  EffectiveRecord record;
  bool has_started = false;
  std::map<int, std::pair<std::int64_t, EpochEnd>> epochs;
  std::map<int, std::pair<std::int64_t, StageBegun>> stages;
  std::int64_t preview_step = 0;
  std::int64_t evaluation_step = 0;
  std::int64_t profile_step = 0;

  void go_on_from(std::int64_t step) {
    std::erase_if(epochs, [step](const auto& entry) { return entry.second.first > step; });
    std::erase_if(stages, [step](const auto& entry) { return entry.second.first > step; });
    if (preview_step > step) record.preview.reset();
    if (evaluation_step > step) record.evaluation.reset();
    if (profile_step > step) record.profile.reset();
    record.finished.reset();
    record.stopped.reset();
    record.diverged.reset();
  }

  void add(const Event& event) {
    record.step = event.step();
    switch (event.kind_case()) {
      case Event::kStarted:
        go_on_from(event.step());
        record.started = event.started();
        has_started = true;
        break;
      case Event::kResumed:
        go_on_from(event.resumed().from_step());
        record.step = event.resumed().from_step();
        if (event.resumed().reason() != "paused") ++record.resumed;
        break;
      case Event::kEpochEnd:
        epochs[event.epoch_end().epoch()] = {event.step(), event.epoch_end()};
        break;
      case Event::kDataPreview:
        record.preview = event.data_preview();
        preview_step = event.step();
        break;
      case Event::kEvaluation:
        record.evaluation = event.evaluation();
        evaluation_step = event.step();
        break;
      case Event::kProfile:
        record.profile = event.profile();
        profile_step = event.step();
        break;
      case Event::kTrunkReady:
        record.trunks.push_back(event.trunk_ready());
        break;
      case Event::kStageBegun:
        stages[event.stage_begun().stage()] = {event.step(), event.stage_begun()};
        break;
      case Event::kStopped:
        record.stopped = event.stopped();
        break;
      case Event::kDiverged:
        record.diverged = event.diverged();
        break;
      case Event::kFinished:
        record.finished = event.finished();
        break;
      case Event::KIND_NOT_SET:  // an event of a later version
        break;
    }
  }
};

}  // namespace

RecordFrames parse_record(std::string_view bytes, const std::string& name) {
  RecordFrames frames;
  while (frames.valid_bytes < bytes.size()) {
    const auto payload = whole_frame(bytes, frames.valid_bytes);
    if (!payload) {
      refuse_if_frames_follow(bytes, frames.valid_bytes, name);
      break;
    }
    if (!frames.events.emplace_back().ParseFromArray(payload->data(), static_cast<int>(payload->size()))) {
      fail(name, frames.valid_bytes, "the frame holds no event");
    }
    frames.valid_bytes += kHeaderBytes + payload->size();
  }
  return frames;
}

RecordFrames read_record(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw InputError(path + ": no such file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(bytes << file.rdbuf())) || file.bad()) {
    throw IoError(path, "cannot read", errno);
  }
  return parse_record(std::move(bytes).str(), path);
}

EffectiveRecord effective_record(const std::vector<Event>& events, const std::string& name) {
  Collector collector;
  for (const Event& event : events) collector.add(event);
  if (!collector.has_started) throw InputError(name + ": the run never started: the record holds no Started event");
  for (auto& [epoch, entry] : collector.epochs) collector.record.epochs.push_back(std::move(entry.second));
  for (auto& [stage, entry] : collector.stages) collector.record.stages.push_back(std::move(entry.second));
  return std::move(collector.record);
}

EffectiveRecord load_run(const std::string& run_folder) {
  const std::string path = (std::filesystem::path(run_folder) / "record.binpb").string();
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw InputError(run_folder + ": not a run folder: it holds no record.binpb");
  return effective_record(read_record(path).events, path);
}

}  // namespace thaw
