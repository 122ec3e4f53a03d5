#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/run_record.pb.h"

namespace thaw {

/// The frames of a record file, in the order they were written.
struct RecordFrames {
  std::vector<Event> events;
  std::uint64_t valid_bytes = 0;  ///< where the last whole frame ends; what follows is a torn tail
};

/// Splits `bytes` into events; `name` stands for the file in messages. A damaged frame after which no whole frame
/// follows is the torn tail of a killed writer and is left out.
/// Throws InputError naming the file and the offset where a damaged frame stands before a whole one, or where a
/// whole frame holds no event.
RecordFrames parse_record(std::string_view bytes, const std::string& name);

/// parse_record of the file at `path`. Throws InputError if it does not exist, IoError if it cannot be read.
RecordFrames read_record(const std::string& path);

/// When an event was written.
struct Moment {
  std::int64_t step = 0;     ///< steps finished
  std::int64_t unix_ms = 0;  ///< wall clock; 0: not known
};

/// What a record amounts to once everything that died with a killed or stopped process is left out.
struct EffectiveRecord {
  Started started;
  std::vector<EpochEnd> epochs;    ///< ascending, each epoch once
  std::vector<Moment> epoch_ends;  ///< beside `epochs`
  std::vector<StageBegun> stages;  ///< ascending, each stage once
  std::vector<TrunkReady> trunks;  ///< of every process: what it computed or found
  std::optional<DataPreview> preview;
  std::optional<Evaluation> evaluation;
  std::optional<Profile> profile;  ///< the last one
  std::optional<Finished> finished;
  std::optional<Stopped> stopped;    ///< only if nothing went on from there
  std::optional<Diverged> diverged;  ///< only if nothing went on from there
  std::int64_t step = 0;             ///< steps finished when the last effective event was written
  std::int64_t begun_unix_ms = 0;    ///< when its first process began it; 0: not known
  std::int64_t last_unix_ms = 0;     ///< when the last event was written
  int resumed = 0;                   ///< how often the run was taken up again, pauses that its sweep asked for left out
};

/// Drops what a Resumed event (or a second Started) threw away: everything of later steps, and every ending.
/// Throws InputError, naming `name`, if there is no Started event.
EffectiveRecord effective_record(const std::vector<Event>& events, const std::string& name);

/// The effective record of the run in `run_folder`.
/// Throws InputError if the folder holds no record, and what read_record throws.
EffectiveRecord load_run(const std::string& run_folder);

}  // namespace thaw
