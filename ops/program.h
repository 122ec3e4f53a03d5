#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/passes/plan_memory.h"
#include "ops/device.h"
#include "ops/parameter_store.h"
#include "ops/program_profile.h"

namespace thaw {

/// Scratch space that several programs may use in turn: as large as the largest of them needs.
class Arena {
 public:
  explicit Arena(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  void reserve(std::size_t bytes) { wanted_bytes_ = std::max(wanted_bytes_, bytes); }
  /// Allocates at the first call; reserve() must not ask for more afterwards.
  char* data();
  std::size_t bytes() const { return wanted_bytes_; }

 private:
  std::shared_ptr<Device> device_;
  std::size_t wanted_bytes_ = 0;
  std::unique_ptr<DeviceMemory> memory_;
};

/// What binding decided, for people.
struct ProgramStats {
  int kernels = 0;
  int reorders = 0;
  int constants = 0;  ///< kernels and reorders that run once, not in every run
  std::size_t arena_bytes = 0;
  std::size_t arena_bytes_without_reuse = 0;
  std::size_t constant_bytes = 0;  ///< results of those that later kernels read
};

/// Looks at values while a program runs.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual bool wants(ValueId value) const = 0;
  /// Whether it may see them in any order, with zeros among them that are padding: that costs no copy.
  virtual bool takes_any_order(ValueId value) const = 0;
  /// `numbers` is row-major, unless takes_any_order().
  virtual void see(ValueId value, std::span<const float> numbers) = 0;
};

/// Seconds spent by phase (forward, backward, update) since the last reset.
using PhaseSeconds = std::array<double, 3>;

/// A graph bound to a device: a flat list of kernels over one arena, run without a decision or an allocation.
class Program {
 public:
  struct Options {
    bool is_training = true;
    Precision precision = Precision::kFloat32;
    std::shared_ptr<const Calibration> calibration = nullptr;  ///< of this graph, for int8
    std::shared_ptr<Arena> arena;  ///< shared with programs that never run at the same time; null: its own
  };
  /// Binds every node. Parameters that `store` lacks are added, zeroed. Throws InternalError if a node has no kernel.
  Program(std::shared_ptr<const Graph> graph, std::shared_ptr<Device> device, std::shared_ptr<ParameterStore> store,
          Options options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Copies a row-major host tensor into a graph input. Stays valid for one run.
  void set_input(ValueId input, const void* host);
  /// Outside training, what depends on weights alone (folded and repacked weights) is computed only when the store
  /// changed.
  void run();
  /// Runs once, looking at every result: the first value that is not finite, in the order they are computed.
  /// Inputs must be set again afterwards.
  std::optional<ValueId> run_and_find_non_finite();
  /// Runs once, showing the observer the f32 values that it wants, weights and inputs first, results as they are
  /// computed. Inputs must be set again afterwards.
  void observe(Observer& observer);
  /// Copies a graph output to a row-major host tensor.
  void get(ValueId output, void* host) const;

  const Graph& graph() const { return *graph_; }
  const ProgramStats& stats() const { return stats_; }
  const PhaseSeconds& phase_seconds() const { return phase_seconds_; }
  void reset_phase_seconds() { phase_seconds_ = {}; }
  /// What each step does by the plan, in the order they run.
  std::vector<StepCost> costs() const;
  /// From now on run() notes in `times` how long each step takes; null, as it begins: it does not.
  void time_steps(StepTimes* times) { step_times_ = times; }
  /// The plan, a kernel a line: phase, node, layouts, bytes, arena offset.
  std::string text() const;

 private:
  struct Slot;
  struct Step;
  class Binding;

  void bind();
  void put_constants_first();
  void keep_constants();
  void plan_slots();
  void attach();
  void run_constants();
  void run_timed();
  void* pointer(int slot) const;
  bool is_finite(int slot) const;
  void show(int slot, Observer& observer);

  std::shared_ptr<const Graph> graph_;
  std::shared_ptr<Device> device_;
  std::shared_ptr<ParameterStore> store_;
  Options options_;
  std::vector<Slot> slots_;
  std::vector<int> slot_of_value_;
  std::vector<Step> steps_;
  ProgramStats stats_;
  PhaseSeconds phase_seconds_{};
  StepTimes* step_times_ = nullptr;
  std::size_t constant_steps_ = 0;  ///< the first steps: what depends on weights alone
  std::unique_ptr<DeviceMemory> constants_;
  std::uint64_t constants_version_ = 0;  ///< of the store that the constants were computed from
  std::vector<float> shown_;             ///< to an observer: one tensor after the other
  bool is_attached_ = false;             ///< kernels know their pointers: at the first use, when the arena has its size
};

}  // namespace thaw
