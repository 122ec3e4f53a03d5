// CPU kernels that give elements new places. Each is planned as strided copies when it is bound
// (ops/device/cpu/strided_copy) and runs in the layouts its inputs have: a picture in blocks of channels stays so, also
// where a Concat's or a Slice's boundary cuts a block.
#include <bit>
#include <optional>

#include "ops/axis.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/quantized.h"
#include "ops/device/cpu/strided_copy.h"
#include "ops/shape/geometry.h"
#include "ops/shape/shape_kernels.h"

namespace thaw::cpu {
namespace {

/// Copies from inputs to outputs, planned while it is bound: what is to be filled, then moved, then zeroed.
class MoveKernel : public Kernel {
 public:
  /// Fills all of every output first, padding too.
  void fill(std::uint32_t word) { fill_ = word; }
  void move(int input, int output, StridedCopy copy) { moves_.push_back({input, output, std::move(copy)}); }
  void zero(int output, const std::vector<StridedCopy>& padding) {
    for (const StridedCopy& each : padding) zeros_.push_back({-1, output, each});
  }
  /// Moves add to what is there instead of replacing it.
  void add() { adds_ = true; }
  void set_output_bytes(std::vector<std::size_t> bytes) { output_bytes_ = std::move(bytes); }
  /// 4 unless said otherwise. Narrower numbers are moved, never added or filled in.
  void set_element_bytes(std::size_t bytes) { element_bytes_ = bytes; }

  void attach(const Buffers& buffers) override { buffers_ = buffers; }
  void run() override {
    if (fill_) {
      for (std::size_t k = 0; k < output_bytes_.size(); ++k) {
        const auto words = static_cast<std::int64_t>(output_bytes_[k] / sizeof(std::uint32_t));
        run_fill({{words}, {0}, {1}}, *fill_, buffers_.outputs[k]);
      }
    }
    for (const Move& each : moves_) {
      void* to = buffers_.outputs[static_cast<std::size_t>(each.output)];
      const void* from = buffers_.inputs[static_cast<std::size_t>(each.input)];
      if (adds_) {
        run_add(each.copy, static_cast<const float*>(from), static_cast<float*>(to));
      } else {
        run_copy(each.copy, element_bytes_, from, to);
      }
    }
    for (const Move& each : zeros_) {
      void* to = buffers_.outputs[static_cast<std::size_t>(each.output)];
      run_zero(each.copy, element_bytes_, to);
    }
  }

 private:
  struct Move {
    int input, output;
    StridedCopy copy;
  };
  std::optional<std::uint32_t> fill_;
  bool adds_ = false;
  std::size_t element_bytes_ = sizeof(std::uint32_t);
  std::vector<std::size_t> output_bytes_;
  std::vector<Move> moves_, zeros_;
  Buffers buffers_;
};

/// Whether a kernel of this file can read the layout as it lies.
bool is_readable(const BindContext& context, int i, const dnnl::memory::desc& desc) {
  return dims_of(desc) == context.input_type(i).shape && blocked_strides(desc).has_value();
}

/// How tensors of one MoveKernel lie, and which layouts the program was told.
class MovePlan {
 public:
  /// `takes_bfloat16`: moves numbers as they are, without adding them or filling gaps; where one of them is bfloat16,
  /// all that are pictures are moved so.
  explicit MovePlan(BindContext& context, bool takes_bfloat16 = false)
      : context_(context), kernel_(std::make_unique<MoveKernel>()) {
    for (int i = 0; takes_bfloat16 && i < static_cast<int>(context.node().inputs.size()); ++i) {
      if (is_bfloat16(input_layout_as_it_is(context, i))) move_as(dnnl::memory::data_type::bf16, {});
    }
  }
  /// Moves numbers of another type, which count other steps.
  void move_as(dnnl::memory::data_type type, const Steps& steps) {
    type_ = type;
    steps_ = steps;
    kernel_->set_element_bytes(type == dnnl::memory::data_type::bf16 ? sizeof(std::uint16_t) : sizeof(std::uint8_t));
  }

