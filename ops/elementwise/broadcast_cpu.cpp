// How a broadcasting kernel walks through memory. The output is written from front to back; each input has a stride
// for every axis of the output's memory, 0 where it is repeated.
#include "ops/elementwise/broadcast_cpu.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "ops/device/cpu/bfloat16.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat_order.h"

namespace thaw::cpu {
namespace {

constexpr std::int64_t kChunk = 16384;  // elements a thread takes at a time: fits its first-level cache

struct Axis {
  std::int64_t extent = 1;
  std::int64_t strides[3] = {};
};

/// An input of one value a channel, copied so that it has the padding of the output's channels.
struct PaddedCopy {
  int input = 0;
  std::int64_t rows = 1, channels = 1, padded = 1;
};

struct Walk {
  int inputs = 1;
  std::vector<Axis> axes;
  std::vector<PaddedCopy> copies;
  std::optional<ChannelOrder> order;  ///< if the output's padding must be zeroed
};

/// Axes that all tensors step through as one become one.
std::vector<Axis> merged(const std::vector<Axis>& axes, int inputs) {
  std::vector<Axis> result;
  for (const Axis& axis : axes) {
    if (axis.extent == 1) continue;
    bool is_one = !result.empty();
    for (int i = 0; i < inputs && is_one; ++i) is_one = result.back().strides[i] == axis.extent * axis.strides[i];
    if (is_one) {
      const std::int64_t extent = result.back().extent * axis.extent;
      result.back() = axis;
      result.back().extent = extent;
    } else {
      result.push_back(axis);
    }
  }
  if (result.empty()) result.push_back({});
  return result;
}

class BroadcastKernel : public Kernel {
 public:
  BroadcastKernel(Walk walk, TileFunction tile) : walk_(std::move(walk)), tile_(std::move(tile)) {
    walk_.axes = merged(walk_.axes, walk_.inputs);
    columns_ = walk_.axes.back();
    walk_.axes.pop_back();
    for (const Axis& axis : walk_.axes) rows_ *= axis.extent;
  }

  void attach(const Buffers& buffers) override {
    for (int i = 0; i < walk_.inputs; ++i)
      in_[i] = static_cast<const float*>(buffers.inputs[static_cast<std::size_t>(i)]);
    out_ = static_cast<float*>(buffers.outputs[0]);
    auto* scratch = static_cast<float*>(buffers.scratch);
    copies_.clear();
    for (const PaddedCopy& copy : walk_.copies) {
      copies_.push_back({in_[copy.input], scratch});
      in_[copy.input] = scratch;
      scratch += copy.rows * copy.padded;
    }
  }

  void run() override {
    for (std::size_t i = 0; i < copies_.size(); ++i) pad(walk_.copies[i], copies_[i].first, copies_[i].second);
    const std::int64_t pieces = (columns_.extent + kChunk - 1) / kChunk;
    const std::int64_t rows_at_once =
        pieces > 1 ? 1 : std::max<std::int64_t>(1, kChunk / std::max<std::int64_t>(1, columns_.extent));
    const std::int64_t groups = (rows_ + rows_at_once - 1) / rows_at_once;
#pragma omp parallel for schedule(static) if (groups * pieces > 1)
    for (std::int64_t item = 0; item < groups * pieces; ++item) {
      const std::int64_t first_row = item / pieces * rows_at_once, first_column = item % pieces * kChunk;
      run_rows(first_row, std::min(rows_, first_row + rows_at_once), first_column,
               std::min(kChunk, columns_.extent - first_column));
    }
    if (walk_.order) zero_padding(*walk_.order, out_);
  }

 private:
  static void pad(const PaddedCopy& copy, const float* from, float* to) {
    for (std::int64_t row = 0; row < copy.rows; ++row, from += copy.channels, to += copy.padded) {
      std::copy_n(from, copy.channels, to);
      std::fill(to + copy.channels, to + copy.padded, 0.0F);
    }
  }

  /// One tile for each run of rows along the innermost of the outer axes.
  void run_rows(std::int64_t row, std::int64_t end, std::int64_t first_column, std::int64_t columns) const {
    const std::int64_t inner = walk_.axes.empty() ? 1 : walk_.axes.back().extent;
    while (row < end) {
      Tile tile;
      tile.rows = std::min(end - row, inner - row % inner);
      tile.columns = columns;
      tile.out = out_ + row * columns_.extent + first_column;
      for (int i = 0; i < walk_.inputs; ++i) {
        tile.in[i] = in_[i] + first_column * columns_.strides[i] + offset(i, row);
        tile.row_strides[i] = walk_.axes.empty() ? 0 : walk_.axes.back().strides[i];
        tile.column_strides[i] = columns_.strides[i];
      }
      tile_(tile);
      row += tile.rows;
    }
  }

