#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "tests/reference/tensor.h"

namespace thaw::reference {

/// One operator application: attributes and where its inputs are. Update operators write to their inputs.
struct Call {
  const Node& node;
  std::vector<Tensor*> inputs;  ///< null where an optional input is left out

  bool has(int i) const { return i < static_cast<int>(inputs.size()) && inputs[static_cast<std::size_t>(i)]; }
  Tensor& in(int i) const { return *inputs.at(static_cast<std::size_t>(i)); }
};

/// Computes the outputs, shapes included, without a look at the graph's own shape inference.
using Function = std::vector<Tensor> (*)(const Call&);
using Functions = std::map<std::string, Function>;

// One function a family, each in its own file.
void add_conv(Functions& functions);
void add_pool(Functions& functions);
void add_linear(Functions& functions);
void add_matmul(Functions& functions);
void add_elementwise(Functions& functions);  // and, called by it:
void add_binary(Functions& functions);
void add_dropout(Functions& functions);
void add_softmax(Functions& functions);
void add_norm(Functions& functions);
void add_reduce(Functions& functions);
void add_shape(Functions& functions);
void add_resize(Functions& functions);
void add_loss(Functions& functions);  // and, called by it:
void add_class_loss(Functions& functions);
void add_update(Functions& functions);

/// Every operator that has a reference, by name.
const Functions& functions();

/// Applies a node's fused "activation" attribute.
void apply_fused_activation(const Call& call, Tensor& y);

}  // namespace thaw::reference
