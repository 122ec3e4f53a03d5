// Binding: chooses a kernel and layouts for each node, inserts reorders at the borders, and places every tensor.
#include <algorithm>
#include <map>

#include "ops/catalogue.h"
#include "ops/program.h"
#include "ops/program_slots.h"
#include "schemas/diagnostic.h"

namespace thaw {

/// One node's choice of layouts, while its factory runs.
class Program::Binding : public BindContext {
 public:
  Binding(const Program& program, const Node& node)
      : program_(program),
        node_(node),
        wanted_(node.inputs.size()),
        stored_(node.inputs.size()),
        given_(node.outputs.size()) {}

  const Graph& graph() const override { return *program_.graph_; }
  const Node& node() const override { return node_; }
  bool is_training() const override { return program_.options_.is_training; }
  Precision precision() const override { return program_.options_.precision; }
  const Quantization* quantization(ValueId value) const override {
    return precision() == Precision::kInt8 ? program_.options_.calibration->find(value) : nullptr;
  }

  LayoutPtr input_layout(int i) const override {
    const ValueId value = node_.inputs.at(static_cast<std::size_t>(i));
    const int slot = program_.slot_of_value_.at(static_cast<std::size_t>(value));
    if (slot >= 0) return program_.slots_[static_cast<std::size_t>(slot)].layout;
    const Value& info = graph().value(value);
    if (info.kind == ValueKind::kInput) return program_.device_->plain_layout(info.type);
    return program_.store_->has(info.name) ? program_.store_->get(info.name).layout : nullptr;
  }
  void want_input(int i, LayoutPtr layout) override { wanted_.at(static_cast<std::size_t>(i)) = std::move(layout); }
  void store_input(int i, LayoutPtr layout) override { stored_.at(static_cast<std::size_t>(i)) = std::move(layout); }
  void give_output(int i, LayoutPtr layout) override { given_.at(static_cast<std::size_t>(i)) = std::move(layout); }
  void want_scratch(std::size_t bytes) override { scratch_bytes_ = bytes; }
  void save_arithmetic(double times) override { saved_arithmetic_ = times; }

  const LayoutPtr& wanted(std::size_t i) const { return wanted_[i]; }
  /// How an unclaimed parameter is kept.
  LayoutPtr stored(std::size_t i) const {
    if (stored_[i]) return stored_[i];
    return wanted_[i]->is_storable() ? wanted_[i] : program_.device_->plain_layout(graph().value(node_.inputs[i]).type);
  }
  const LayoutPtr& given(std::size_t i) const { return given_[i]; }
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  double saved_arithmetic() const { return saved_arithmetic_; }