  std::int64_t offset(int input, std::int64_t row) const {
    std::int64_t sum = 0;
    for (std::size_t a = walk_.axes.size(); a-- > 0; row /= walk_.axes[a].extent) {
      sum += row % walk_.axes[a].extent * walk_.axes[a].strides[input];
    }
    return sum;
  }

  Walk walk_;
  TileFunction tile_;
  Axis columns_;
  std::int64_t rows_ = 1;
  const float* in_[3] = {};
  float* out_ = nullptr;
  std::vector<std::pair<const float*, float*>> copies_;
};

/// How one input is read when the output lies in `order`.
struct Reading {
  LayoutPtr layout;
  std::vector<std::int64_t> strides;  ///< by axis of the output's memory
  std::optional<PaddedCopy> copy;
};

/// The output's memory as axes: batch, blocks of channels, spatial axes, channels of a block.
Shape memory_extents(const ChannelOrder& order) {
  Shape extents{order.batch, order.outer};
  extents.insert(extents.end(), order.extents.begin(), order.extents.end());
  extents.push_back(order.block);
  return extents;
}

std::vector<std::int64_t> dense_strides(const Shape& extents) {
  std::vector<std::int64_t> strides(extents.size());
  std::int64_t stride = 1;
  for (std::size_t i = extents.size(); i-- > 0; stride *= extents[i]) strides[i] = extents[i] == 1 ? 0 : stride;
  return strides;
}

/// An input that is repeated along some axes. Nothing if it cannot be read beside an output in that order.
std::optional<Reading> reading_of(const TensorType& type, const Shape& aligned, const dnnl::memory::desc& out,
                                  const ChannelOrder& order, int input) {
  const Shape spatial(aligned.begin() + 2, aligned.end());
  const bool has_channels = aligned[1] != 1, is_point = element_count(spatial) == 1;
  if (has_channels && !is_point) {
    if (spatial != order.extents || type.shape.size() != aligned.size()) return std::nullopt;
    auto strides = dense_strides(memory_extents(order));
    if (aligned[0] == 1) strides[0] = 0;
    return Reading{layout_of(ordered_like(out, type.shape)), strides, std::nullopt};
  }
  Reading reading{layout_of(plain_desc(type)), {}, std::nullopt};
  auto logical = dense_strides(aligned);
  if (has_channels && order.has_padding()) {
    reading.copy = PaddedCopy{input, aligned[0], aligned[1], order.padded_channels()};
    logical[0] = aligned[0] == 1 ? 0 : order.padded_channels();
  }
  reading.strides = {logical[0], order.block * logical[1]};
  reading.strides.insert(reading.strides.end(), logical.begin() + 2, logical.end());
  reading.strides.push_back(logical[1]);
  return reading;
}

/// Whose results in bfloat16 are as good as their arguments were. Not so where digits are lost near 1 (Sigmoid) or
/// errors grow (Exp, Log, Pow, Div).
bool allows_bfloat16(const std::string& op) {
  static const std::set<std::string> kOps{
      "Add",      "Sub",       "Mul",           "Max",           "Min",   "Relu",      "ReluGrad", "LeakyRelu", "Clip",
      "ClipGrad", "HardSwish", "HardSwishGrad", "LeakyReluGrad", "Swish", "SwishGrad", "Elu",      "EluGrad"};
  return kOps.count(op) > 0;
}

/// A kernel while it is bound.
class Binder {
 public:
  Binder(BindContext& context, Broadcast broadcast)
      : context_(context), broadcast_(std::move(broadcast)), out_shape_(context.output_type(0).shape) {
    inputs_ = static_cast<int>(context.node().inputs.size());
    for (int i = 0; i < inputs_ && static_cast<int>(broadcast_.aligned.size()) < inputs_; ++i) {
      Shape shape = context.input_type(i).shape;
      shape.insert(shape.begin(), out_shape_.size() - shape.size(), 1);
      broadcast_.aligned.push_back(std::move(shape));
    }
  }

  std::unique_ptr<Kernel> bind() {
    LayoutPtr layout = followed_layout();
    if (layout && is_bfloat16(layout)) {
      if (auto kernel = bind_bfloat16(layout)) return kernel;
    }
    if (layout) {
      auto kernel = bind_in(as_floats(layout));
      if (kernel) return kernel;
    }
    return bind_row_major();
  }

