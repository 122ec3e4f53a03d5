#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/program.h"
#include "runner/data/sample.h"
#include "runner/store/safetensors.h"
#include "runner/train/batch_result.h"
#include "runner/train/build.h"

namespace thaw {

/// What a training step reports beside its results.
struct StepOutcome {
  double loss = 0;
  double gradient_norm = 0;  ///< NaN: loss or a gradient was not finite and nothing was updated
};

/// What the experiment multiplies in.
Precision precision_of(const Experiment& config);

/// An experiment's model on a device: weights, the training and the evaluation program.
class Session {
 public:
  /// Builds and binds both programs over one arena. Throws InputError if a layer does not fit.
  Session(const Experiment& config, Findings& findings, std::shared_ptr<Device> device, const ModelFiles& files = {});

  /// Initial weights: those of files, all others from the experiment's seed.
  void initialize(std::uint64_t seed);
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

  /// Results of the last train_step() or evaluate().
  const BatchResult& result() const { return result_; }

  /// Weights and, with `with_slots`, the optimizer's: row-major copies, sorted by name.
  std::vector<NamedTensor> tensors(bool with_slots) const;
  /// Overwrites what `tensors` names. Throws InputError naming `source` if one is missing or of another shape.
  void restore(const std::vector<NamedTensor>& tensors, bool with_slots, const std::string& source);

  const BuiltGraph& training() const { return training_; }
  const BuiltGraph& evaluation() const { return evaluation_; }
  Program& training_program() { return *training_program_; }
  const Program& training_program() const { return *training_program_; }
  const Program& evaluation_program() const { return *evaluation_program_; }
  /// What release_file_weights() would give back.
  std::int64_t file_weight_bytes() const;
  std::size_t parameter_bytes() const { return store_->bytes(); }

 private:
  /// The batch's pictures; rows that only fill it up repeat the others where the batch's statistics are looked at, so
  /// that these are of real samples.
  const float* images_of(const Batch& batch, const BuiltGraph& built);
  void feed(Program& program, const BuiltGraph& built, const Batch& batch, int max_objects);
  void fetch(const Program& program, const BuiltGraph& built);

  std::shared_ptr<Device> device_;
  BuiltGraph training_, evaluation_;
  std::shared_ptr<ParameterStore> store_;
  std::unique_ptr<Program> training_program_, evaluation_program_;
  BatchResult result_;
  std::vector<double> class_weights_;
  std::vector<float> filled_images_;
};

/// SHA-256 over names, shapes and values, in order.
std::string tensors_sha256(const std::vector<NamedTensor>& tensors);

}  // namespace thaw
