// Measures whole steps of one network on the engine and prints one line of JSON: what torch_networks.py prints for
// PyTorch. bench.py runs both in turns.
#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "ops/calibration.h"
#include "schemas/diagnostic.h"
#include "tests/bench/training_step.h"

namespace thaw::bench {
namespace {

namespace po = boost::program_options;

struct Options {
  NetworkOptions network;
  std::string precision = "fp32";
  int threads = 2;
  int steps = 5;
  int warmup = 2;
  bool is_inference = false;
  bool wants_plan = false;
  bool wants_times = false;
};

/// Options from the command line; none if only help was asked for.
std::optional<Options> parse(int argc, const char* const* argv) {
  Options options;
  bool wants_help = false;
  po::options_description named("options");
  auto add = named.add_options();
  add("precision", po::value(&options.precision)->value_name("fp32|bf16|int8"), "what it computes in [fp32]");
  add("batch", po::value(&options.network.batch)->value_name("N"), "samples a step [the benchmark's]");
  add("pixels", po::value(&options.network.pixels)->value_name("N"), "height and width [the benchmark's]");
  add("threads", po::value(&options.threads)->value_name("N"), "threads [2]");
  add("steps", po::value(&options.steps)->value_name("N"), "measured steps [5]");
  add("warmup", po::value(&options.warmup)->value_name("N"), "steps before [2]");
  add("inference", po::bool_switch(&options.is_inference), "a frozen network, forward alone");
  add("plan", po::bool_switch(&options.wants_plan), "print every kernel with its layouts and memory");
  add("times", po::bool_switch(&options.wants_times), "print the seconds of each phase of a step");
  add("help,h", po::bool_switch(&wants_help), "this text");
  po::options_description all = named;
  all.add_options()("network", po::value(&options.network.name));
  po::positional_options_description positional;
  positional.add("network", 1);
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv).options(all).positional(positional).run(), values);
  po::notify(values);
  if (wants_help) {
    std::cout << "usage: engine_bench fcn8|resnet50|unet [OPTION]...\n" << named;
    return std::nullopt;
  }
  if (options.precision != "fp32" && options.precision != "bf16" && options.precision != "int8") {
    throw InputError("--precision " + options.precision + ": there are fp32, bf16 and int8");
  }
  if (options.steps < 1 || options.warmup < 0) throw InputError("--steps must be at least 1, --warmup not negative");
  options.network.is_training = !options.is_inference;
  options.network = with_defaults(options.network);
  return options;
}

/// What it is measured on, in turns.
std::vector<BenchBatch> batches_of(const StepGraph& step, const Options& options) {
  std::vector<BenchBatch> batches;
  for (std::uint64_t seed : {1, 2}) batches.emplace_back(step, options.network, seed);
  return batches;
}

/// What an f32 program says of the batches.
std::shared_ptr<const Calibration> calibrate(const StepGraph& step, const std::shared_ptr<Device>& device,
                                             const Options& options) {
  auto store = std::make_shared<ParameterStore>(device);
  Program program(step.graph, device, store, {.is_training = false, .arena = nullptr});
  initialize(step, *store);
  Calibrator calibrator(program);
  for (const BenchBatch& batch : batches_of(step, options)) {
    program.set_input(step.network.image, batch.image.data());
    calibrator.run();
  }
  return std::make_shared<const Calibration>(calibrator.calibration());
}

/// What the program is told of the precision.
Program::Options program_options(const StepGraph& step, const std::shared_ptr<Device>& device, const Options& options) {
  Program::Options told{.is_training = !options.is_inference, .arena = nullptr};
  if (options.precision == "bf16") {
    told.precision = Precision::kBFloat16;
  } else if (options.precision == "int8") {
    if (told.is_training) throw InputError("--precision int8 is for --inference");
    told.precision = Precision::kInt8;
    told.calibration = calibrate(step, device, options);
  } else if (options.precision != "fp32") {
    throw InputError("--precision takes fp32, bf16 or int8, not " + options.precision);
  }
  return told;
}

