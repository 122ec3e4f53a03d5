// CPU kernel of the optimizers: one pass over all gradients for their norm, then one over all parameters. Where a
// gradient comes as its factors, it is computed in the second pass, a few rows at a time.
#include <omp.h>

#include <cmath>
#include <limits>
#include <optional>

#include "graph/passes/plan_memory.h"
#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn.h"
#include "ops/update/factored_gradient.h"
#include "ops/update/update.h"
#include "ops/update/update_loops.h"
#include "schemas/diagnostic.h"

namespace thaw::cpu {
namespace {

/// A parameter as the kernel sees it: so many floats, padding included, or a matrix whose gradient comes as factors.
struct Updated {
  std::int64_t size = 0;
  std::optional<FactoredGradient> factored = {};
  bool is_transposed = false;      ///< the matrix lies as [values, units]
  std::size_t rows_input = 0;      ///< where X is among the node's inputs
  std::size_t scratch_offset = 0;  ///< in bytes
  Chunk whole = {};
};

class UpdateKernel : public Kernel {
 public:
  UpdateKernel(const Node& node, std::vector<Updated> updated)
      : op_(node.op), attributes_(node.attributes), updated_(std::move(updated)) {
    slot_count_ = slot_names(op_, attributes_).size();
    terms_ = update_terms(attributes_);
    rules_.resize(terms_.size());
    for (const UpdateTerms& terms : terms_) loops_.push_back(loop_of(op_, terms.weight_decay != 0));
  }

  void attach(const Buffers& buffers) override {
    loss_ = static_cast<const float*>(buffers.inputs[0]);
    learning_rate_ = static_cast<const float*>(buffers.inputs[1]);
    step_ = static_cast<const std::int32_t*>(buffers.inputs[2]);
    norm_ = static_cast<float*>(buffers.outputs[0]);
    chunks_.clear();
    for (std::size_t i = 0; i < updated_.size(); ++i) {
      Chunk whole{data(buffers, 0, i), data(buffers, 1, i), {}, updated_[i].size, i};
      for (std::size_t s = 0; s < slot_count_; ++s) whole.slots[s] = data(buffers, 2 + s, i);
      updated_[i].factored ? attach_factors(buffers, whole) : attach_gradient(whole);
    }
    squares_.assign(chunks_.size(), 0);
  }

  void run() override {
    const auto count = static_cast<std::int64_t>(chunks_.size());
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      squares_[at] = sum_of_squares(chunks_[at].g, chunks_[at].n);
    }
    double total = 0;  // in a fixed order: the same norm for any number of threads
    for (const double square : squares_) total += square;
    for (Updated& each : updated_) {
      if (each.factored) total += each.factored->sum_of_squares();
    }
    const double norm = std::sqrt(total);
    if (!std::isfinite(norm) || !std::isfinite(*loss_)) {
      *norm_ = std::numeric_limits<float>::quiet_NaN();
      return;
    }
    *norm_ = static_cast<float>(norm);
    // Parameters of the same terms, which most are, have the same rule.
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      rules_[i] = i > 0 && terms_[i] == terms_[i - 1] ? rules_[i - 1] : rule_for(norm, terms_[i]);
    }
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i) {
      const Chunk& chunk = chunks_[static_cast<std::size_t>(i)];
      loops_[chunk.parameter](chunk, rules_[chunk.parameter]);
    }
    for (const Updated& each : updated_) {
      const std::size_t i = each.whole.parameter;
      if (each.factored) each.factored->update(each.whole, rules_[i], loops_[i]);
    }
  }

 private:
  static constexpr std::int64_t kChunk = 16384;

  float* data(const Buffers& buffers, std::size_t group, std::size_t i) const {
    return static_cast<float*>(buffers.inputs[3 + group * updated_.size() + i]);
  }

  void attach_gradient(const Chunk& whole) {
    for (std::int64_t begin = 0; begin < whole.n; begin += kChunk) {
      Chunk chunk{whole.w + begin, whole.g + begin, {}, std::min(kChunk, whole.n - begin), whole.parameter};
      for (std::size_t s = 0; s < slot_count_; ++s) chunk.slots[s] = whole.slots[s] + begin;
      chunks_.push_back(chunk);
    }
  }

  void attach_factors(const Buffers& buffers, const Chunk& whole) {
    Updated& each = updated_[whole.parameter];
    each.whole = whole;
    const auto* rows = static_cast<const float*>(buffers.inputs[each.rows_input]);
    each.factored->attach(each.is_transposed ? rows : whole.g, each.is_transposed ? whole.g : rows,
                          static_cast<char*>(buffers.scratch) + each.scratch_offset);
  }

  Rule rule_for(double norm, const UpdateTerms& terms) const {
    Rule rule;
    double rate = *learning_rate_ * terms.learning_rate_multiplier;
    rule.decay = static_cast<float>(terms.weight_decay);
    const double beta_1 = attributes_.real("beta_1"), beta_2 = attributes_.real("beta_2");
    if (op_ == "Adam") {
      rule.decay = static_cast<float>(rate * terms.weight_decay);
      const auto steps = static_cast<double>(*step_ - terms.first_step);
      rate *= std::sqrt(1 - std::pow(beta_2, steps)) / (1 - std::pow(beta_1, steps));
    }
    rule.rate = static_cast<float>(rate);
    rule.take_1 = static_cast<float>(1 - beta_1);
    rule.take_2 = static_cast<float>(1 - beta_2);
    rule.take_rho = static_cast<float>(1 - attributes_.real("rho"));
    rule.rho = static_cast<float>(attributes_.real("rho"));
    rule.momentum = static_cast<float>(attributes_.real("momentum"));
    rule.epsilon = static_cast<float>(attributes_.real("epsilon"));
    rule.nesterov = attributes_.integer("nesterov") != 0;
    const double max_norm = attributes_.real("clip_global_norm"), max_value = attributes_.real("clip_value");
    if (max_norm > 0 && norm > max_norm) rule.scale = static_cast<float>(max_norm / norm);
    if (max_value > 0) rule.limit = static_cast<float>(max_value);
    return rule;
  }

  std::string op_;
  Attributes attributes_;
  std::vector<Updated> updated_;
  std::size_t slot_count_ = 0;
  std::vector<UpdateTerms> terms_;  ///< by parameter, as rules_ and loops_
  std::vector<Rule> rules_;
  std::vector<Loop> loops_;
  std::vector<Chunk> chunks_;
  std::vector<double> squares_;
  const float* loss_ = nullptr;
  const float* learning_rate_ = nullptr;
  const std::int32_t* step_ = nullptr;
  float* norm_ = nullptr;
};

