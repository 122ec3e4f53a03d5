#include "ops/program.h"

#include <chrono>
#include <cmath>
#include <sstream>

#include "ops/program_slots.h"
#include "schemas/diagnostic.h"

namespace thaw {

char* Arena::data() {
  if (!memory_) memory_ = device_->allocate(std::max<std::size_t>(wanted_bytes_, kArenaAlignment));
  if (memory_->bytes() < wanted_bytes_) throw InternalError("the arena was reserved too late");
  return static_cast<char*>(memory_->data());
}

Program::Program(std::shared_ptr<const Graph> graph, std::shared_ptr<Device> device,
                 std::shared_ptr<ParameterStore> store, Options options)
    : graph_(std::move(graph)), device_(std::move(device)), store_(std::move(store)), options_(std::move(options)) {
  if (!options_.arena) options_.arena = std::make_shared<Arena>(device_);
  if (options_.precision == Precision::kInt8 && (options_.is_training || !options_.calibration)) {
    throw InternalError("int8 is for inference, by a calibration");
  }
  if (options_.calibration && options_.calibration->graph != structure_of(*graph_)) {
    throw InternalError("the calibration is of another graph");
  }
  bind();
  put_constants_first();
  keep_constants();
  plan_slots();
}

Program::~Program() = default;

void* Program::pointer(int slot) const {
  const Slot& found = slots_.at(static_cast<std::size_t>(slot));
  return found.is_persistent ? found.persistent : options_.arena->data() + found.offset;
}

void Program::attach() {
  for (Step& step : steps_) {
    Buffers buffers;
    for (const int slot : step.inputs) buffers.inputs.push_back(slot < 0 ? nullptr : pointer(slot));
    for (const int slot : step.outputs) buffers.outputs.push_back(pointer(slot));
    if (step.scratch >= 0) buffers.scratch = pointer(step.scratch);
    step.kernel->attach(buffers);
  }
  is_attached_ = true;
}

void Program::set_input(ValueId input, const void* host) {
  if (!is_attached_) attach();
  const int slot = slot_of_value_.at(static_cast<std::size_t>(input));
  if (slot < 0) return;  // nothing reads it
  device_->copy_in(graph_->value(input).type, host, pointer(slot), slots_[static_cast<std::size_t>(slot)].layout);
}

void Program::run_constants() {
  if (!is_attached_) attach();
  if (constants_version_ == store_->version()) return;
  for (std::size_t i = 0; i < constant_steps_; ++i) steps_[i].kernel->run();
  device_->synchronize();
  constants_version_ = store_->version();
}

void Program::run() {
  run_constants();
  if (step_times_ != nullptr) return run_timed();
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  for (std::size_t i = constant_steps_; i < steps_.size(); ++i) {
    steps_[i].kernel->run();
    if (i + 1 < steps_.size() && steps_[i + 1].phase == steps_[i].phase) continue;
    device_->synchronize();
    const auto now = Clock::now();
    phase_seconds_[static_cast<std::size_t>(steps_[i].phase)] += std::chrono::duration<double>(now - start).count();
    start = now;
  }
  if (options_.is_training) store_->mark_changed();
}

std::optional<ValueId> Program::run_and_find_non_finite() {
  run_constants();
  for (std::size_t i = constant_steps_; i < steps_.size(); ++i) {
    Step& step = steps_[i];
    if (step.phase == Phase::kUpdate) break;
    step.kernel->run();
    device_->synchronize();
    for (const int slot : step.outputs) {
      if (!step.is_reorder && !is_finite(slot)) return slots_[static_cast<std::size_t>(slot)].value;
    }
  }
  return std::nullopt;
}

void Program::show(int slot, Observer& observer) {
  const Slot& found = slots_[static_cast<std::size_t>(slot)];
  const TensorType& type = graph_->value(found.value).type;
  if (type.dtype != DType::kFloat32 || !observer.wants(found.value)) return;
  if (observer.takes_any_order(found.value)) {
    if (const auto numbers = device_->view(pointer(slot), found.layout)) return observer.see(found.value, *numbers);
  }
  shown_.resize(static_cast<std::size_t>(element_count(type.shape)));
  device_->copy_out(type, pointer(slot), found.layout, shown_.data());
  observer.see(found.value, shown_);
}

void Program::observe(Observer& observer) {
  if (!is_attached_) attach();
  for (const int slot : slot_of_value_) {
    if (slot < 0) continue;
    const ValueId value = slots_[static_cast<std::size_t>(slot)].value;
    if (graph_->value(value).kind != ValueKind::kComputed) show(slot, observer);
  }
  for (Step& step : steps_) {
    step.kernel->run();
    device_->synchronize();
    for (const int slot : step.outputs) {
      if (!step.is_reorder) show(slot, observer);
    }
  }
  constants_version_ = store_->version();
  if (options_.is_training) store_->mark_changed();
}

bool Program::is_finite(int slot) const {
  const Slot& found = slots_[static_cast<std::size_t>(slot)];
  const TensorType& type = graph_->value(found.value).type;
  if (type.dtype != DType::kFloat32) return true;
  std::vector<float> host(static_cast<std::size_t>(element_count(type.shape)));
  device_->copy_out(type, pointer(slot), found.layout, host.data());
  for (const float value : host) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

void Program::get(ValueId output, void* host) const {
  const int slot = slot_of_value_.at(static_cast<std::size_t>(output));
  if (slot < 0) throw InternalError("value " + graph_->value(output).name + " is not computed");
  device_->copy_out(graph_->value(output).type, pointer(slot), slots_[static_cast<std::size_t>(slot)].layout, host);
}

std::string Program::text() const {
  std::ostringstream out;
  const auto describe = [&](int slot) {
    if (slot < 0) return std::string("-");
    const Slot& found = slots_[static_cast<std::size_t>(slot)];
    const std::string where = found.is_persistent ? "" : "@" + std::to_string(found.offset);
    return graph_->value(found.value).name + "[" + found.layout->text() + "]" + where;
  };
  for (const Step& step : steps_) {
    out << (step.is_reorder ? "  reorder " : "") << step.name << ": ";
    for (const int slot : step.outputs) out << describe(slot) << ' ';
    out << "<-";
    for (const int slot : step.inputs) out << ' ' << describe(slot);
    if (step.scratch >= 0) out << "  scratch " << slots_[static_cast<std::size_t>(step.scratch)].bytes;
    out << '\n';
  }
  return out.str();
}

}  // namespace thaw