 private:
  const Program& program_;
  const Node& node_;
  std::vector<LayoutPtr> wanted_, stored_, given_;
  std::size_t scratch_bytes_ = 0;
  double saved_arithmetic_ = 1;
};

namespace {

std::size_t round_up_to_alignment(std::size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

[[noreturn]] void fail(const Node& node, const std::string& message) {
  throw InternalError(node.layer + "/" + node.op + ": " + message);
}

}  // namespace

void Program::bind() {
  slot_of_value_.assign(graph_->values().size(), -1);
  // By slot: holds what no run changes. While training every weight changes.
  std::vector<bool> is_fixed;
  const auto all_fixed = [&](const std::vector<int>& slots) {
    return !options_.is_training && std::all_of(slots.begin(), slots.end(),
                                                [&](int s) { return s < 0 || is_fixed[static_cast<std::size_t>(s)]; });
  };
  std::multimap<ValueId, int> reordered;  // slots

  const auto new_slot = [&](Slot slot) {
    is_fixed.push_back(slot.is_persistent && !options_.is_training);
    slots_.push_back(std::move(slot));
    return static_cast<int>(slots_.size()) - 1;
  };
  /// The slot of a value that no node computes: fed, or kept in the store.
  const auto claim = [&](ValueId value, const LayoutPtr& layout) {
    const Value& info = graph_->value(value);
    Slot slot{.value = value, .layout = layout, .bytes = layout->bytes()};
    if (info.kind == ValueKind::kInput) {
      slot.layout = device_->plain_layout(info.type);
      slot.bytes = slot.layout->bytes();
    } else {
      if (!store_->has(info.name)) store_->add(info.name, info.type, layout, info.kind == ValueKind::kState);
      const auto& entry = store_->get(info.name);
      slot.layout = entry.layout;
      slot.is_persistent = true;
      slot.persistent = entry.memory->data();
    }
    return slot_of_value_[static_cast<std::size_t>(value)] = new_slot(std::move(slot));
  };
  /// The slot that holds input `i` in the layout that is wanted, after a reorder if need be.
  const auto in_layout = [&](const Binding& binding, std::size_t i) {
    const Node& node = binding.node();
    const ValueId value = node.inputs[i];
    const LayoutPtr& layout = binding.wanted(i);
    int slot = slot_of_value_[static_cast<std::size_t>(value)];
    if (slot < 0) slot = claim(value, binding.stored(i));
    if (slots_[static_cast<std::size_t>(slot)].layout->equals(*layout)) return slot;
    for (auto [at, end] = reordered.equal_range(value); at != end; ++at) {
      if (slots_[static_cast<std::size_t>(at->second)].layout->equals(*layout)) return at->second;
    }
    const int copy = new_slot({.value = value, .layout = layout, .bytes = layout->bytes()});
    Step step;
    step.name = graph_->value(value).name + " for " + node.layer + "/" + node.op;
    step.phase = node.phase;
    step.is_reorder = true;
    step.kernel =
        device_->make_reorder(graph_->value(value).type, slots_[static_cast<std::size_t>(slot)].layout, layout);
    step.inputs = {slot};
    step.outputs = {copy};
    step.is_constant = all_fixed(step.inputs);
    is_fixed[static_cast<std::size_t>(copy)] = step.is_constant;
    steps_.push_back(std::move(step));
    ++stats_.reorders;
    reordered.emplace(value, copy);
    return copy;
  };

  for (std::size_t n = 0; n < graph_->nodes().size(); ++n) {
    const Node& node = graph_->nodes()[n];
    const auto factory = device_->kernels().find(node.op);
    if (factory == device_->kernels().end()) fail(node, "no kernel on " + device_->name());
    Binding binding(*this, node);
    Step step;
    step.kernel = factory->second(binding);
    step.name = node.layer + "/" + node.op;
    step.phase = node.phase;
    step.node = static_cast<int>(n);
    step.saved_arithmetic = binding.saved_arithmetic();
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == kNoValue) {
        step.inputs.push_back(-1);
        continue;
      }
      if (!binding.wanted(i)) fail(node, "its kernel did not say how it wants input " + std::to_string(i));
      step.inputs.push_back(in_layout(binding, i));
    }
    step.is_constant = all_fixed(step.inputs) && !operators().get(node.op).has_side_effect;
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (!binding.given(k)) fail(node, "its kernel did not say how it gives output " + std::to_string(k));
      const int slot =
          new_slot({.value = node.outputs[k], .layout = binding.given(k), .bytes = binding.given(k)->bytes()});
      slot_of_value_[static_cast<std::size_t>(node.outputs[k])] = slot;
      is_fixed[static_cast<std::size_t>(slot)] = step.is_constant;
      step.outputs.push_back(slot);
    }
    if (binding.scratch_bytes() > 0) step.scratch = new_slot({.bytes = binding.scratch_bytes()});
    steps_.push_back(std::move(step));
    ++stats_.kernels;
  }
}

void Program::put_constants_first() {
  const auto middle = std::stable_partition(steps_.begin(), steps_.end(), [](const Step& s) { return s.is_constant; });
  constant_steps_ = static_cast<std::size_t>(middle - steps_.begin());
  stats_.constants = static_cast<int>(constant_steps_);
}

