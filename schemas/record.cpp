#include "schemas/record.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "schemas/diagnostic.h"
#include "schemas/frames.h"

namespace thaw {
namespace {

struct Collector {
  EffectiveRecord record;
  bool has_started = false;
  std::map<int, std::pair<Moment, EpochEnd>> epochs;
  std::map<int, std::pair<std::int64_t, StageBegun>> stages;
  std::int64_t preview_step = 0;
  std::int64_t evaluation_step = 0;
  std::int64_t profile_step = 0;

  void go_on_from(std::int64_t step) {
    std::erase_if(epochs, [step](const auto& entry) { return entry.second.first.step > step; });
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
    record.last_unix_ms = event.time_unix_ms();
    switch (event.kind_case()) {
      case Event::kStarted:
        go_on_from(event.step());
        if (!has_started) record.begun_unix_ms = event.time_unix_ms();
        record.started = event.started();
        has_started = true;
        break;
      case Event::kResumed:
        go_on_from(event.resumed().from_step());
        record.step = event.resumed().from_step();
        if (event.resumed().reason() != "paused") ++record.resumed;
        break;
      case Event::kEpochEnd:
        epochs[event.epoch_end().epoch()] = {{event.step(), event.time_unix_ms()}, event.epoch_end()};
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
  const Frames frames = split_frames(bytes, name);
  RecordFrames record;
  record.valid_bytes = frames.valid_bytes;
  for (std::size_t i = 0; i < frames.payloads.size(); ++i) {
    const std::string_view payload = frames.payloads[i];
    if (!record.events.emplace_back().ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
      fail_frame(name, frames.offsets[i], "the frame holds no event");
    }
  }
  return record;
}

RecordFrames read_record(const std::string& path) { return parse_record(read_framed_file(path), path); }

EffectiveRecord effective_record(const std::vector<Event>& events, const std::string& name) {
  Collector collector;
  for (const Event& event : events) collector.add(event);
  if (!collector.has_started) throw InputError(name + ": the run never started: the record holds no Started event");
  for (auto& [epoch, entry] : collector.epochs) {
    collector.record.epoch_ends.push_back(entry.first);
    collector.record.epochs.push_back(std::move(entry.second));
  }
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
