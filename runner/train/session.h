#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ops/program.h"
#include "runner/data/sample.h"
#include "runner/store/safetensors.h"
#include "runner/train/batch_result.h"
#include "runner/train/build.h"
#include "runner/train/frozen_trunk.h"
#include "runner/train/transfer_facts.h"
#include "runner/train/trunk_program.h"
#include "runner/train/weights/pretrained.h"

namespace thaw {

/// What a training step reports beside its results.
struct StepOutcome {
  double loss = 0;
  double gradient_norm = 0;  ///< NaN: loss or a gradient was not finite and nothing was updated
};

/// What the experiment multiplies in, and its frozen trunk.
Precision precision_of(const Experiment& config);
Precision trunk_precision_of(const Experiment& config);

struct SessionOptions {
  TrainingStage stage = {};
  /// Shared with sessions that never run at the same time; all of them are made before the first one runs. Null: its
  /// own.
  std::shared_ptr<Arena> arena = nullptr;
  /// Another session's, for one that would be the same: in structure, and in names and values of weights. Null: its
  /// own.
  std::shared_ptr<FrozenTrunk> trunk = nullptr;
};

/// An experiment's model on a device: weights, the training and the evaluation program, and the frozen trunk before
/// them.
class Session {
 public:
  /// Builds and binds both programs over one arena. Throws InputError if a layer does not fit.
  Session(const Experiment& config, Findings& findings, std::shared_ptr<Device> device, const ModelFiles& files = {},
          const SessionOptions& options = {});

  /// These parameters start from these values: call before initialize().
  void use_weights(const ParameterValues& values);
  /// Initial weights: those of files, all others from the experiment's seed.
  void initialize(std::uint64_t seed);
  /// Builds it anew for another stage. All weights, and the slots of those that stay trained, keep their values to the
  /// bit; slots of weights that were frozen begin at 0.
  void begin_stage(const Experiment& config, const ModelFiles& files, const SessionOptions& options);
  /// Lets go of the weights that were read from files: they are in use, or a checkpoint took their place.
  void release_file_weights();

  /// What a sample of each class counts in the losses of train_step(); empty: all the same.
  void set_class_weights(std::vector<double> weights) { class_weights_ = std::move(weights); }

  /// One update. `step` counts from 1.
  StepOutcome train_step(const Batch& batch, double learning_rate, std::int64_t step, int max_objects);
  /// Runs the step's graph again, without its update: the first value that is not finite.
  /// Call after a train_step() whose norm was NaN, with the same batch.
  std::optional<ValueId> find_non_finite(const Batch& batch, int max_objects);
  void evaluate(const Batch& batch, int max_objects);

  bool has_trunk() const { return !training_.cut.empty(); }
  /// Whether another stage trains what is the trunk now: best weights of that stage make other features.
  bool is_trunk_ever_changed() const;
  /// The trunk with the weights as they are now, bound. Call after initialize() or restore().
  std::unique_ptr<TrunkProgram> make_trunk() const;
  /// Batches of pictures go through this trunk first; without one, through one that is made where it is needed. INT8
  /// needs this one: it knows what to be calibrated on.
  void use_trunk(std::unique_ptr<TrunkProgram> trunk) { trunk_program_ = std::move(trunk); }

  /// Results of the last train_step() or evaluate().
  const BatchResult& result() const { return result_; }

  /// Weights with running statistics and, with `with_slots`, the optimizer's slots: row-major copies, sorted by name.
  std::vector<NamedTensor> tensors(bool with_slots) const;
  /// The same without frozen() ones: what a checkpoint holds.
  std::vector<NamedTensor> changing_tensors(bool with_slots) const;
  /// Reads the same tensors anew, into the memory they have.
  void read_again(std::vector<NamedTensor>& tensors) const;
  std::vector<NamedTensor> frozen_tensors() const;
  /// Of the tensors that change, with slots.
  std::int64_t changing_bytes() const;
  /// Overwrites those from `tensors`. Throws InputError naming `source` if one is missing or of another shape.
  void restore(const std::vector<NamedTensor>& tensors, bool with_slots, const std::string& source);
  void restore_changing(const std::vector<NamedTensor>& tensors, bool with_slots, const std::string& source);
  /// Names of the weights and statistics that no step of any stage changes.
  const std::set<std::string>& frozen() const { return frozen_; }
  /// What tensors_sha256 says of tensors(false), and of frozen_tensors(). A trunk's weights are hashed once for all
  /// sessions that share them, until one of them takes a step.
  std::string weights_sha256() const;
  FrozenTensors frozen_sha256() const;
  /// For another session's options. Null: there is no trunk.
  const std::shared_ptr<FrozenTrunk>& trunk() const { return trunk_; }

  const BuiltGraph& training() const { return training_; }
  const BuiltGraph& evaluation() const { return evaluation_; }
  Program& training_program() { return *training_program_; }
  const Program& training_program() const { return *training_program_; }
  const Program& evaluation_program() const { return *evaluation_program_; }
  /// What release_file_weights() would give back.
  std::int64_t file_weight_bytes() const;
  std::size_t parameter_bytes() const;

 private:
  using Choice = std::function<bool(const std::string& name, bool is_slot)>;
  Choice all(bool with_slots) const;
  Choice changing(bool with_slots) const;
  bool has(const std::string& name) const;
  /// Where it is: what only the trunk has lies there.
  const ParameterStore& store_of(const std::string& name) const;
  const ParameterStore::Entry& entry(const std::string& name) const;
  /// Of all tensors, sorted.
  std::vector<std::string> names() const;
  NamedTensor read(const std::string& name) const;
  void write(const std::string& name, const std::vector<float>& values);
  std::string digest(const std::string& name) const;
  std::vector<NamedTensor> read(const Choice& wants) const;
  void write(const Choice& wants, const std::vector<NamedTensor>& tensors, const std::string& source);
  /// The batch's rows as the graph takes them: pictures or features.
  void feed_rows(Program& program, const BuiltGraph& built, const Batch& batch);
  /// The batch's rows; those that only fill it up repeat the others where the batch's statistics are looked at, so
  /// that these are of real samples.
  const float* rows_of(const Batch& batch, const BuiltGraph& built);
  void feed(Program& program, const BuiltGraph& built, const Batch& batch, int max_objects);
  void fetch(const Program& program, const BuiltGraph& built);

  std::shared_ptr<Device> device_;
  BuiltGraph training_, evaluation_;
  std::shared_ptr<ParameterStore> store_;
  std::unique_ptr<Program> training_program_, evaluation_program_;
  BatchResult result_;
  std::vector<float> filled_rows_, feature_rows_, feature_;
  std::set<std::string> frozen_;
  std::shared_ptr<FrozenTrunk> trunk_;  ///< some of its weights may also be those of what is behind it, in store_
  bool is_trunk_shared_ = false;        ///< another session's, with its weights
  std::unique_ptr<TrunkProgram> trunk_program_;
  Precision trunk_precision_;
  std::vector<double> class_weights_;
};

}  // namespace thaw
