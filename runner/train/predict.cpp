#include "runner/train/predict.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "runner/train/features.h"
#include "runner/train/process_facts.h"
#include "runner/train/session.h"
#include "runner/train/training_feed.h"

namespace thaw {
namespace {

// What a process takes up on its way that no plan shows: code of libraries that is first run while training (PNG,
// hashing, protobuf), stacks and heaps of the loader's threads. Measured.
constexpr std::int64_t kLaterBytes = std::int64_t{17} << 20;

// Within a run kernels take a little longer than at their best: other threads use the caches too. Measured.
constexpr double kCrowd = 1.07;

std::int64_t picture_values(const SampleSource& source) {
  return static_cast<std::int64_t>(source.channels()) * source.height() * source.width();
}

/// A set of samples as a run reads it.
struct Rows {
  const SampleSource& source;
  bool are_features;  ///< kept ones, instead of pictures
  Loader::Options options;
  std::int64_t values;         ///< of a row
  std::int64_t feature_bytes;  ///< of all that are kept

  std::int64_t bytes(std::int64_t batch) const {
    return batch * (Loader::row_bytes(source) + (values - picture_values(source)) * 4);
  }
  std::int64_t batches_held() const { return Loader::batches_held(source, options); }
  bool are_drawn_once() const { return Loader::keeps(source, options); }
};

Rows rows_of(const Foreseen& run, const SampleSource& source, bool is_validation) {
  const bool are_kept = run.trunk && are_features_kept(run.prepared.loaded.config, source, is_validation);
  const Experiment& config = run.prepared.loaded.config;
  Loader::Options options = is_validation ? validation_options(config) : train_options(config);
  if (!are_kept) return {source, false, options, picture_values(source), 0};
  const std::int64_t variants = is_validation ? 1 : source.variants();
  options.keep_bytes = 0;  // the file of features is kept
  return {source, true, options, run.trunk->row_values(), source.size() * variants * run.trunk->row_values() * 4};
}

/// The sets that a run reads, training's first.
std::vector<Rows> all_rows(const Foreseen& run) {
  std::vector<Rows> all{rows_of(run, *run.prepared.train, false)};
  if (run.prepared.validation) all.push_back(rows_of(run, *run.prepared.validation, true));
  return all;
}

struct LogicalBytes {
  std::int64_t weights = 0;
  std::int64_t all = 0;  ///< with the optimizer's slots
};

/// Of the row-major copies that checkpoints are written from.
LogicalBytes logical_bytes(const Session& session) {
  LogicalBytes bytes;
  for (const Value& value : session.training().graph->values()) {
    const std::int64_t size = 4 * element_count(value.type.shape);
    if (value.kind == ValueKind::kParameter) bytes.weights += size;
    if (value.kind == ValueKind::kParameter || value.kind == ValueKind::kState) bytes.all += size;
  }
  return bytes;
}

void add_part(Prediction& prediction, const std::string& name, std::int64_t bytes) {
  if (bytes <= 0) return;
  MemoryPart* part = prediction.add_memory();
  part->set_name(name);
  part->set_bytes(bytes);
  prediction.set_peak_memory_bytes(prediction.peak_memory_bytes() + bytes);
}

/// Seconds that the kernels of a program should take.
double program_seconds(const Program& program, const MachinePeaks& peaks) {
  double seconds = 0;
  for (const StepCost& cost : program.costs()) seconds += cost.is_constant ? 0 : predict_seconds(cost, peaks);
  return kCrowd * seconds;
}

/// Of this thread alone: what other programs take does not count.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Seconds that one thread needs for a sample of epoch 0: the mean over those that some milliseconds allow.
double draw_seconds(const SampleSource& source) {
  std::vector<float> image(static_cast<std::size_t>(source.channels()) * static_cast<std::size_t>(source.height()) *
                           static_cast<std::size_t>(source.width()));
  std::vector<Object> objects(static_cast<std::size_t>(source.max_objects()));
  int count = 0;
  const auto draw = [&](std::int64_t index) { source.draw(0, index, {image.data(), objects.data(), &count, nullptr}); };
  draw(0);
  const double start = thread_seconds();
  std::int64_t drawn = 0;
  do {
    draw(drawn++ % source.size());
  } while (drawn < 200 && (drawn < 4 || (thread_seconds() - start) < 0.01));
  return (thread_seconds() - start) / static_cast<double>(drawn);
}

/// A batch of a split: its kernels, and its samples where drawing them gets in the way.
class BatchTime {
 public:
  BatchTime(const Foreseen& run, const MachinePeaks& peaks) : peaks_(peaks), threads_(run.device.threads()) {
    const Experiment& config = run.prepared.loaded.config;
    loaders_ = static_cast<int>(config.data().loader_threads());
    cores_ = std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
  }