  /// Takes input `i` as it lies, or row-major if that is beyond us.
  BlockedStrides want_as_it_lies(int i) {
    const LayoutPtr layout = in_numbers(input_layout_or_plain(context_, i));
    if (context_.input_type(i).shape.empty() || !is_readable(context_, i, desc_of(layout))) return want_plain(i);
    context_.want_input(i, layout);
    return *blocked_strides(desc_of(layout));
  }
  BlockedStrides want_plain(int i) {
    context_.want_input(i, in_numbers(layout_of(plain_desc(context_.input_type(i)))));
    return {row_major_strides(context_.input_type(i).shape)};
  }
  BlockedStrides give_plain(int k) {
    return give(k, desc_of(in_numbers(layout_of(plain_desc(context_.output_type(k))))));
  }
  /// Gives output `k` in blocks of channels if input `i` lies so, and keeps its padding zero.
  BlockedStrides give_like(int i, int k) {
    const TensorType& type = context_.output_type(k);
    const auto like = desc_of(in_numbers(input_layout_or_plain(context_, i)));
    const bool is_picture = type.shape.size() == 4 && type.dtype == DType::kFloat32 && element_count(type.shape) > 0;
    if (!is_picture || !is_readable(context_, i, like) || !find_channel_blocks(like)) return give_plain(k);
    return give(k, reshaped_like(like, type.shape));
  }

  MoveKernel& kernel() { return *kernel_; }
  std::unique_ptr<Kernel> done() {
    kernel_->set_output_bytes(bytes_);
    for (auto& [k, padding] : padding_) kernel_->zero(k, padding);
    return std::move(kernel_);
  }

 private:
  LayoutPtr in_numbers(const LayoutPtr& floats) const {
    return type_ ? layout_of(with_data_type(desc_of(floats), *type_), steps_) : floats;
  }
  BlockedStrides give(int k, const dnnl::memory::desc& desc) {
    context_.give_output(k, layout_of(desc, steps_));
    bytes_.push_back(desc.get_size());
    const Shape& shape = context_.output_type(k).shape;
    if (shape.empty()) return {};
    const BlockedStrides strides = *blocked_strides(desc);
    padding_.emplace_back(k, plan_padding(strides, shape));
    return strides;
  }

