#pragma once

#include <dnnl.hpp>
#include <optional>

#include "ops/activation.h"
#include "ops/device/cpu/onednn.h"
#include "ops/window.h"

/// What oneDNN 2.x and 3.x say differently about 8-bit integers: how their factors are handed over, and to what they
/// apply (see onednn_compat.h).
namespace thaw::cpu {

/// What a convolution or an inner product reads and writes; an empty bias where there is none.
struct ProductDescs {
  dnnl::memory::desc src, weights, bias, dst;
};

/// What their integers count: value = step * integer; 1 for f32.
struct ProductSteps {
  float src = 1;
  std::vector<float> weights;  ///< one for each filter
  float dst = 1;
  /// What dst holds before, if it is added to: 8-bit integers like dst's but perhaps of other sign, or f32 like dst.
  struct Added {
    float step = 1;
    dnnl::memory::data_type type = dnnl::memory::data_type::undef;
  };
  std::optional<Added> added = std::nullopt;
};

/// Integers multiplied, summed up exactly, then bias, the added picture and the activation in f32, then rounded to
/// what dst is. Throws dnnl::error where oneDNN has no such primitive.
dnnl::convolution_forward::primitive_desc quantized_conv(const Window& window, const ProductDescs& descs,
                                                         const FusedActivation& activation, const ProductSteps& steps);
dnnl::inner_product_forward::primitive_desc quantized_inner_product(const ProductDescs& descs,
                                                                    const FusedActivation& activation,
                                                                    const ProductSteps& steps);
/// In what steps these primitives want their bias, which is f32.
Steps bias_steps(const ProductSteps& steps);
/// What they are told of steps when they run, as constants.
std::vector<PrimitiveArgument> scale_arguments(const ProductSteps& steps);

/// A reorder of numbers that count other steps.
dnnl::reorder::primitive_desc reorder_between(const dnnl::memory::desc& from, const Steps& from_steps,
                                              const dnnl::memory::desc& to, const Steps& to_steps);
std::vector<PrimitiveArgument> scale_arguments(const Steps& from, const Steps& to);

/// Whether products of a 0..255 and a -127..127 are summed up exactly; else pairs of them may exceed 16 bits.
bool has_exact_products();

}  // namespace thaw::cpu