 private:
  const Shape& aligned(int i) const { return broadcast_.aligned[static_cast<std::size_t>(i)]; }
  bool is_whole(int i) const { return context_.input_type(i).shape == out_shape_ && aligned(i) == out_shape_; }
  bool is_all_whole() const {
    for (int i = 0; i < inputs_; ++i) {
      if (!is_whole(i)) return false;
    }
    return true;
  }

  LayoutPtr followed_layout() const {
    for (int i = inputs_; i-- > 0;) {
      const LayoutPtr layout = context_.input_layout(i);
      if (layout && is_whole(i) && desc_of(layout) != plain_desc(context_.input_type(i))) return layout;
    }
    return nullptr;
  }

  /// Element by element over all the memory, padding included, however it is ordered.
  bool may_ignore_order(const LayoutPtr& layout) const {
    if (!is_all_whole()) return false;
    const auto order = channel_order(desc_of(layout));
    return broadcast_.keeps_zero || (order && !order->has_padding());
  }

  void want_all_in(const LayoutPtr& layout) {
    for (int i = 0; i < inputs_; ++i) context_.want_input(i, layout);
    context_.give_output(0, layout);
  }

  std::unique_ptr<Kernel> bind_bfloat16(const LayoutPtr& layout) {
    if (!allows_bfloat16(context_.node().op) || !may_ignore_order(layout)) return nullptr;
    want_all_in(layout);
    const auto count = static_cast<std::int64_t>(layout->bytes() / sizeof(BFloat16));
    return make_bfloat16_kernel(inputs_, count, std::move(broadcast_.tile));
  }

  std::unique_ptr<Kernel> bind_in(const LayoutPtr& layout) {
    const auto order = channel_order(desc_of(layout));
    Walk walk{inputs_, {}, {}, std::nullopt};
    if (may_ignore_order(layout)) {
      walk.axes = {{static_cast<std::int64_t>(layout->bytes() / sizeof(float)), {1, 1, 1}}};
      want_all_in(layout);
      return std::make_unique<BroadcastKernel>(std::move(walk), std::move(broadcast_.tile));
    }
    if (!order) return nullptr;
    const Shape extents = memory_extents(*order);
    std::vector<Reading> readings;
    bool has_every_channel = true;
    std::size_t scratch = 0;
    for (int i = 0; i < inputs_; ++i) {
      auto reading = is_whole(i) ? Reading{layout, dense_strides(extents), std::nullopt}
                                 : reading_of(context_.input_type(i), aligned(i), desc_of(layout), *order, i);
      if (!reading) return nullptr;
      // One value for the one channel of a picture is repeated over the padding too.
      has_every_channel = has_every_channel && (is_whole(i) || aligned(i)[1] != 1);
      if (reading->copy) {
        walk.copies.push_back(*reading->copy);
        scratch += static_cast<std::size_t>(reading->copy->rows * reading->copy->padded) * sizeof(float);
      }
      readings.push_back(std::move(*reading));
    }
    for (std::size_t a = 0; a < extents.size(); ++a) {
      Axis axis{extents[a], {}};
      for (std::size_t i = 0; i < readings.size(); ++i) axis.strides[i] = readings[i].strides[a];
      walk.axes.push_back(axis);
    }
    if (order->has_padding() && !(broadcast_.keeps_zero && has_every_channel)) walk.order = order;
    for (int i = 0; i < inputs_; ++i) context_.want_input(i, readings[static_cast<std::size_t>(i)].layout);
    context_.give_output(0, layout);
    context_.want_scratch(scratch);
    return std::make_unique<BroadcastKernel>(std::move(walk), std::move(broadcast_.tile));
  }

  std::unique_ptr<Kernel> bind_row_major() {
    Walk walk{inputs_, {}, {}, std::nullopt};
    for (const std::int64_t extent : out_shape_) walk.axes.push_back({extent, {}});
    for (int i = 0; i < inputs_; ++i) {
      const auto strides = dense_strides(aligned(i));
      for (std::size_t a = 0; a < strides.size(); ++a) walk.axes[a].strides[i] = strides[a];
      context_.want_input(i, layout_of(plain_desc(context_.input_type(i))));
    }
    context_.give_output(0, layout_of(plain_desc(context_.output_type(0))));
    return std::make_unique<BroadcastKernel>(std::move(walk), std::move(broadcast_.tile));
  }

  BindContext& context_;
  Broadcast broadcast_;
  Shape out_shape_;
  int inputs_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> bind_broadcast(BindContext& context, Broadcast broadcast) {
  return Binder(context, std::move(broadcast)).bind();
}

}  // namespace thaw::cpu
