#include "tests/train/small_experiment.h"

#include "runner/data/random.h"

namespace thaw {

Experiment small_experiment() {
  Experiment config;
  config.set_name("small");
  Input* input = config.mutable_model()->mutable_input();
  input->set_height(20);
  input->set_width(20);
  input->set_channels(1);
  const auto add = [&](const std::string& name) {
    Layer* layer = config.mutable_model()->add_layer();
    layer->set_name(name);
    return layer;
  };
  Conv2d* conv = add("conv")->mutable_conv2d();
  conv->set_filters(16);
  conv->add_kernel_size(3);
  conv->set_activation(RELU);
  add("pool")->mutable_average_pooling2d();
  add("flatten")->mutable_flatten();
  Dense* features = add("features")->mutable_dense();
  features->set_units(12);
  features->set_activation(RELU);
  Layer* classes = add("class");
  classes->add_from("features");
  classes->mutable_dense()->set_units(3);
  classes->mutable_dense()->set_activation(SOFTMAX);
  Layer* box = add("box");
  box->add_from("features");
  box->mutable_dense()->set_units(4);

  Train* train = config.mutable_train();
  train->set_epochs(1);
  train->set_batch_size(4);
  train->mutable_optimizer()->mutable_adam();
  Loss* class_loss = train->add_loss();
  class_loss->set_output("class");
  class_loss->mutable_categorical_cross_entropy();
  Loss* box_loss = train->add_loss();
  box_loss->set_output("box");
  box_loss->set_weight(2);
  box_loss->mutable_mean_squared_error();
  Metric* accuracy = config.add_metric();
  accuracy->set_output("class");
  accuracy->mutable_accuracy();
  Metric* overlap = config.add_metric();
  overlap->set_output("box");
  overlap->mutable_intersection_over_union()->set_threshold(0.6);
  return config;
}

Batch made_up_batch(int count, std::uint64_t seed) {
  constexpr int kCapacity = 4, kPixels = 20 * 20;
  Batch batch;
  batch.capacity = kCapacity;
  batch.count = count;
  batch.images.assign(kCapacity * kPixels, 0.0F);
  batch.objects.assign(kCapacity, {});
  batch.object_counts.assign(kCapacity, 0);
  batch.weights.assign(kCapacity, 0.0F);
  batch.indices.assign(kCapacity, 0);
  for (int n = 0; n < count; ++n) {
    const auto row = static_cast<std::size_t>(n);
    Draws draws(seed, "test", 0, static_cast<std::uint64_t>(n));
    for (int i = 0; i < kPixels; ++i) batch.images[row * kPixels + static_cast<std::size_t>(i)] = draws.uniform_float();
    const float x = draws.uniform_float() * 0.5F, y = draws.uniform_float() * 0.5F;
    batch.objects[row] = {static_cast<int>(draws.below(3)), {x, y, x + 0.3F, y + 0.4F}};
    batch.object_counts[row] = 1;
    batch.weights[row] = 1;
    batch.indices[row] = n;
  }
  return batch;
}

}  // namespace thaw
