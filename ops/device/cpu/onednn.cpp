#include "ops/device/cpu/onednn.h"

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "ops/device/cpu/onednn_compat.h"

namespace thaw::cpu {

using dnnl::memory;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static dnnl::stream one(engine());
  return one;
}

LayoutPtr layout_of(const memory::desc& desc, Steps steps) {
  return std::make_shared<OneDnnLayout>(desc, std::move(steps));
}

const memory::desc& desc_of(const LayoutPtr& layout) { return static_cast<const OneDnnLayout&>(*layout).desc(); }
const Steps& steps_of(const LayoutPtr& layout) { return static_cast<const OneDnnLayout&>(*layout).steps(); }

namespace {

memory::dims row_major_strides(const memory::dims& dims) {
  memory::dims strides(dims.size(), 1);
  for (std::size_t i = dims.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * dims[i + 1];
  return strides;
}

}  // namespace

memory::desc plain_desc(const memory::dims& dims) { return {dims, memory::data_type::f32, row_major_strides(dims)}; }

memory::desc plain_desc(const TensorType& type) {
  const memory::dims dims = type.shape.empty() ? memory::dims{1} : memory::dims(type.shape);
  const auto data_type = type.dtype == DType::kFloat32 ? memory::data_type::f32 : memory::data_type::s32;
  return {dims, data_type, row_major_strides(dims)};
}

memory::desc channels_last_desc(const memory::dims& dims) {
  return {dims, memory::data_type::f32, memory::format_tag::acdb};
}

memory::desc any_desc(const memory::dims& dims, memory::data_type type) {
  return {dims, type, memory::format_tag::any};
}

memory::data_type compute_type(const BindContext& context) {
  return context.precision() == Precision::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

std::string OneDnnLayout::text() const {
  const auto number = [](float value) {
    std::ostringstream text;
    text << value;
    return text.str();
  };
  if (steps_.values.empty()) return format_text(desc_);
  const auto [low, high] = std::minmax_element(steps_.values.begin(), steps_.values.end());
  return format_text(desc_) + "*" + number(*low) + (steps_.axes == 0 ? "" : ".." + number(*high));
}

bool is_bfloat16(const LayoutPtr& layout) { return layout->is_bfloat16(); }

bool OneDnnLayout::is_bfloat16() const { return data_type_of(desc_) == memory::data_type::bf16; }

bool OneDnnLayout::is_storable() const {
  const auto type = data_type_of(desc_);
  return (type == memory::data_type::f32 || type == memory::data_type::s32) && steps_.values.empty();
}

bool is_quantized(const LayoutPtr& layout) {
  const auto type = data_type_of(desc_of(layout));
  return type == memory::data_type::u8 || type == memory::data_type::s8;
}

LayoutPtr as_floats(const LayoutPtr& layout) {
  const bool is_float = !is_bfloat16(layout) && !is_quantized(layout) && steps_of(layout).values.empty();
  return is_float ? layout : layout_of(with_data_type(desc_of(layout), memory::data_type::f32));
}

LayoutPtr input_layout_as_it_is(const BindContext& context, int i) {
  const LayoutPtr layout = context.input_layout(i);
  if (!layout) return layout_of(plain_desc(context.input_type(i)));
  return is_bfloat16(layout) ? layout : as_floats(layout);
}

LayoutPtr input_layout_or_plain(const BindContext& context, int i) {
  return as_floats(input_layout_as_it_is(context, i));
}

LayoutPtr picture_layout_as_it_is(const BindContext& context, int i) {
  const LayoutPtr layout = input_layout_as_it_is(context, i);
  return find_channel_blocks(desc_of(layout)) ? layout : layout_of(plain_desc(context.input_type(i)));
}

LayoutPtr picture_layout(const BindContext& context, int i) { return as_floats(picture_layout_as_it_is(context, i)); }

namespace {

class PrimitiveKernel : public Kernel {
 public:
  PrimitiveKernel(dnnl::primitive primitive, memory::desc scratchpad, std::vector<PrimitiveArgument> inputs,
                  std::vector<PrimitiveArgument> outputs)
      : primitive_(std::move(primitive)),
        scratchpad_(std::move(scratchpad)),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)) {}

  void attach(const Buffers& buffers) override {
    const auto bind = [&](const PrimitiveArgument& tensor, const std::vector<void*>& data) {
      if (tensor.index == PrimitiveArgument::kConstant) {
        const memory constant(tensor.desc, engine());
        std::copy(tensor.steps.values.begin(), tensor.steps.values.end(),
                  static_cast<float*>(constant.get_data_handle()));
        arguments_.insert_or_assign(tensor.argument, constant);
        return;
      }
      void* at = data.at(static_cast<std::size_t>(tensor.index));
      arguments_.insert_or_assign(tensor.argument, memory(tensor.desc, engine(), at));
    };
    for (const PrimitiveArgument& input : inputs_) bind(input, buffers.inputs);
    for (const PrimitiveArgument& output : outputs_) bind(output, buffers.outputs);
    if (scratchpad_.get_size() > 0) {
      arguments_.insert_or_assign(DNNL_ARG_SCRATCHPAD, memory(scratchpad_, engine(), buffers.scratch));
    }
  }
  void run() override { primitive_.execute(stream(), arguments_); }

 private:
  dnnl::primitive primitive_;
  memory::desc scratchpad_;
  std::vector<PrimitiveArgument> inputs_, outputs_;
  std::unordered_map<int, memory> arguments_;
};

}  // namespace

std::unique_ptr<Kernel> make_primitive_kernel(dnnl::primitive primitive, const memory::desc& scratchpad,
                                              const std::vector<PrimitiveArgument>& inputs,
                                              const std::vector<PrimitiveArgument>& outputs) {
  return std::make_unique<PrimitiveKernel>(std::move(primitive), scratchpad, inputs, outputs);
}

std::unique_ptr<Kernel> bind_primitive(BindContext& context, dnnl::primitive primitive, const memory::desc& scratchpad,
                                       const std::vector<PrimitiveArgument>& inputs,
                                       const std::vector<PrimitiveArgument>& outputs) {
  for (const PrimitiveArgument& input : inputs) {
    if (input.index != PrimitiveArgument::kConstant) {
      context.want_input(input.index, layout_of(input.desc, input.steps));
    }
  }
  for (const PrimitiveArgument& output : outputs)
    context.give_output(output.index, layout_of(output.desc, output.steps));
  context.want_scratch(scratchpad.get_size());
  return make_primitive_kernel(std::move(primitive), scratchpad, inputs, outputs);
}

}  // namespace thaw::cpu
