// CPU kernel of the optimizers: one pass over all parameters, in whatever layout each has (elementwise, so the layout
// does not matter, and zero padding stays zero under zero gradients).
#include <cmath>
#include <limits>

#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/simd.h"
#include "ops/update/update.h"

namespace thaw::cpu {
namespace {

/// A stretch of one parameter: small enough that its tensors stay in cache between the two passes.
struct Chunk {
  float* w;
  const float* g;
  float* slots[2];
  std::int64_t n;
  std::size_t parameter;
};

/// What one step does, in the units of the inner loops.
struct Rule {
  float rate = 0;                                        ///< learning rate; for Adam with its bias corrections
  float scale = 1;                                       ///< on every gradient: global-norm clipping
  float limit = std::numeric_limits<float>::infinity();  ///< on every gradient: value clipping
  float momentum = 0, rho = 0, epsilon = 0;
  // 1 - beta_1, 1 - beta_2, 1 - rho, rounded once: in f32, 1 - 0.999F is off by 1.3e-5 of itself.
  float take_1 = 0, take_2 = 0, take_rho = 0;
  float decay = 0;  ///< what is multiplied by the weight: added to its gradient, or for Adam taken off the weight
  bool nesterov = false;
};

// 0 x inf is NaN, so a sum of squares is finite exactly if every gradient is (float squares cannot overflow a double).
THAW_SIMD_CLONES double sum_of_squares(const float* g, std::int64_t n) {
  double lanes[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; ++k) lanes[k] += static_cast<double>(g[i + k]) * g[i + k];
  }
  for (; i < n; ++i) lanes[0] += static_cast<double>(g[i]) * g[i];
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

inline float clipped(float g, const Rule& rule) {
  const float scaled = g * rule.scale;
  return scaled > rule.limit ? rule.limit : scaled < -rule.limit ? -rule.limit : scaled;
}

// Each loop is written once and compiled with and without decay, which would otherwise cost the usual case a
// multiplication (and 0 times an infinite weight is no number). It must be inlined to be compiled for each instruction
// set.
#define THAW_LOOP         \
  template <bool kDecays> \
  [[gnu::always_inline]] inline

THAW_LOOP void adam_loop(const Chunk& chunk, const Rule& rule) {
  float* __restrict w = chunk.w;
  const float* __restrict grads = chunk.g;
  float* __restrict m = chunk.slots[0];
  float* __restrict v = chunk.slots[1];
  for (std::int64_t i = 0; i < chunk.n; ++i) {
    const float g = clipped(grads[i], rule);
    m[i] += (g - m[i]) * rule.take_1;
    v[i] += (g * g - v[i]) * rule.take_2;
    const float step = rule.rate * m[i] / (std::sqrt(v[i]) + rule.epsilon);
    w[i] -= kDecays ? step + rule.decay * w[i] : step;
  }
}

/// The tail that Sgd and RmsProp share: `step` is what plain descent would subtract.
inline void descend(const Chunk& chunk, const Rule& rule, float* velocity, std::int64_t i, float step) {
  if (!velocity) {
    chunk.w[i] -= step;
    return;
  }
  velocity[i] = rule.momentum * velocity[i] - step;
  chunk.w[i] += rule.nesterov ? rule.momentum * velocity[i] - step : velocity[i];
}

THAW_LOOP void sgd_loop(const Chunk& chunk, const Rule& rule) {
  for (std::int64_t i = 0; i < chunk.n; ++i) {
    float g = clipped(chunk.g[i], rule);
    if (kDecays) g += rule.decay * chunk.w[i];
    descend(chunk, rule, chunk.slots[0], i, rule.rate * g);
  }
}

THAW_LOOP void rms_prop_loop(const Chunk& chunk, const Rule& rule) {
  float* mean = chunk.slots[0];
  for (std::int64_t i = 0; i < chunk.n; ++i) {
    float g = clipped(chunk.g[i], rule);
    if (kDecays) g += rule.decay * chunk.w[i];
    mean[i] = rule.rho * mean[i] + rule.take_rho * g * g;
    descend(chunk, rule, chunk.slots[1], i, rule.rate * g / std::sqrt(mean[i] + rule.epsilon));
  }
}

#undef THAW_LOOP

using Loop = void (*)(const Chunk&, const Rule&);

THAW_SIMD_CLONES void adam(const Chunk& chunk, const Rule& rule) { adam_loop<false>(chunk, rule); }
THAW_SIMD_CLONES void adam_decayed(const Chunk& chunk, const Rule& rule) { adam_loop<true>(chunk, rule); }
THAW_SIMD_CLONES void sgd(const Chunk& chunk, const Rule& rule) { sgd_loop<false>(chunk, rule); }
THAW_SIMD_CLONES void sgd_decayed(const Chunk& chunk, const Rule& rule) { sgd_loop<true>(chunk, rule); }
THAW_SIMD_CLONES void rms_prop(const Chunk& chunk, const Rule& rule) { rms_prop_loop<false>(chunk, rule); }
THAW_SIMD_CLONES void rms_prop_decayed(const Chunk& chunk, const Rule& rule) { rms_prop_loop<true>(chunk, rule); }

Loop loop_of(const std::string& op, bool decays) {
  if (op == "Adam") return decays ? adam_decayed : adam;
  if (op == "RmsProp") return decays ? rms_prop_decayed : rms_prop;
  return decays ? sgd_decayed : sgd;
}

class UpdateKernel : public Kernel {
 public:
  UpdateKernel(const Node& node, std::vector<std::int64_t> sizes)
      : op_(node.op), attributes_(node.attributes), sizes_(std::move(sizes)) {
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
    const std::size_t count = sizes_.size();
    const auto data = [&](std::size_t group, std::size_t i) {
      return static_cast<float*>(buffers.inputs[3 + group * count + i]);
    };
    for (std::size_t i = 0; i < count; ++i) {
      for (std::int64_t begin = 0; begin < sizes_[i]; begin += kChunk) {
        Chunk chunk{data(0, i) + begin, data(1, i) + begin, {}, std::min(kChunk, sizes_[i] - begin), i};
        for (std::size_t s = 0; s < slot_count_; ++s) chunk.slots[s] = data(2 + s, i) + begin;
        chunks_.push_back(chunk);
      }
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
  }

 private:
  static constexpr std::int64_t kChunk = 16384;

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
  std::vector<std::int64_t> sizes_;  ///< elements of each parameter, padding included
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

std::unique_ptr<Kernel> make_update(BindContext& context) {
  const Node& node = context.node();
  const auto count = static_cast<int>(node.attributes.integer("count"));
  for (int i = 0; i < 3; ++i) context.want_input(i, layout_of(plain_desc(context.input_type(i))));
  std::vector<std::int64_t> sizes;
  for (int i = 0; i < count; ++i) {
    LayoutPtr layout = context.input_layout(3 + i);
    if (!layout) layout = layout_of(plain_desc(context.input_type(3 + i)));  // no kernel before this one reads it
    sizes.push_back(static_cast<std::int64_t>(layout->bytes() / sizeof(float)));
    for (int at = 3 + i; at < static_cast<int>(node.inputs.size()); at += count) context.want_input(at, layout);
  }
  context.give_output(0, layout_of(plain_desc(context.output_type(0))));
  return std::make_unique<UpdateKernel>(node, std::move(sizes));
}

}  // namespace

void add_update_kernels(KernelTable& table) {
  for (const char* name : {"Sgd", "RmsProp", "Adam"}) table[name] = make_update;
}

}  // namespace thaw::cpu
