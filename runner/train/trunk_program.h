#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/passes/split_trunk.h"
#include "ops/program.h"
#include "runner/data/sample.h"
#include "runner/store/sha256.h"

namespace thaw {

/// The frozen part of a network as an inference program: it makes a row of features of each picture.
class TrunkProgram {
 public:
  /// Reads the frozen weights from `weights`, row-major copies by name. INT8 needs calibrate_on() before run(): until
  /// it first runs it is bound in f32.
  TrunkProgram(TrunkGraph graph, std::shared_ptr<Device> device, const ParameterStore& weights, Precision precision);
  ~TrunkProgram();

  /// Pictures that it takes at a time.
  int batch() const { return batch_; }
  /// Values of a picture, and of the row that comes out: the crossing tensors of one sample, one after the other.
  std::int64_t picture_values() const { return picture_values_; }
  std::int64_t row_values() const { return row_values_; }

  /// For INT8: its steps are found on the first samples of `source`, as they are drawn for epoch 0, when it first runs:
  /// where all features are kept already it never does.
  void calibrate_on(std::shared_ptr<const SampleSource> source);
  /// `count` pictures to `count` rows.
  void run(const float* pictures, std::int64_t count, float* rows);

  const Program& program() const { return *program_; }
  const ProgramStats& stats() const { return program_->stats(); }
  /// Kernels that run for each batch: folding the weights is done once.
  int kernels() const;
  std::size_t weight_bytes() const { return store_->bytes(); }
  /// SHA-256 of all that its features depend on beside the pictures: structure, weights, precision, kernels, and for
  /// INT8 what it was calibrated on. Names do not count.
  std::string fingerprint() const;

 private:
  void calibrate();
  void run_batch(const float* pictures, float* rows);
  void bind(Precision precision, std::shared_ptr<const Calibration> calibration);

  TrunkGraph trunk_;
  std::shared_ptr<Device> device_;
  std::shared_ptr<ParameterStore> store_;
  std::unique_ptr<Program> program_;
  Precision precision_;
  std::shared_ptr<const SampleSource> calibration_source_;  ///< until it was calibrated
  std::string calibrated_on_;
  int batch_ = 1;
  std::int64_t picture_values_ = 0, row_values_ = 0;
  std::vector<float> output_, last_pictures_, last_rows_;
};

/// Batches of pictures as batches of what a trunk made of them.
class TrunkBatches {
 public:
  /// Null: batches stay what they are.
  explicit TrunkBatches(TrunkProgram* trunk) : trunk_(trunk) {}
  /// `batch` itself where it has features already; else valid until the next call.
  const Batch& of(const Batch& batch);

 private:
  TrunkProgram* trunk_;
  Batch features_;
};

/// Adds what a trunk computes: nodes, types and, by `add_values`, the parameters that it is called with, each once.
/// What values are called does not count.
void add_trunk(Sha256& hash, const TrunkGraph& trunk, const std::function<void(const std::string& name)>& add_values);

/// Values of one sample that cross the cut.
std::int64_t row_values_of(const Graph& graph, std::span<const ValueId> features);

}  // namespace thaw