/// What the constant steps give the others lives as long as the program; the arena is overwritten by every run.
void Program::keep_constants() {
  std::vector<int> kept;
  for (std::size_t s = 0; s < constant_steps_; ++s)
    kept.insert(kept.end(), steps_[s].outputs.begin(), steps_[s].outputs.end());
  const auto is_read_later = [&](int slot) {
    const ValueId value = slots_[static_cast<std::size_t>(slot)].value;
    const auto& outputs = graph_->outputs();
    if (std::find(outputs.begin(), outputs.end(), value) != outputs.end()) return true;
    return std::any_of(
        steps_.begin() + static_cast<std::ptrdiff_t>(constant_steps_), steps_.end(),
        [&](const Step& step) { return std::find(step.inputs.begin(), step.inputs.end(), slot) != step.inputs.end(); });
  };
  kept.erase(std::remove_if(kept.begin(), kept.end(), [&](int slot) { return !is_read_later(slot); }), kept.end());
  std::size_t bytes = 0;
  for (const int slot : kept) bytes += round_up_to_alignment(slots_[static_cast<std::size_t>(slot)].bytes);
  stats_.constant_bytes = bytes;
  if (kept.empty()) return;
  constants_ = device_->allocate(bytes);
  char* next = static_cast<char*>(constants_->data());
  for (const int index : kept) {
    Slot& slot = slots_[static_cast<std::size_t>(index)];
    slot.is_persistent = true;
    slot.persistent = next;
    next += round_up_to_alignment(slot.bytes);
  }
}

void Program::plan_slots() {
  const int end = static_cast<int>(steps_.size());
  for (Slot& slot : slots_) slot.first_step = slot.last_step = -1;
  const auto touch = [&](int index, int step) {
    if (index < 0) return;
    Slot& slot = slots_[static_cast<std::size_t>(index)];
    if (slot.first_step < 0) slot.first_step = step;
    slot.last_step = step;
  };
  for (int s = 0; s < end; ++s) {
    const Step& step = steps_[static_cast<std::size_t>(s)];
    for (const int slot : step.inputs) touch(slot, s);
    for (const int slot : step.outputs) touch(slot, s);
    touch(step.scratch, s);
  }
  for (const ValueId output : graph_->outputs()) touch(slot_of_value_[static_cast<std::size_t>(output)], end);
  for (Slot& slot : slots_) {  // the caller writes inputs before the first step
    if (slot.value != kNoValue && graph_->value(slot.value).kind == ValueKind::kInput) slot.first_step = 0;
  }

  // In place: an output takes over the bytes of an input that nobody reads after this step.
  for (int s = 0; s < end; ++s) {
    const Step& step = steps_[static_cast<std::size_t>(s)];
    if (step.node < 0 || step.outputs.empty()) continue;
    const Node& node = graph_->nodes()[static_cast<std::size_t>(step.node)];
    Slot& output = slots_[static_cast<std::size_t>(step.outputs[0])];
    for (const int i : operators().get(node.op).in_place_inputs) {
      const int index =
          static_cast<std::size_t>(i) < step.inputs.size() ? step.inputs[static_cast<std::size_t>(i)] : -1;
      if (index < 0) continue;
      const Slot& input = slots_[static_cast<std::size_t>(index)];
      const bool is_same_size = input.bytes == output.bytes;
      if (input.is_persistent || input.last_step != s || !is_same_size) continue;
      if (std::count(step.inputs.begin(), step.inputs.end(), index) != 1) continue;
      output.shares = index;
      break;
    }
  }

  // Slots that share bytes are one request that lives as long as all of them.
  std::vector<int> root(slots_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    root[i] = slots_[i].shares < 0 ? static_cast<int>(i) : root[static_cast<std::size_t>(slots_[i].shares)];
  }
  std::map<int, BufferRequest> requests;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.is_persistent || slot.first_step < 0) continue;
    auto [place, is_new] = requests.emplace(root[i], BufferRequest{slot.bytes, slot.first_step, slot.last_step});
    if (!is_new) place->second.last_step = std::max(place->second.last_step, slot.last_step);
    stats_.arena_bytes_without_reuse += slot.bytes;
  }
  std::vector<BufferRequest> list;
  for (const auto& [index, request] : requests) list.push_back(request);
  const MemoryPlan plan = plan_memory(list);
  std::map<int, std::size_t> offset_of;
  std::size_t next = 0;
  for (const auto& [index, request] : requests) offset_of[index] = plan.offsets[next++];
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].is_persistent && slots_[i].first_step >= 0) slots_[i].offset = offset_of[root[i]];
  }
  stats_.arena_bytes = plan.arena_bytes;
  options_.arena->reserve(plan.arena_bytes);
}

}  // namespace thaw
