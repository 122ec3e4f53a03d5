#include "tests/reports/example_parts.h"

namespace thaw::test {
namespace {

struct Kernel {
  const char* name;
  const char* layer;
  const char* op;
  const char* phase;
  double mean_us;
  double flops, bytes;
};

constexpr Kernel kKernels[] = {
    {"conv2d_1/Conv", "conv2d_1", "Conv", "forward", 620, 98e6, 23e6},
    {"average_pooling2d_1/AveragePool", "average_pooling2d_1", "AveragePool", "forward", 390, 5.3e6, 27e6},
    {"conv2d_2/Conv", "conv2d_2", "Conv", "forward", 1790, 682e6, 15e6},
    {"dense_1/Gemm", "dense_1", "Gemm", "forward", 170, 51e6, 2.4e6},
    {"classification/Softmax", "classification", "Softmax", "forward", 6, 2560, 5120},
    {"dense_1/kernel for dense_1/GemmGradInput", "dense_1", "Reorder", "backward", 370, 0, 3.2e6},
    {"dense_1/GemmGradInput", "dense_1", "GemmGradInput", "backward", 122, 51e6, 2.4e6},
    {"conv2d_2/ConvGradInput", "conv2d_2", "ConvGradInput", "backward", 2340, 682e6, 15e6},
    {"conv2d_2/ConvGradWeight", "conv2d_2", "ConvGradWeight", "backward", 1790, 682e6, 15e6},
    {"conv2d_1/ConvGradWeight", "conv2d_1", "ConvGradWeight", "backward", 590, 98e6, 23e6},
    {"update/Adam", "update", "Adam", "update", 585, 5.5e6, 12e6},
};

Peaks example_peaks() {
  Peaks peaks;
  peaks.set_flops_per_s(440e9);
  peaks.set_launch_s(1e-6);
  const double rates[][2] = {{512e3, 285e9}, {4e6, 224e9}, {16e6, 191e9}, {64e6, 80e9}};
  for (const auto& [bytes, rate] : rates) {
    BandwidthPoint* point = peaks.add_bandwidth();
    point->set_working_set_bytes(static_cast<std::int64_t>(bytes));
    point->set_bytes_per_s(rate);
  }
  return peaks;
}

}  // namespace

Event profile_event(std::int64_t step) {
  Event event;
  event.set_step(step);
  Profile* profile = event.mutable_profile();
  profile->set_first_step(6);
  profile->set_steps(20);
  profile->set_step_s(8.8e-3);
  *profile->mutable_peaks() = example_peaks();
  for (const Kernel& kernel : kKernels) {
    ProfileRow* row = profile->add_row();
    row->set_name(kernel.name);
    row->set_layer(kernel.layer);
    row->set_op(kernel.op);
    row->set_phase(kernel.phase);
    row->set_is_reorder(std::string(kernel.op) == "Reorder");
    row->set_mean_s(kernel.mean_us * 1e-6);
    row->set_min_s(kernel.mean_us * 0.9e-6);
    row->set_flops(static_cast<std::int64_t>(kernel.flops));
    row->set_bytes(static_cast<std::int64_t>(kernel.bytes));
    row->set_predicted_s(kernel.mean_us * 0.95e-6);
  }
  return event;
}

Prediction example_prediction() {
  Prediction prediction;
  prediction.set_peak_memory_bytes(180 << 20);
  const std::pair<const char*, int> parts[] = {{"program, libraries, compiled kernels and data", 80},
                                               {"activations and gradients", 61},
                                               {"weights and optimizer", 18},
                                               {"batches drawn ahead", 15},
                                               {"copies for checkpoints", 6}};
  for (const auto& [name, mebibytes] : parts) {
    MemoryPart* part = prediction.add_memory();
    part->set_name(name);
    part->set_bytes(mebibytes << 20);
  }
  prediction.set_flops_per_step(2700000000);
  prediction.set_bytes_per_step(std::int64_t{256} << 20);
  prediction.set_step_s(0.0094);
  prediction.set_epoch_s(8.9);
  prediction.set_run_s(84);
  *prediction.mutable_peaks() = example_peaks();
  return prediction;
}

}  // namespace thaw::test