/// The kernel's own figure, as for every other program of the benchmark.
std::int64_t peak_rss_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string key; file >> key; file.ignore(1 << 10, '\n')) {
    std::int64_t kilobytes = 0;
    if (key == "VmHWM:" && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

struct Measured {
  std::vector<double> seconds;
  PhaseSeconds phases{};
  double first = 0, last = 0;  ///< losses (or logits) of the first and the last step
};

Measured measure(const StepGraph& step, Program& program, const Options& options) {
  const std::vector<BenchBatch> batches = batches_of(step, options);
  Measured measured;
  for (int i = 0; i < options.warmup + options.steps; ++i) {
    if (i == options.warmup) program.reset_phase_seconds();
    const auto begin = std::chrono::steady_clock::now();
    const BenchBatch& batch = batches[static_cast<std::size_t>(i) % batches.size()];
    measured.last = run_step(step, program, batch, i + 1);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    if (i == 0) measured.first = measured.last;
    if (i >= options.warmup) measured.seconds.push_back(taken.count());
  }
  measured.phases = program.phase_seconds();
  for (double& each : measured.phases) each /= options.steps;
  std::sort(measured.seconds.begin(), measured.seconds.end());
  return measured;
}

double median(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

int run(const Options& options) {
  const StepGraph step = build_step(options.network);
  const auto device = make_cpu_device(options.threads);
  const Program::Options told = program_options(step, device, options);
  if (device->support_of(told.precision) == Support::kNone) {
    throw InputError("--precision " + options.precision + ": this processor (" + device->isa() +
                     ") has no kernels for it; they need AVX-512");
  }
  auto store = std::make_shared<ParameterStore>(device);
  Program program(step.graph, device, store, told);
  initialize(step, *store);
  if (options.wants_plan) std::cout << program.text();
  const Measured measured = measure(step, program, options);
  if (options.wants_times) {
    std::cout << "seconds a step: forward " << measured.phases[0] << ", backward " << measured.phases[1] << ", update "
              << measured.phases[2] << '\n';
  }
  const double seconds = median(measured.seconds), gflop = static_cast<double>(step.flops()) * 1e-9;
  const ProgramStats& stats = program.stats();
  const nlohmann::ordered_json line{
      {"program", "thaw"},
      {"network", options.network.name},
      {"mode", options.is_inference ? "inference" : "training"},
      {"precision", options.precision},
      {"batch", options.network.batch},
      {"pixels", options.network.pixels},
      {"threads", device->threads()},
      {"steps", options.steps},
      {"seconds_per_step", {{"median", seconds}, {"min", measured.seconds.front()}, {"max", measured.seconds.back()}}},
      {"gflop_per_step", gflop},
      {"gflop_per_second", gflop / seconds},
      {"peak_rss_bytes", peak_rss_bytes()},
      {"arena_bytes", stats.arena_bytes},
      {"arena_bytes_without_reuse", stats.arena_bytes_without_reuse},
      {"constant_bytes", stats.constant_bytes},
      {"weight_bytes", store->bytes()},
      {"kernels", stats.kernels},
      {"reorders", stats.reorders},
      {"parameters", step.parameters()},
      {options.is_inference ? "first_logit" : "first_loss", measured.first},
      {options.is_inference ? "last_logit" : "last_loss", measured.last},
      {"library", device->kernel_library()},
      {"isa", device->isa()},
  };
  std::cout << line.dump() << std::endl;
  // A step that diverged skips its update: its time would not be a step's.
  if (!std::isfinite(measured.last)) throw InputError("the last step's result is not finite");
  return 0;
}

}  // namespace
}  // namespace thaw::bench

int main(int argc, char** argv) {
  try {
    const auto options = thaw::bench::parse(argc, argv);
    return options ? thaw::bench::run(*options) : 0;
  } catch (const std::exception& error) {
    std::cerr << "engine_bench: " << error.what() << '\n';
    return 1;
  }
}