  BindContext& context_;
  std::optional<dnnl::memory::data_type> type_;  ///< none: words of four bytes, as they are
  Steps steps_;
  std::unique_ptr<MoveKernel> kernel_;
  std::vector<std::size_t> bytes_;
  std::vector<std::pair<int, std::vector<StridedCopy>>> padding_;
};

std::vector<AxisRun> whole(const Shape& shape) {
  std::vector<AxisRun> region;
  for (const std::int64_t extent : shape) region.push_back({.extent = extent});
  return region;
}

std::unique_ptr<Kernel> make_concat(BindContext& context) {
  MovePlan plan(context, true);
  if (const auto integers = integers_to_give(context)) plan.move_as(integers->type, integers->steps());
  const auto count = static_cast<int>(context.node().inputs.size());
  const auto axis = axis_index(context.node().attributes.integer("axis"), context.output_type(0).shape.size());
  int largest = 0;  // the output lies like the input that has most to say
  for (int i = 1; i < count; ++i) {
    if (context.input_type(i).shape[axis] > context.input_type(largest).shape[axis]) largest = i;
  }
  const BlockedStrides to = plan.give_like(largest, 0);
  std::int64_t begin = 0;
  for (int i = 0; i < count; ++i) {
    auto region = whole(context.input_type(i).shape);
    region[axis].to_begin = begin;
    begin += region[axis].extent;
    for (auto& copy : plan_copies(plan.want_as_it_lies(i), to, region)) plan.kernel().move(i, 0, std::move(copy));
  }
  return plan.done();
}

std::unique_ptr<Kernel> make_split(BindContext& context) {
  MovePlan plan(context, true);
  const auto axis = axis_index(context.node().attributes.integer("axis"), context.input_type(0).shape.size());
  const BlockedStrides from = plan.want_as_it_lies(0);
  std::int64_t begin = 0;
  for (int k = 0; k < static_cast<int>(context.node().outputs.size()); ++k) {
    auto region = whole(context.output_type(k).shape);
    region[axis].from_begin = begin;
    begin += region[axis].extent;
    for (auto& copy : plan_copies(from, plan.give_like(0, k), region)) plan.kernel().move(0, k, std::move(copy));
  }
  return plan.done();
}

std::unique_ptr<Kernel> make_slice(BindContext& context, bool is_gradient) {
  MovePlan plan(context, !is_gradient);
  const Shape& whole_shape = is_gradient ? context.output_type(0).shape : context.input_type(0).shape;
  const SliceRange range = SliceRange::of(context.node().attributes, whole_shape);
  std::vector<AxisRun> region;
  for (std::size_t axis = 0; axis < whole_shape.size(); ++axis) {
    AxisRun run{.extent = range.extents[axis]};
    (is_gradient ? run.to_begin : run.from_begin) = range.starts[axis];
    (is_gradient ? run.to_step : run.from_step) = range.steps[axis];
    region.push_back(run);
  }
  if (is_gradient) plan.kernel().fill(0);
  const BlockedStrides from = plan.want_as_it_lies(0);
  for (auto& copy : plan_copies(from, plan.give_like(0, 0), region)) plan.kernel().move(0, 0, std::move(copy));
  return plan.done();
}

/// What one axis of a Pad reads, as runs; where the constant stands there is none.
std::vector<AxisRun> runs_of(const std::vector<std::int64_t>& sources) {
  std::vector<AxisRun> runs;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] < 0) continue;
    AxisRun run{.extent = 1, .from_begin = sources[i], .to_begin = static_cast<std::int64_t>(i)};
    if (i + 1 < sources.size() && sources[i + 1] >= 0) {
      const std::int64_t step = sources[i + 1] - sources[i];
      if (step >= -1 && step <= 1) run.from_step = step;
    }
    while (i + 1 < sources.size() && sources[i + 1] >= 0 && sources[i + 1] - sources[i] == run.from_step) {
      ++run.extent;
      ++i;
    }
    runs.push_back(run);
  }
  return runs;
}

/// Every combination of one run an axis.
std::vector<std::vector<AxisRun>> pad_regions(const Attributes& attributes, const Shape& input) {
  const Shape pads = attributes.integers("pads");
  std::vector<std::vector<AxisRun>> regions(1);
  for (std::size_t axis = 0; axis < input.size(); ++axis) {
    std::vector<std::vector<AxisRun>> next;
    for (const AxisRun& run : runs_of(
             pad_sources(attributes.text("mode", "constant"), input[axis], pads[axis], pads[axis + input.size()]))) {
      for (auto region : regions) {
        region.push_back(run);
        next.push_back(std::move(region));
      }
    }
    regions = std::move(next);
  }
  return regions;
}

std::unique_ptr<Kernel> make_pad(BindContext& context) {
  MovePlan plan(context);
  const Attributes& attributes = context.node().attributes;
  if (attributes.text("mode", "constant") == "constant") {
    const double value = attributes.real("value");
    plan.kernel().fill(context.input_type(0).dtype == DType::kFloat32
                           ? std::bit_cast<std::uint32_t>(static_cast<float>(value))
                           : static_cast<std::uint32_t>(static_cast<std::int32_t>(value)));
  }
  const BlockedStrides from = plan.want_as_it_lies(0), to = plan.give_like(0, 0);
  for (const auto& region : pad_regions(attributes, context.input_type(0).shape)) {
    for (auto& copy : plan_copies(from, to, region)) plan.kernel().move(0, 0, std::move(copy));
  }
  return plan.done();
}

std::unique_ptr<Kernel> make_pad_grad(BindContext& context) {
  MovePlan plan(context);
  plan.kernel().fill(0);
  plan.kernel().add();
  const BlockedStrides from = plan.want_as_it_lies(0), to = plan.give_like(0, 0);
  for (auto region : pad_regions(context.node().attributes, context.output_type(0).shape)) {
    for (AxisRun& run : region) {
      std::swap(run.from_begin, run.to_begin);
      std::swap(run.from_step, run.to_step);
    }
    for (auto& copy : plan_copies(from, to, region)) plan.kernel().move(0, 0, std::move(copy));
  }
  return plan.done();
}

