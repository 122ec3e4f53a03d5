// Keras numbers the layers that it gave no name in the order in which its code makes them: the same order here.
#include "zoo/blocks.h"
#include "zoo/families.h"

namespace thaw {
namespace {

using Tap = Network::Tap;

/// One convolution of a branch.
struct Step {
  std::int64_t filters;
  Pair size;
  std::int64_t stride = 1;
  Padding padding = SAME;
};

class Inception {
 public:
  explicit Inception(Network& network) : network_(network) {}

  Tap branch(Tap x, const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      x = conv_norm_act(network_, x,
                        {convs_.next(),
                         norms_.next(),
                         activations_.next(),
                         {.filters = step.filters,
                          .sliding = {step.size, {step.stride, step.stride}, step.padding},
                          .use_bias = false},
                         {.has_scale = false}});
    }
    return x;
  }
  Tap max_pool(Tap x) { return network_.max_pooling2d(max_pools_.next(), x, {{3, 3}, {2, 2}}); }
  Tap mean_branch(Tap x, std::int64_t filters) {
    const Tap mean = network_.average_pooling2d(average_pools_.next(), x, {{3, 3}, {1, 1}, SAME});
    return branch(mean, {{filters, {1, 1}}});
  }
  /// Keras's own name where none is given.
  Tap join(std::vector<Tap> taps, const std::string& name = {}) {
    return network_.concatenate(name.empty() ? joins_.next() : name, std::move(taps));
  }

  /// mixed0 to mixed2.
  Tap mixed_small(Tap x, const std::string& name, std::int64_t mean_filters) {
    const Tap b1 = branch(x, {{64, {1, 1}}});
    const Tap b5 = branch(x, {{48, {1, 1}}, {64, {5, 5}}});
    const Tap b3 = branch(x, {{64, {1, 1}}, {96, {3, 3}}, {96, {3, 3}}});
    return join({b1, b5, b3, mean_branch(x, mean_filters)}, name);
  }
  /// mixed4 to mixed7.
  Tap mixed_long(Tap x, const std::string& name, std::int64_t width) {
    const Tap b1 = branch(x, {{192, {1, 1}}});
    const Tap b7 = branch(x, {{width, {1, 1}}, {width, {1, 7}}, {192, {7, 1}}});
    const Tap b77 = branch(x, {{width, {1, 1}}, {width, {7, 1}}, {width, {1, 7}}, {width, {7, 1}}, {192, {1, 7}}});
    return join({b1, b7, b77, mean_branch(x, 192)}, name);
  }
  /// mixed9 and mixed10, whose 3x3 branches part once more.
  Tap mixed_wide(Tap x, const std::string& name, const std::string& part) {
    const Tap b1 = branch(x, {{320, {1, 1}}});
    Tap b3 = branch(x, {{384, {1, 1}}});
    Tap left = branch(b3, {{384, {1, 3}}}), right = branch(b3, {{384, {3, 1}}});
    b3 = join({left, right}, part);
    Tap b33 = branch(x, {{448, {1, 1}}, {384, {3, 3}}});
    left = branch(b33, {{384, {1, 3}}}), right = branch(b33, {{384, {3, 1}}});
    b33 = join({left, right});
    return join({b1, b3, b33, mean_branch(x, 192)}, name);
  }

 private:
  Network& network_;
  Numbered convs_{"conv2d"}, norms_{"batch_normalization"}, activations_{"activation"}, max_pools_{"max_pooling2d"},
      average_pools_{"average_pooling2d"}, joins_{"concatenate"};
};

}  // namespace

Network inception_v3(std::int64_t classes) {
  Network network;
  Inception net(network);
  Tap x = net.branch(Network::kPicture, {{32, {3, 3}, 2, VALID}, {32, {3, 3}, 1, VALID}, {64, {3, 3}}});
  x = net.max_pool(x);
  x = net.branch(x, {{80, {1, 1}, 1, VALID}, {192, {3, 3}, 1, VALID}});
  x = net.max_pool(x);
  x = net.mixed_small(x, "mixed0", 32);
  x = net.mixed_small(x, "mixed1", 64);
  x = net.mixed_small(x, "mixed2", 64);

  Tap b3 = net.branch(x, {{384, {3, 3}, 2, VALID}});
  Tap b33 = net.branch(x, {{64, {1, 1}}, {96, {3, 3}}, {96, {3, 3}, 2, VALID}});
  x = net.join({b3, b33, net.max_pool(x)}, "mixed3");

  x = net.mixed_long(x, "mixed4", 128);
  x = net.mixed_long(x, "mixed5", 160);
  x = net.mixed_long(x, "mixed6", 160);
  x = net.mixed_long(x, "mixed7", 192);

  b3 = net.branch(x, {{192, {1, 1}}, {320, {3, 3}, 2, VALID}});
  b33 = net.branch(x, {{192, {1, 1}}, {192, {1, 7}}, {192, {7, 1}}, {192, {3, 3}, 2, VALID}});
  x = net.join({b3, b33, net.max_pool(x)}, "mixed8");

  x = net.mixed_wide(x, "mixed9", "mixed9_0");
  net.mixed_wide(x, "mixed10", "mixed9_1");
  pooled_classifier(network, classes);
  return network;
}

}  // namespace thaw
