#include "tests/ops/quantized_network.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "graph/passes/rewrite.h"

namespace thaw {

ValueId QuantizedNetwork::input(const Shape& shape, double low, double high) {
  const ValueId x = builder_.input("x" + std::to_string(feeds_.size()), {DType::kFloat32, shape});
  feeds_[x] = reference::random_values(element_count(shape), feeds_.size(), low, high);
  return x;
}

ValueId QuantizedNetwork::parameter(const Shape& shape, double low, double high) {
  const ValueId w = builder_.parameter("w" + std::to_string(feeds_.size()), shape);
  feeds_[w] = reference::random_values(element_count(shape), feeds_.size(), low, high);
  return w;
}

ValueId QuantizedNetwork::conv(ValueId x, std::int64_t filters, bool has_bias) {
  std::vector<ValueId> inputs{x, parameter({filters, shape(x)[1], 3, 3})};
  if (has_bias) inputs.push_back(parameter({filters}));
  return node("Conv", inputs, {{"kernel_shape", Integers{3, 3}}, {"pads", Integers{1, 1, 1, 1}}});
}

void QuantizedNetwork::set(Program& program, ParameterStore& store) const {
  for (const auto& [id, numbers] : feeds_) {
    const std::vector<float> host(numbers.begin(), numbers.end());
    const Value& value = graph_.value(id);
    if (value.kind == ValueKind::kInput) {
      program.set_input(id, host.data());
    } else if (store.has(value.name)) {
      store.write(value.name, host);
    }
  }
}

reference::Tensor QuantizedNetwork::run(ValueId y, int threads, QuantizedConvolutions which) {
  auto fused = std::make_shared<Graph>(graph_);
  fused->mark_output(y);
  fuse_for_inference(*fused, operators());
  remove_dead(*fused, operators());
  const auto device = make_cpu_device(threads);
  {
    auto store = std::make_shared<ParameterStore>(device);
    Program fp32(fused, device, store, {.is_training = false, .arena = nullptr});
    Calibrator calibrator(fp32, which);
    set(fp32, *store);
    calibrator.run();
    calibration_ = std::make_shared<const Calibration>(calibrator.calibration());
  }
  auto store = std::make_shared<ParameterStore>(device);
  auto arena = std::make_shared<Arena>(device);
  Program program(fused, device, store,
                  {.is_training = false, .precision = Precision::kInt8, .calibration = calibration_, .arena = arena});
  plan_ = program.text();
  std::memset(arena->data(), 0xFF, arena->bytes());  // what is read before it was written, shows
  set(program, *store);
  program.run();
  const ValueId output = fused->outputs().front();
  std::vector<float> host(static_cast<std::size_t>(element_count(fused->value(output).type.shape)));
  program.get(output, host.data());
  return {fused->value(output).type.shape, {host.begin(), host.end()}};
}

std::string QuantizedNetwork::step(const std::string& op) const {
  std::string found, line;
  for (std::istringstream lines(plan_); std::getline(lines, line);) {
    if (line.find("net/" + op + ":") == 0) found = line;
  }
  return found;
}

double rms_error(const reference::Tensor& found, const reference::Tensor& expected) {
  double off = 0, all = 0;
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    off += std::pow(found.values[i] - expected.values[i], 2);
    all += std::pow(expected.values[i], 2);
  }
  return std::sqrt(off / all);
}

}  // namespace thaw
