#include "ops/catalogue.h"

#include "ops/definitions.h"

namespace thaw {

const OpRegistry& operators() {
  static const OpRegistry registry = [] {
    OpRegistry all;
    define_conv(all);
    define_pool(all);
    define_linear(all);
    define_matmul(all);
    define_elementwise(all);
    define_softmax(all);
    define_norm(all);
    define_reduce(all);
    define_shape(all);
    define_resize(all);
    define_loss(all);
    define_update(all);
    return all;
  }();
  return registry;
}

}  // namespace thaw
