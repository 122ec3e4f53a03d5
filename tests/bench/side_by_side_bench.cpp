// What members of a sweep take that train side by side, and one after the other.
//
//   side_by_side_bench EXPERIMENT MEMBERS RUNS alone|beside
//
// The members differ in the units of the layer "hidden" and in the learning rate; one more warms the features up first.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "reports/pages.h"
#include "runner/store/durable_file.h"
#include "runner/train/preparation_cache.h"
#include "runner/train/side_by_side.h"

namespace thaw {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int run(const std::string& file, int members, const std::string& runs, bool is_beside) {
  const std::shared_ptr<Device> device = make_cpu_device(0);
  RunOptions options;
  options.runs_root = runs;
  options.write_report = [](const std::string& folder) {
    write_file_durably(folder + "/report.html", render_report(folder));
  };
  PreparationCache cache;
  PretrainingPlaces places;
  places.cache = &cache;
  const auto prepared = [&](int member) {
    char rate[96];
    std::snprintf(rate, sizeof rate, "train.optimizer.adam.learning_rate=%g", 0.0005 * (1 + member / 4));
    const std::string units = "model.layer[hidden].dense.units=" + std::to_string(64 << (member % 4));
    return prepare(load_experiment(file, {rate, units}), {}, places);
  };
  run_experiment(prepared(members), device, options);
  const auto start = std::chrono::steady_clock::now();
  std::vector<PreparedExperiment> all;
  for (int i = 0; i < members; ++i) all.push_back(prepared(i));
  const double prepare_s = seconds_since(start);
  const auto begun = std::chrono::steady_clock::now();
  if (is_beside) {
    run_side_by_side(std::move(all), device, options);
  } else {
    for (PreparedExperiment& each : all) run_experiment(std::move(each), device, options);
  }
  const double run_s = seconds_since(begun);
  std::printf("%d members %s: %.2f s to prepare, %.2f s to run, %.1f ms a member\n", members,
              is_beside ? "beside each other" : "one after the other", prepare_s, run_s,
              (prepare_s + run_s) / members * 1e3);
  return 0;
}

}  // namespace
}  // namespace thaw

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "side_by_side_bench EXPERIMENT MEMBERS RUNS alone|beside\n";
    return 2;
  }
  try {
    return thaw::run(argv[1], std::atoi(argv[2]), argv[3], std::string(argv[4]) == "beside");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