std::unique_ptr<Kernel> make_transpose(BindContext& context) {
  MovePlan plan(context, true);
  const BlockedStrides from = plan.want_as_it_lies(0);
  const Shape& y = context.output_type(0).shape;
  std::vector<std::int64_t> perm = context.node().attributes.integers("perm");
  if (!context.node().attributes.has("perm")) {
    for (std::size_t i = y.size(); i-- > 0;) perm.push_back(static_cast<std::int64_t>(i));
  }
  BlockedStrides permuted = from;
  for (std::size_t i = 0; i < perm.size(); ++i) {
    permuted.strides[i] = from.strides[static_cast<std::size_t>(perm[i])];
    if (from.axis == perm[i]) permuted.axis = static_cast<int>(i);
  }
  for (auto& copy : plan_copies(permuted, plan.give_plain(0), whole(y))) plan.kernel().move(0, 0, std::move(copy));
  return plan.done();
}

std::unique_ptr<Kernel> make_shuffle(BindContext& context, bool is_to_space) {
  MovePlan plan(context);
  plan.want_plain(0);
  plan.give_plain(0);
  const auto shuffle = BlockShuffle::of(context.node().attributes,
                                        is_to_space ? context.input_type(0).shape : context.output_type(0).shape);
  plan.kernel().move(0, 0,
                     simplified({shuffle.extents, is_to_space ? shuffle.deep_strides : shuffle.wide_strides,
                                 is_to_space ? shuffle.wide_strides : shuffle.deep_strides}));
  return plan.done();
}

std::unique_ptr<Kernel> make_expand(BindContext& context) {
  MovePlan plan(context);
  Shape from = plan.want_plain(0).strides;
  plan.give_plain(0);
  const Shape& x = context.input_type(0).shape;
  const Shape& y = context.output_type(0).shape;
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    if (x[axis] == 1) from[axis] = 0;
  }
  from.insert(from.begin(), y.size() - x.size(), 0);
  plan.kernel().move(0, 0, simplified({y, from, row_major_strides(y)}));
  return plan.done();
}

std::unique_ptr<Kernel> make_tile(BindContext& context, bool is_gradient) {
  MovePlan plan(context);
  plan.want_plain(0);
  plan.give_plain(0);
  const Shape& x = is_gradient ? context.output_type(0).shape : context.input_type(0).shape;
  const Shape repeats = context.node().attributes.integers("repeats");
  const Shape x_strides = row_major_strides(x);
  const Shape y_strides = row_major_strides(is_gradient ? context.input_type(0).shape : context.output_type(0).shape);
  StridedCopy copy;
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    copy.extents.insert(copy.extents.end(), {repeats[axis], x[axis]});
    copy.from_strides.insert(copy.from_strides.end(), {0, x_strides[axis]});
    copy.to_strides.insert(copy.to_strides.end(), {x[axis] * y_strides[axis], y_strides[axis]});
  }
  if (is_gradient) {
    std::swap(copy.from_strides, copy.to_strides);
    plan.kernel().fill(0);
    plan.kernel().add();
  }
  plan.kernel().move(0, 0, simplified(copy));
  return plan.done();
}

}  // namespace

void add_move_kernels(KernelTable& table) {
  table["Concat"] = make_concat;
  table["Split"] = make_split;
  table["Slice"] = [](BindContext& context) { return make_slice(context, false); };
  table["SliceGrad"] = [](BindContext& context) { return make_slice(context, true); };
  table["Pad"] = make_pad;
  table["PadGrad"] = make_pad_grad;
  table["Transpose"] = make_transpose;
  table["DepthToSpace"] = [](BindContext& context) { return make_shuffle(context, true); };
  table["SpaceToDepth"] = [](BindContext& context) { return make_shuffle(context, false); };
  table["Expand"] = make_expand;
  table["Tile"] = [](BindContext& context) { return make_tile(context, false); };
  table["TileGrad"] = [](BindContext& context) { return make_tile(context, true); };
}

}  // namespace thaw::cpu