  /// Of a batch of `batch` rows whose samples take `draw_s` each.
  double seconds(const Rows& rows, std::int64_t batch, double draw_s, double kernels_s) const {
    const double batch_s = draw_s * static_cast<double>(batch);
    const double copy_s =
        2.0 * static_cast<double>(rows.bytes(batch)) / std::max(1.0, peaks_.memory_bytes_per_s() / threads_);
    const double work_s = kernels_s + copy_s;
    if (loaders_ == 0) return work_s + batch_s;
    // A loader's thread without a core of its own takes it from a compute thread, for which the others then wait.
    const double stolen_s = threads_ + loaders_ > cores_ ? batch_s / loaders_ : 0;
    return std::max(work_s + stolen_s, batch_s / loaders_);
  }

 private:
  const MachinePeaks& peaks_;
  int threads_, loaders_ = 1, cores_ = 1;
};

double batches(const SampleSource& source, std::int64_t batch) {
  return static_cast<double>((source.size() + batch - 1) / batch);
}

/// Seconds that one thread needs to read a kept row.
double read_seconds(const Rows& rows, const MachinePeaks& peaks) {
  return 2.0 * 4 * static_cast<double>(rows.values) / std::max(1.0, peaks.memory_bytes_per_s());
}

/// Copies, hash, write and sync, for each byte of a checkpoint. Measured.
constexpr double kCheckpointBytesPerSecond = 0.9e9;
constexpr double kCheckpointS = 0.002;

double checkpoint_seconds(const Session& session) {
  const LogicalBytes bytes = logical_bytes(session);
  // The last state each epoch, the best weights in some.
  return kCheckpointS + static_cast<double>(bytes.all + bytes.weights) / kCheckpointBytesPerSecond;
}

void add_reasons(const Foreseen& run, const MachinePeaks& peaks, Prediction& prediction) {
  const Program& program = run.session.training_program();
  std::map<std::string, double> unknown;
  double total = 0, unknown_s = 0;
  for (const StepCost& cost : program.costs()) {
    const double seconds = predict_seconds(cost, peaks);
    total += seconds;
    if (cost.reach.is_known || cost.flops == 0) continue;
    unknown[cost.op] += seconds;
    unknown_s += seconds;
  }
  if (unknown_s > 0.1 * total) {
    std::string names;
    for (const auto& [name, seconds] : unknown) names += (names.empty() ? "" : ", ") + name;
    prediction.add_rough("how fast these operators run is a guess: " + names);
  }
  if (run.prepared.loaded.config.compute().precision() != FLOAT32) {
    prediction.add_rough("how much of their speed kernels reach in bfloat16 was measured in f32");
  }
  if (run.trunk && trunk_precision_of(run.prepared.loaded.config) == Precision::kInt8) {
    prediction.add_rough(
        "the frozen trunk is counted as if it ran in f32: what its pictures ask of int8 is not known yet");
  }
  if (peaks.spread > 0.1) prediction.add_rough("the machine's speed changed while it was measured: is it busy?");
  if (run.prepared.loaded.config.transfer().rules().stage_size() > 0) {
    prediction.add_rough(
        "memory and times are those of the weights that are trained at first: later stages train others");
  }
  if (run.prepared.loaded.config.train().has_early_stopping()) {
    prediction.add_rough("training may stop early: the time of the whole run is the most it should take");
  }
}

}  // namespace

namespace {

/// While the trunk makes features: its own memory instead of training's.
Prediction trunk_phase(const Foreseen& run) {
  Prediction prediction;
  const ProgramStats& trunk = run.trunk->stats();
  add_part(prediction, "frozen trunk, until its features are kept",
           static_cast<std::int64_t>(trunk.arena_bytes + trunk.constant_bytes + run.trunk->weight_bytes()));
  std::int64_t pictures = 0;
  for (const Rows& rows : all_rows(run)) pictures = std::max(pictures, picture_values(rows.source));
  add_part(prediction, "batches drawn ahead",
           Loader::batches_held(*run.prepared.train, train_options(run.prepared.loaded.config)) * run.trunk->batch() *
               pictures * 4);
  return prediction;
}

Prediction training_phase(const Foreseen& run) {
  const Experiment& config = run.prepared.loaded.config;
  const std::int64_t batch = config.train().batch_size();
  const ProgramStats& train = run.session.training_program().stats();
  const ProgramStats& eval = run.session.evaluation_program().stats();
  const LogicalBytes logical = logical_bytes(run.session);
  const std::vector<Rows> all = all_rows(run);
  Prediction prediction;
  add_part(prediction, "activations and gradients",
           static_cast<std::int64_t>(std::max(train.arena_bytes, eval.arena_bytes)));
  std::int64_t drawn = 0, features = 0;
  bool wants_trunk = false;
  for (const Rows& rows : all) {
    drawn += rows.batches_held() * rows.bytes(batch);
    features += rows.feature_bytes;
    wants_trunk = wants_trunk || !rows.are_features;
  }
  add_part(prediction, "batches drawn ahead", drawn);
  add_part(prediction, "features of the frozen trunk, mapped", features);
  add_part(prediction, "repacked weights", static_cast<std::int64_t>(train.constant_bytes + eval.constant_bytes));
  if (run.trunk && wants_trunk) {
    const ProgramStats& trunk = run.trunk->stats();
    add_part(prediction, "frozen trunk",
             static_cast<std::int64_t>(trunk.arena_bytes + trunk.constant_bytes + run.trunk->weight_bytes()) +
                 batch * run.trunk->row_values() * 4);
  }
  // A checkpoint is written from copies of everything; at the end the best weights are read, judged and hashed.
  add_part(prediction, "copies for checkpoints", std::max(logical.all, 2 * logical.weights + all.back().bytes(batch)));
  return prediction;
}

}  // namespace

Prediction predict_sizes(const Foreseen& run) {
  Prediction prediction = training_phase(run);
  if (run.trunk) {
    const Prediction trunk = trunk_phase(run);
    if (trunk.peak_memory_bytes() > prediction.peak_memory_bytes()) prediction = trunk;
  }
  add_part(prediction, "program, libraries, compiled kernels and data", run.process_bytes + kLaterBytes);
  add_part(prediction, "weights and optimizer", static_cast<std::int64_t>(run.session.parameter_bytes()));
  // A model file is there twice while it is read, beside the weights: that lies behind, but may have been the most.
  if (!run.prepared.models.facts.empty()) {
    add_part(prediction, "reading the model file", peak_rss_bytes() - prediction.peak_memory_bytes());
  }
  std::stable_sort(prediction.mutable_memory()->begin(), prediction.mutable_memory()->end(),
                   [](const MemoryPart& a, const MemoryPart& b) { return a.bytes() > b.bytes(); });
  std::int64_t flops = 0, bytes = 0;
  for (const StepCost& cost : run.session.training_program().costs()) {
    if (cost.is_constant) continue;
    flops += cost.flops;
    bytes += cost.bytes;
  }
  prediction.set_flops_per_step(flops);
  prediction.set_bytes_per_step(bytes);
  return prediction;
}

void predict_times(const Foreseen& run, const MachinePeaks& peaks, Prediction& prediction) {
  const Experiment& config = run.prepared.loaded.config;
  const std::int64_t batch = config.train().batch_size();
  const BatchTime batch_time(run, peaks);
  const double step_kernels_s = program_seconds(run.session.training_program(), peaks);
  const double eval_kernels_s = program_seconds(run.session.evaluation_program(), peaks);
  const double trunk_s = run.trunk ? program_seconds(run.trunk->program(), peaks) : 0;  // a batch of its own
  const double trunk_share = run.trunk ? static_cast<double>(batch) / run.trunk->batch() : 0;
  double once_s = 0, drawn_once_s = 0, epoch_s = checkpoint_seconds(run.session),
         judging_s = checkpoint_seconds(run.session);
  bool is_train = true;
  for (const Rows& rows : all_rows(run)) {
    const double picture_s = draw_seconds(rows.source);
    const double draw_s = rows.are_features ? read_seconds(rows, peaks) : picture_s;
    const double through_trunk_s = run.trunk && !rows.are_features ? trunk_share * trunk_s : 0;
    if (rows.are_features) {
      const double passes = batches(rows.source, run.trunk->batch()) * (is_train ? rows.source.variants() : 1);
      once_s += passes * batch_time.seconds({rows.source, false, rows.options, picture_values(rows.source), 0},
                                            run.trunk->batch(), picture_s, trunk_s);
    }
    const double steps = batches(rows.source, batch);
    const double kernels_s = (is_train ? step_kernels_s : eval_kernels_s) + through_trunk_s;
    const double step_s = batch_time.seconds(rows, batch, rows.are_drawn_once() ? 0 : draw_s, kernels_s);
    if (rows.are_drawn_once()) drawn_once_s += steps * (batch_time.seconds(rows, batch, draw_s, kernels_s) - step_s);
    if (is_train) prediction.set_step_s(step_s);
    epoch_s += steps * step_s;
    // At the end the best weights are judged once more, on samples that this thread draws itself: the last set here.
    judging_s = steps * (eval_kernels_s + through_trunk_s) + static_cast<double>(rows.source.size()) * draw_s +
                checkpoint_seconds(run.session);
    is_train = false;
  }
  prediction.set_once_s(once_s);
  prediction.set_epoch_s(epoch_s);
  prediction.set_run_s(once_s + drawn_once_s + epoch_s * config.train().epochs() + judging_s);
  *prediction.mutable_peaks() = describe_peaks(peaks);
  add_reasons(run, peaks, prediction);
}

Prediction predict(const Foreseen& run, const MachinePeaks& peaks) {
  Prediction prediction = predict_sizes(run);
  predict_times(run, peaks, prediction);
  return prediction;
}

Peaks describe_peaks(const MachinePeaks& peaks) {
  Peaks described;
  described.set_flops_per_s(peaks.flops_per_s);
  if (peaks.bfloat16_flops_per_s > 0) described.set_bfloat16_flops_per_s(peaks.bfloat16_flops_per_s);
  described.set_launch_s(peaks.launch_s);
  for (const Bandwidth& point : peaks.bandwidth) {
    auto* added = described.add_bandwidth();
    added->set_working_set_bytes(point.working_set_bytes);
    added->set_bytes_per_s(point.bytes_per_s);
  }
  return described;
}

}  // namespace thaw
