#include "runner/train/predict.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "runner/train/session.h"

namespace thaw {
namespace {

// What a process takes up on its way that no plan shows: code of libraries that is first run while training (PNG,
// hashing, protobuf), stacks and heaps of the loader's threads. Measured.
constexpr std::int64_t kLaterBytes = std::int64_t{17} << 20;

// Within a run kernels take a little longer than at their best: other threads use the caches too. Measured.
constexpr double kCrowd = 1.07;

std::int64_t batch_bytes(const SampleSource& source, std::int64_t batch) {
  const std::int64_t image = static_cast<std::int64_t>(source.channels()) * source.height() * source.width();
  return batch * (image * 4 + source.max_objects() * static_cast<std::int64_t>(sizeof(Object)) + 16);
}

/// A loader's ring: the batch that is being used, and those drawn ahead.
std::int64_t loader_bytes(const Experiment& config, const SampleSource* source) {
  if (source == nullptr) return 0;
  const int batches = config.data().loader_threads() == 0 ? 1 : static_cast<int>(config.data().prefetch_batches()) + 1;
  return batches * batch_bytes(*source, config.train().batch_size());
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
    batch_ = config.train().batch_size();
    cores_ = std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
  }

  double seconds(const SampleSource& source, double draw_s, double kernels_s) const {
    const double batch_s = draw_s * static_cast<double>(batch_);
    const double copy_s =
        2.0 * static_cast<double>(batch_bytes(source, batch_)) / std::max(1.0, peaks_.memory_bytes_per_s() / threads_);
    const double work_s = kernels_s + copy_s;
    if (loaders_ == 0) return work_s + batch_s;
    // A loader's thread without a core of its own takes it from a compute thread, for which the others then wait.
    const double stolen_s = threads_ + loaders_ > cores_ ? batch_s / loaders_ : 0;
    return std::max(work_s + stolen_s, batch_s / loaders_);
  }

 private:
  const MachinePeaks& peaks_;
  int threads_, loaders_ = 1, cores_ = 1;
  std::int64_t batch_ = 1;
};

std::int64_t batches(const SampleSource& source, std::int64_t batch) { return (source.size() + batch - 1) / batch; }

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

Prediction predict_sizes(const Foreseen& run) {
  const Experiment& config = run.prepared.loaded.config;
  const ProgramStats& train = run.session.training_program().stats();
  const ProgramStats& eval = run.session.evaluation_program().stats();
  const LogicalBytes logical = logical_bytes(run.session);
  Prediction prediction;
  prediction.set_peak_memory_bytes(0);
  add_part(prediction, "program, libraries, compiled kernels and data", run.process_bytes + kLaterBytes);
  add_part(prediction, "activations and gradients",
           static_cast<std::int64_t>(std::max(train.arena_bytes, eval.arena_bytes)));
  add_part(prediction, "weights and optimizer", static_cast<std::int64_t>(run.session.parameter_bytes()));
  add_part(prediction, "batches drawn ahead",
           loader_bytes(config, run.prepared.train.get()) + loader_bytes(config, run.prepared.validation.get()));
  add_part(prediction, "repacked weights", static_cast<std::int64_t>(train.constant_bytes + eval.constant_bytes));
  // A checkpoint is written from copies of everything; at the end the best weights are read, judged and hashed.
  const SampleSource& judged = run.prepared.validation ? *run.prepared.validation : *run.prepared.train;
  add_part(prediction, "copies for checkpoints",
           std::max(logical.all, 2 * logical.weights + batch_bytes(judged, config.train().batch_size())));
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
  const PreparedExperiment& prepared = run.prepared;
  const Experiment& config = prepared.loaded.config;
  const std::int64_t batch = config.train().batch_size();
  const BatchTime batch_time(run, peaks);
  const double draw_s = draw_seconds(*prepared.train);
  const double step_s =
      batch_time.seconds(*prepared.train, draw_s, program_seconds(run.session.training_program(), peaks));
  const double eval_s = program_seconds(run.session.evaluation_program(), peaks);
  double epoch_s = static_cast<double>(batches(*prepared.train, batch)) * step_s + checkpoint_seconds(run.session);
  const SampleSource& judged = prepared.validation ? *prepared.validation : *prepared.train;
  const double judged_draw_s = prepared.validation ? draw_seconds(judged) : draw_s;
  if (prepared.validation) {
    epoch_s += static_cast<double>(batches(judged, batch)) * batch_time.seconds(judged, judged_draw_s, eval_s);
  }
  // At the end the best weights are judged once more, on samples that this thread draws itself.
  const double judging_s = static_cast<double>(batches(judged, batch)) * eval_s +
                           static_cast<double>(judged.size()) * judged_draw_s + checkpoint_seconds(run.session);
  prediction.set_step_s(step_s);
  prediction.set_epoch_s(epoch_s);
  prediction.set_run_s(epoch_s * config.train().epochs() + judging_s);
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
