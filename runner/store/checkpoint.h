#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/store/metadata.h"
#include "runner/store/safetensors.h"

// Checkpoints are safetensors files; their metadata holds the step, what the trainer put there and a SHA-256 over all
// of it. checkpoints/step-000000938.safetensors is the state after 938 steps; best.safetensors holds the best weights.
namespace thaw {

/// What a checkpoint is written from.
struct CheckpointView {
  std::int64_t step = 0;
  Metadata metadata;  ///< keys "step" and "content_sha256" are the checkpoint's own
  std::vector<TensorView> tensors;
};

/// What a checkpoint gives back: bit by bit what was written.
struct Checkpoint {
  std::string path;
  std::int64_t step = 0;
  Metadata metadata;
  std::vector<NamedTensor> tensors;  ///< sorted by name

  /// Throws InputError if there is none of that name.
  const NamedTensor& tensor(const std::string& name) const;
};

/// "step-000000938.safetensors"
std::string checkpoint_name(std::int64_t step);

/// Writes one checkpoint durably. Throws IoError.
void write_checkpoint(const std::string& path, const CheckpointView& checkpoint);

/// Reads it back and verifies its content. Throws InputError (damaged), IoError (unreadable).
Checkpoint read_checkpoint(const std::string& path);

/// Writes the step's checkpoint into `folder`; once it is durable removes all but it and the one before it.
/// Also goes: any of a later step, which can only be damaged or of a future that was given up.
void save_checkpoint(const std::string& folder, const CheckpointView& checkpoint);

/// The newest valid checkpoint of a folder, and what was wrong with newer ones.
struct LatestCheckpoint {
  std::optional<Checkpoint> checkpoint;
  std::vector<std::string> warnings;  ///< "PATH: CAUSE; going back to the checkpoint before it"
};

/// Throws IoError where a file cannot be read at all (that is no damage: trying again may help).
LatestCheckpoint find_latest(const std::string& folder);

}  // namespace thaw