/// How a dense weight lies whose gradient comes as factors: as a matrix, in one of the two orders.
Updated factored_update(const BindContext& context, const FactorExtents& of_units, const LayoutPtr& layout) {
  const dnnl::memory::dims dims{of_units.rows, of_units.columns};
  const dnnl::memory::desc transposed(dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ba);
  Updated updated;
  updated.is_transposed = desc_of(layout) == transposed;
  if (!updated.is_transposed && desc_of(layout) != plain_desc(dims)) {
    throw InternalError(context.node().op + ": a weight lies as " + layout->text() +
                        ", but its gradient's factors do not");
  }
  const FactorExtents extents{of_units.depth, updated.is_transposed ? of_units.columns : of_units.rows,
                              updated.is_transposed ? of_units.rows : of_units.columns};
  updated.factored.emplace(extents, omp_get_max_threads());
  return updated;
}

std::unique_ptr<Kernel> make_update(BindContext& context) {
  const Node& node = context.node();
  const UpdateInputs inputs = UpdateInputs::of(node);
  const auto count = static_cast<int>(inputs.weights.size());
  const auto want_plain = [&](int i) { context.want_input(i, layout_of(plain_desc(context.input_type(i)))); };
  for (int i = 0; i < 3; ++i) want_plain(i);
  std::vector<Updated> updated;
  std::size_t scratch_bytes = 0;
  int rows_input = 3 + count * (2 + static_cast<int>(inputs.slots.size()));
  for (int i = 0; i < count; ++i) {
    LayoutPtr layout = context.input_layout(3 + i);
    if (!layout) layout = layout_of(plain_desc(context.input_type(3 + i)));  // no kernel before this one reads it
    const bool is_factored = inputs.rows[static_cast<std::size_t>(i)] != kNoValue;
    for (int at = 3 + i; at < 3 + count * (2 + static_cast<int>(inputs.slots.size())); at += count) {
      if (!is_factored || at != 3 + count + i) context.want_input(at, layout);
    }
    Updated each;
    if (is_factored) {
      const Shape &dy = context.input_type(3 + count + i).shape, &x = context.input_type(rows_input).shape;
      each = factored_update(context, {dy[0], dy[1], x[1]}, layout);
      each.rows_input = static_cast<std::size_t>(rows_input);
      each.scratch_offset = scratch_bytes;
      scratch_bytes += (each.factored->scratch_bytes() + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
      want_plain(3 + count + i);
      want_plain(rows_input++);
    }
    each.size = static_cast<std::int64_t>(layout->bytes() / sizeof(float));
    updated.push_back(std::move(each));
  }
  if (scratch_bytes > 0) context.want_scratch(scratch_bytes);
  context.give_output(0, layout_of(plain_desc(context.output_type(0))));
  return std::make_unique<UpdateKernel>(node, std::move(updated));
}

}  // namespace

void add_update_kernels(KernelTable& table) {
  for (const char* name : {"Sgd", "RmsProp", "Adam"}) table[name] = make_update;
}

}  // namespace thaw::cpu
