#pragma once

#include <dnnl.hpp>
#include <memory>
#include <vector>

#include "ops/kernel.h"

namespace thaw::cpu {

/// What the numbers of a layout count: value = step * number. One step for all, or one for each index of the axes in
/// `axes` (bit i: axis i); none: the numbers are the values.
struct Steps {
  std::vector<float> values;
  int axes = 0;

  bool operator==(const Steps& other) const { return values == other.values && axes == other.axes; }
  bool operator!=(const Steps& other) const { return !(*this == other); }
};

/// A layout as oneDNN describes it, with what its numbers count.
class OneDnnLayout : public Layout {
 public:
  explicit OneDnnLayout(dnnl::memory::desc desc, Steps steps = {}) : desc_(std::move(desc)), steps_(std::move(steps)) {}
  std::size_t bytes() const override { return desc_.get_size(); }
  bool is_storable() const override;
  bool is_bfloat16() const override;
  bool equals(const Layout& other) const override {
    const auto& same = static_cast<const OneDnnLayout&>(other);
    return desc_ == same.desc_ && steps_ == same.steps_;
  }
  std::string text() const override;
  const dnnl::memory::desc& desc() const { return desc_; }
  const Steps& steps() const { return steps_; }

 private:
  dnnl::memory::desc desc_;
  Steps steps_;
};

dnnl::engine& engine();
dnnl::stream& stream();

LayoutPtr layout_of(const dnnl::memory::desc& desc, Steps steps = {});
const dnnl::memory::desc& desc_of(const LayoutPtr& layout);
const Steps& steps_of(const LayoutPtr& layout);
/// Row-major layout of a tensor; a scalar counts as one element.
dnnl::memory::desc plain_desc(const TensorType& type);
dnnl::memory::desc plain_desc(const dnnl::memory::dims& dims);
/// Channels innermost: nhwc.
dnnl::memory::desc channels_last_desc(const dnnl::memory::dims& dims);
/// Lets the primitive choose.
dnnl::memory::desc any_desc(const dnnl::memory::dims& dims,
                            dnnl::memory::data_type type = dnnl::memory::data_type::f32);

/// What the program's precision makes oneDNN multiply.
dnnl::memory::data_type compute_type(const BindContext& context);

/// The layout input `i` has now, but in f32: what kernels of our own compute with, unless they know better. Row-major
/// for a parameter that no kernel has claimed yet.
LayoutPtr input_layout_or_plain(const BindContext& context, int i);
/// The same, bfloat16 where the input is. (Quantized ones are widened.)
LayoutPtr input_layout_as_it_is(const BindContext& context, int i);

/// The layout in f32 of a picture, row-major too if it has one that is not blocked by channels alone (channel_blocks).
LayoutPtr picture_layout(const BindContext& context, int i);
/// The same, bfloat16 where the input is.
LayoutPtr picture_layout_as_it_is(const BindContext& context, int i);

bool is_bfloat16(const LayoutPtr& layout);
/// 8-bit integers.
bool is_quantized(const LayoutPtr& layout);
/// The same order in f32; row-major if that cannot be had.
LayoutPtr as_floats(const LayoutPtr& layout);

/// A tensor of a primitive: oneDNN's name for it (DNNL_ARG_SRC, ...), which input or output of the node it is, its
/// layout and what its numbers count.
struct PrimitiveArgument {
  static constexpr int kConstant = -1;  ///< instead of an index: the steps are the tensor

  int argument;
  int index;
  dnnl::memory::desc desc;
  Steps steps = {};
};

/// Makes the kernel of a oneDNN primitive, and tells the program the layouts and the scratchpad it was made for.
std::unique_ptr<Kernel> bind_primitive(BindContext& context, dnnl::primitive primitive,
                                       const dnnl::memory::desc& scratchpad,
                                       const std::vector<PrimitiveArgument>& inputs,
                                       const std::vector<PrimitiveArgument>& outputs);
/// The same without a program to tell: for reorders, which the program plans itself.
std::unique_ptr<Kernel> make_primitive_kernel(dnnl::primitive primitive, const dnnl::memory::desc& scratchpad,
                                              const std::vector<PrimitiveArgument>& inputs,
                                              const std::vector<PrimitiveArgument>& outputs);

}  // namespace thaw::cpu
