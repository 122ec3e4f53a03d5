// Kernels of 8-bit integers against the f64 reference: a product is off by no more than what rounding its factors to
// their steps can make of it. CTest runs this program a second time as on a processor whose products of pairs may
// exceed 16 bits (no VNNI), where kernels are rounded to half the levels.
#include <gmock/gmock.h>

#include <cmath>

#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/onednn_compat_int8.h"
#include "ops/device/cpu/reorder.h"
#include "schemas/diagnostic.h"
#include "tests/ops/quantized_network.h"

namespace thaw {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Product {
  std::string name, op;
  Shape x, w;
  Attributes attributes = {};
  double low = 0, high = 3;  ///< of x
  bool has_bias = true;
};

std::ostream& operator<<(std::ostream& out, const Product& each) { return out << each.name; }

class ProductTest : public ::testing::TestWithParam<Product> {};

/// The largest error that rounding can make: (|x| + ex) * (|w| + ew) - |x| * |w|, and a little for f32.
reference::Tensor largest_error(const QuantizedNetwork& network, ValueId x, ValueId w, ValueId y) {
  const bool is_signed = network.calibration().find(x)->is_signed;
  const double levels = cpu::has_exact_products() ? 127 : 63;
  const double limit = network.calibration().find(x)->limits[0], x_step = limit / (is_signed ? 127 : 255);
  reference::Feeds sizes = network.feeds(), larger = sizes;
  for (auto& [id, values] : sizes) {
    for (double& value : values) value = std::abs(value);
  }
  larger = sizes;
  for (double& value : larger[x]) value += std::max(x_step / 2, value - limit);
  const auto& filters = network.calibration().find(w)->limits;
  const std::size_t length = larger[w].size() / filters.size();
  for (std::size_t i = 0; i < larger[w].size(); ++i) larger[w][i] += filters[i / length] / levels / 2;
  reference::Tensor small = reference::evaluate(network.graph(), sizes).at(y);
  const reference::Tensor large = reference::evaluate(network.graph(), larger).at(y);
  for (std::size_t i = 0; i < small.values.size(); ++i) {
    small.values[i] = 1e-5 * large.values[i] + large.values[i] - small.values[i];
  }
  return small;
}

TEST_P(ProductTest, IsOffByItsStepsAtMost) {
  const Product& each = GetParam();
  QuantizedNetwork network;
  const ValueId x = network.input(each.x, each.low, each.high), w = network.parameter(each.w);
  const auto filter = static_cast<std::size_t>(element_count(each.w) / each.w[0]);
  for (std::size_t i = 0; i < network.feed(w).size(); ++i) network.feed(w)[i] *= std::pow(2.0, -double(i / filter % 9));
  std::fill_n(network.feed(w).begin() + static_cast<std::ptrdiff_t>(filter), filter, 0.0);  // a filter of zeros
  std::vector<ValueId> inputs{x, w};
  if (each.has_bias) inputs.push_back(network.parameter({each.w[0]}, -5, 5));
  const ValueId y = network.node(each.op, inputs, each.attributes);
  for (const int threads : {1, 3}) {
    const reference::Tensor found = network.run(y, threads, QuantizedConvolutions::kAll),
                            expected = network.expected(y);
    EXPECT_THAT(network.step(each.op), HasSubstr(each.low < 0 ? "[s8:" : "[u8:")) << network.plan();
    const reference::Tensor error = largest_error(network, x, w, y);
    ASSERT_EQ(found.shape, expected.shape);
    for (std::size_t i = 0; i < found.values.size(); ++i) {
      ASSERT_NEAR(found.values[i], expected.values[i], error.values[i]) << "element " << i << "\n" << network.plan();
    }
    EXPECT_LT(rms_error(found, expected), cpu::has_exact_products() ? 0.01 : 0.02);
  }
}

Attributes window(const Integers& kernel, const Integers& pads = {}, const Integers& strides = {},
                  std::int64_t group = 1, const Integers& dilations = {}) {
  Attributes attributes{{"kernel_shape", kernel}, {"group", group}};
  if (!pads.empty()) attributes.set("pads", pads);
  if (!strides.empty()) attributes.set("strides", strides);
  if (!dilations.empty()) attributes.set("dilations", dilations);
  return attributes;
}

std::vector<Product> products() {
  std::vector<Product> all;
  const auto add = [&](const std::string& name, const std::string& op, const Shape& x, const Shape& w,
                       const Attributes& attributes) {
    all.push_back({name + "_unsigned", op, x, w, attributes});
    all.push_back({name + "_signed", op, x, w, attributes, -2, 3});
    all.push_back({name + "_without_bias", op, x, w, attributes, -2, 2, false});
  };
  add("conv_3x3", "Conv", {2, 17, 9, 7}, {19, 17, 3, 3}, window({3, 3}, {1, 1, 1, 1}));
  add("conv_1x1", "Conv", {2, 64, 6, 5}, {32, 64, 1, 1}, window({1, 1}));
  add("conv_of_colours", "Conv", {2, 3, 15, 15}, {16, 3, 7, 7}, window({7, 7}, {3, 3, 3, 3}, {2, 2}));
  add("conv_uneven", "Conv", {1, 16, 9, 8}, {5, 16, 3, 2}, window({3, 2}, {0, 1, 2, 0}, {2, 1}));
  add("conv_dilated", "Conv", {1, 16, 11, 11}, {8, 16, 3, 3}, window({3, 3}, {2, 2, 2, 2}, {1, 1}, 1, {2, 2}));
  add("conv_groups", "Conv", {2, 16, 6, 6}, {32, 8, 3, 3}, window({3, 3}, {1, 1, 1, 1}, {}, 2));
  add("conv_odd_groups", "Conv", {2, 9, 6, 6}, {15, 3, 3, 3}, window({3, 3}, {1, 1, 1, 1}, {}, 3));
  add("conv_of_each_channel", "Conv", {2, 24, 7, 7}, {24, 1, 3, 3}, window({3, 3}, {1, 1, 1, 1}, {2, 2}, 24));
  add("conv_line", "Conv", {2, 16, 20}, {8, 16, 5}, window({5}, {2, 2}));
  add("conv_volume", "Conv", {1, 16, 4, 5, 6}, {8, 16, 3, 3, 3}, window({3, 3, 3}, {1, 1, 1, 1, 1, 1}));
  add("gemm", "Gemm", {5, 70}, {33, 70}, {{"transB", std::int64_t{1}}});
  add("gemm_of_pictures", "Gemm", {3, 16, 3, 3}, {10, 144},
      {{"transB", std::int64_t{1}}, {"flatten", std::int64_t{1}}});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Int8, ProductTest, ::testing::ValuesIn(products()),
                         [](const auto& each) { return each.param.name; });

/// Numbers that integers hold, as large as can be: nothing may be cut on the way.
TEST(Int8Test, TheLargestProductsDoNotOverflow) {
  const double tolerance = cpu::has_exact_products() ? 1e-6 : 1e-2;  // -127 is no multiple of twice the step
  for (const double low : {0.0, -127.0}) {
    QuantizedNetwork network;
    const ValueId x = network.input({1, 64, 5, 5}, 0, 1), w = network.parameter({16, 64, 3, 3});
    for (double& value : network.feed(x)) value = low < 0 ? (value < 0.5 ? -127 : 127) : 255;
    for (double& value : network.feed(w)) value = value < -0.9 ? -127 : 127;
    const ValueId y = network.node("Conv", {x, w}, window({3, 3}, {1, 1, 1, 1}));
    const reference::Tensor found = network.run(y), expected = network.expected(y);
    for (std::size_t i = 0; i < found.values.size(); ++i) {
      ASSERT_NEAR(found.values[i], expected.values[i], tolerance * 255 * 127 * 576)
          << "element " << i << network.plan();
    }
  }
}

TEST(Int8Test, DepthwiseConvolutionsStayF32) {
  QuantizedNetwork network;
  const ValueId x = network.input({2, 24, 7, 7}, -1, 1), w = network.parameter({24, 1, 3, 3});
  const ValueId y = network.node("Conv", {x, w}, window({3, 3}, {1, 1, 1, 1}, {}, 24));
  const reference::Tensor found = network.run(y);
  EXPECT_LT(rms_error(found, network.expected(y)), 1e-6) << network.plan();
}

struct Activated {
  std::string op;
  Attributes attributes = {};
};

/// An activation is part of the convolution, whose integers the next one reads.
TEST(Int8Test, ActivationsAreFusedBeforeRounding) {
  const std::vector<Activated> all{{"Relu"},
                                   {"LeakyRelu", {{"alpha", 0.1}}},
                                   {"Clip", {{"min", 0.0}, {"max", 6.0}}},
                                   {"Clip", {{"min", -3.0}, {"max", 4.0}}},
                                   {"Elu", {{"alpha", 0.7}}},
                                   {"Tanh"},
                                   {"HardSwish"}};
  for (const Activated& each : all) {
    SCOPED_TRACE(each.op);
    QuantizedNetwork network;
    const ValueId x = network.input({2, 16, 8, 8}, -1, 1);
    const ValueId hidden = network.node(each.op, {network.conv(x, 32)}, each.attributes);
    const ValueId y = network.conv(hidden, 16);
    const reference::Tensor found = network.run(y);
    EXPECT_LT(rms_error(found, network.expected(y)), 0.025) << network.plan();
    EXPECT_THAT(network.plan(), Not(HasSubstr("net/" + each.op)));
    EXPECT_THAT(network.step("Conv"), HasSubstr(each.op == "Relu" ? "<- net/Conv[u8:" : "8:"));
  }
}

/// y = conv(relu(conv(x) + rest)), where rest has only values of one sign, or both.
TEST(Int8Test, ResidualsAreAddedInIntegers) {
  for (const bool is_signed : {false, true}) {
    SCOPED_TRACE(is_signed);
    QuantizedNetwork network;
    const ValueId x = network.input({2, 16, 8, 8}, -1, 1);
    ValueId rest = network.conv(x, 32);
    if (!is_signed) rest = network.node("Relu", {rest});
    const ValueId inner = network.node("Relu", {network.conv(rest, 16)});
    const ValueId sum = network.node("Relu", {network.node("Add", {network.conv(inner, 32), rest})});
    const ValueId y = network.conv(sum, 8, false);
    const reference::Tensor found = network.run(y);
    EXPECT_LT(rms_error(found, network.expected(y)), 0.03) << network.plan();
    EXPECT_THAT(network.step("Conv"), HasSubstr("<- net/Add[u8:")) << network.plan();
    EXPECT_THAT(network.plan(), Not(HasSubstr("net/Add:"))) << network.plan();
  }
}

TEST(Int8Test, PoolingAndConcatPassIntegersOn) {
  for (const bool is_signed : {false, true}) {
    SCOPED_TRACE(is_signed);
    const std::string type = is_signed ? "[s8:" : "[u8:";
    QuantizedNetwork network;
    const ValueId x = network.input({2, 3, 13, 12}, -1, 1);
    const auto activated = [&](ValueId value) { return is_signed ? value : network.node("Relu", {value}); };
    const ValueId stem = activated(network.conv(x, 24));
    const Attributes pooling{
        {"kernel_shape", Integers{3, 3}}, {"strides", Integers{2, 2}}, {"pads", Integers{1, 1, 1, 1}}};
    const ValueId pooled = network.node("MaxPool", {stem}, pooling);
    const ValueId left = activated(network.conv(pooled, 17)), right = activated(network.conv(pooled, 40));
    const ValueId both = network.node("Concat", {left, right}, {{"axis", std::int64_t{1}}});
    const ValueId last = activated(network.conv(both, 72));
    const ValueId average = network.node("GlobalAveragePool", {last});
    const ValueId y = network.node("Gemm", {average, network.parameter({10, 72})},
                                   {{"transB", std::int64_t{1}}, {"flatten", std::int64_t{1}}});
    for (const int threads : {1, 3}) {
      const reference::Tensor found = network.run(y, threads);
      EXPECT_LT(rms_error(found, network.expected(y)), 0.04) << network.plan();
    }
    EXPECT_THAT(network.step("MaxPool"), HasSubstr("MaxPool" + type)) << network.plan();
    EXPECT_THAT(network.step("MaxPool"), HasSubstr("<- net/Conv" + type)) << network.plan();
    EXPECT_THAT(network.step("Concat"), HasSubstr("Concat" + type)) << network.plan();
    EXPECT_THAT(network.step("GlobalAveragePool"), HasSubstr("<- net/Conv" + type)) << network.plan();
    EXPECT_THAT(network.plan(), Not(HasSubstr("reorder net/Conv"))) << network.plan();
  }
}

TEST(Int8Test, WhatIsReadInF32StaysF32) {
  QuantizedNetwork network;
  const ValueId x = network.input({2, 16, 8, 8}, -1, 1);
  const ValueId hidden = network.conv(x, 16);
  const ValueId y = network.node("Mul", {network.conv(hidden, 16), network.node("Sigmoid", {hidden})});
  const reference::Tensor found = network.run(y);
  EXPECT_LT(rms_error(found, network.expected(y)), 0.02) << network.plan();
  EXPECT_THAT(network.step("Sigmoid"), HasSubstr("<- net/Conv[acdb]")) << network.plan();
}

/// A convolution whose kernel is computed from an input, and one that saw nothing but zeros.
TEST(Int8Test, WhatCannotBeCalibratedStaysF32) {
  QuantizedNetwork network;
  const ValueId x = network.input({1, 16, 5, 5}, -1, 1), kernel = network.input({8, 16, 3, 3}, -1, 1);
  const ValueId zeros = network.input({1, 16, 5, 5}, 0, 1);
  std::fill(network.feed(zeros).begin(), network.feed(zeros).end(), 0.0);
  const ValueId first = network.node("Conv", {x, kernel}, window({3, 3}, {1, 1, 1, 1}));
  const ValueId y = network.node("Sub", {first, network.conv(zeros, 8)});
  const reference::Tensor found = network.run(y);
  EXPECT_LT(rms_error(found, network.expected(y)), 1e-6) << network.plan();
}

TEST(Int8Test, ReorderRoundsToTheNearestAndCuts) {
  using Type = dnnl::memory::data_type;
  const std::vector<float> values{0, 0.24F, 0.26F, -0.26F, 63.4F, 63.6F, 127.6F, 1e9F, -63.4F, -1e9F};
  const Shape shape{static_cast<std::int64_t>(values.size())};
  const TensorType tensor{DType::kFloat32, shape};
  const auto device = make_cpu_device(1);
  const auto through = [&](Type type) {
    const LayoutPtr layout = cpu::layout_of(cpu::with_data_type(cpu::plain_desc(shape), type), {{0.5F}, 0});
    const auto memory = device->allocate(layout->bytes());
    device->copy_in(tensor, values.data(), memory->data(), layout);
    std::vector<float> back(values.size());
    device->copy_out(tensor, memory->data(), layout, back.data());
    return back;
  };
  EXPECT_THAT(through(Type::u8), ::testing::ElementsAre(0, 0, 0.5, 0, 63.5, 63.5, 127.5, 127.5, 0, 0));
  EXPECT_THAT(through(Type::s8), ::testing::ElementsAre(0, 0, 0.5, -0.5, 63.5, 63.5, 63.5, 63.5, -63.5, -64));
}

TEST(Int8Test, LayoutsDifferByWhatTheyCount) {
  const auto desc = cpu::with_data_type(cpu::plain_desc(dnnl::memory::dims{2, 3}), dnnl::memory::data_type::u8);
  const LayoutPtr half = cpu::layout_of(desc, {{0.5F}, 0}), same = cpu::layout_of(desc, {{0.5F}, 0});
  EXPECT_TRUE(half->equals(*same));
  EXPECT_FALSE(half->equals(*cpu::layout_of(desc, {{0.25F}, 0})));
  EXPECT_EQ(half->text(), "u8:ab*0.5");
  EXPECT_EQ(cpu::layout_of(desc, {{0.5F, 0.25F}, 1})->text(), "u8:ab*0.25..0.5");
}

std::string refusal_of(const Program::Options& options) {
  auto graph = std::make_shared<Graph>();
  Builder builder(*graph, operators());
  graph->mark_output(builder.node("Relu", {builder.input("x", {DType::kFloat32, {1}})}));
  const auto device = make_cpu_device(1);
  try {
    Program program(graph, device, std::make_shared<ParameterStore>(device), options);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "";
}

TEST(Int8Test, ProgramsRefuseWhatMakesNoSense) {
  const auto calibration = std::make_shared<const Calibration>();
  EXPECT_EQ(refusal_of({.is_training = true, .precision = Precision::kInt8, .calibration = calibration, .arena = {}}),
            "int8 is for inference, by a calibration");
  EXPECT_EQ(refusal_of({.is_training = false, .precision = Precision::kInt8, .calibration = nullptr, .arena = {}}),
            "int8 is for inference, by a calibration");
  EXPECT_EQ(refusal_of({.is_training = false, .precision = Precision::kInt8, .calibration = calibration, .arena = {}}),
            "the calibration is of another graph");
}

}  // namespace
}  // namespace thaw
