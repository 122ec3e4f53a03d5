#include <random>

#include "tests/reports/example_parts.h"

namespace thaw::test {
namespace {

constexpr const char* kConfig = R"(name: "digits"
seed: SEED
data {
  train { synthesis { canvas { height: 75 width: 75 } } }
}
model {
  input {
    height: 75
    width: 75
    channels: 1
  }
  layer {
    name: "conv2d_1"
    conv2d {
      filters: 16
      kernel_size: 3
      activation: RELU
    }
  }
  layer {
    name: "classification"
    dense {
      units: 10
      activation: SOFTMAX
    }
  }
}
train {
  epochs: EPOCHS
  batch_size: 64
  optimizer {
    adam {
      learning_rate: RATE
    }
  }
}
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

void add_metric(Started& started, const std::string& name, const std::string& title, bool more_is_better,
                bool is_share) {
  MetricInfo* info = started.add_metric();
  info->set_name(name);
  info->set_title(title);
  const std::size_t slash = name.find('/');
  if (slash != std::string::npos) info->set_output(name.substr(0, slash));
  info->set_more_is_better(more_is_better);
  info->set_is_share(is_share);
}

void add_metrics(Started& started, bool has_boxes) {
  add_metric(started, "loss", "Loss", false, false);
  if (has_boxes) add_metric(started, "classification/loss", "Loss of classification", false, false);
  if (has_boxes) add_metric(started, "bounding_box/loss", "Loss of bounding_box", false, false);
  add_metric(started, "classification/accuracy", "Accuracy", true, true);
  if (!has_boxes) return;
  add_metric(started, "bounding_box/mean_squared_error", "Mean squared error", false, false);
  add_metric(started, "bounding_box/iou", "Mean IoU", true, false);
  add_metric(started, "bounding_box/iou_at_0.6", "IoU >= 0.6", true, true);
}

void add_layer(Started& started, const std::string& name, const std::string& type, const std::string& shape,
               std::int64_t parameters, std::int64_t flops) {
  LayerRow* row = started.add_layer();
  const int count = started.layer_size();
  row->set_from(count > 1 ? started.layer(count - 2).name() : "image");
  row->set_name(name);
  row->set_type(type);
  row->set_output_shape(shape);
  row->set_parameters(parameters);
  row->set_trainable(parameters > 0 && name != "conv2d_1");
  row->set_flops(flops);
}

void add_layers(Started& started, bool has_boxes) {
  add_layer(started, "conv2d_1", "Conv2D 3x3, 16, relu", "16 x 73 x 73", 160, 1619728);
  add_layer(started, "average_pooling2d_1", "AveragePooling2D 2x2", "16 x 36 x 36", 0, 82944);
  add_layer(started, "conv2d_2", "Conv2D 3x3, 32, relu", "32 x 34 x 34", 4640, 10727680);
  add_layer(started, "average_pooling2d_2", "AveragePooling2D 2x2", "32 x 17 x 17", 0, 36992);
  add_layer(started, "flatten_1", "Flatten", "9248", 0, 0);
  add_layer(started, "dense_1", "Dense 128, relu", "128", 1183872, 2367744);
  add_layer(started, "classification", "Dense 10, softmax", "10", 1290, 2580);
  if (!has_boxes) return;
  add_layer(started, "bounding_box", "Dense 4", "4", 516, 1032);
  started.mutable_layer(started.layer_size() - 1)->set_from("dense_1");
}

void add_machine_and_plan(Started& started) {
  Machine* machine = started.mutable_machine();
  machine->set_cpu("Example CPU 9000, 2 cores");
  machine->set_isa("avx512_core");
  machine->set_threads(2);
  machine->set_device("cpu");
  machine->set_kernels("oneDNN 2.6.3");
  machine->set_os("Debian GNU/Linux 12");
  machine->set_compiler("g++ 12.2.0");
  Plan* plan = started.mutable_plan();
  plan->set_parameters(1190478);
  plan->set_trainable_parameters(1190318);
  plan->set_flops_per_sample_forward(14838700);
  plan->set_flops_per_step(2700000000);
  plan->set_arena_bytes(61 << 20);
  plan->set_arena_bytes_without_reuse(147 << 20);
  plan->set_parameter_bytes(18 << 20);
  plan->set_nodes_train(41);
  plan->set_nodes_eval(14);
  plan->set_reorders(6);
}

void add_data(Started& started, const std::string& split, std::int64_t samples) {
  DataSet* data = started.add_data();
  data->set_split(split);
  data->set_samples(samples);
  data->set_source("IDX sprites mnist/" + split + "-images-idx3-ubyte.gz on a 75x75 canvas");
  data->set_fingerprint(fake_hash(split));
  for (int label = 0; label < 10; ++label) data->add_class_count(samples / 10 + (label * 37 % 11 - 5) * samples / 200);
}

}  // namespace

namespace {

void add_weights(Started& started) {
  WeightsLoaded* loaded = started.add_weights();
  loaded->set_source("digits.safetensors");
  loaded->set_place("/data/digits.safetensors");
  loaded->set_sha256(fake_hash("weights"));
  loaded->set_layer("layer \"conv2d\"");
  const auto add = [&](WeightRow::State state, const char* parameter, const char* tensor, const char* shape) {
    WeightRow* row = loaded->add_row();
    row->set_state(state);
    if (*parameter) row->set_parameter(parameter);
    if (*tensor) row->set_tensor(tensor);
    if (*parameter) row->set_shape(shape);
    if (state != WeightRow::LOADED && *tensor) row->set_source_shape("16x3x3x3");
  };
  add(WeightRow::ADAPTED, "conv2d/kernel", "conv.weight", "16x1x3x3");
  add(WeightRow::LOADED, "conv2d/bias", "conv.bias", "16");
  add(WeightRow::LOADED, "conv2d_1/bias", "conv1.bias", "32");
  add(WeightRow::MISSING, "conv2d_1/kernel", "", "32x16x3x3");
  add(WeightRow::UNEXPECTED, "", "fc.<weight>", "");
}

}  // namespace

std::string fake_hash(const std::string& salt) {
  std::mt19937 random(static_cast<unsigned>(std::hash<std::string>()(salt)));
  std::string hash;
  for (int i = 0; i < 64; ++i) hash += "0123456789abcdef"[random() % 16];
  return hash;
}

Started example_started(const ExampleOptions& options) {
  Started started;
  started.set_name(options.has_boxes ? "digits" : "digits-classes");
  started.set_id(fake_hash("run" + std::to_string(options.seed) + std::to_string(options.learning_rate)));
  started.set_description("Finds a digit on a large canvas: which one it is, and where.");
  std::string config = replaced(kConfig, "SEED", std::to_string(options.seed));
  config = replaced(config, "EPOCHS", std::to_string(options.epochs));
  started.set_config(replaced(config, "RATE", options.learning_rate == 0.001 ? "0.001" : "0.003"));
  started.set_command("thaw run experiments/localization/digits.pbtxt --set seed=" + std::to_string(options.seed));
  started.set_version("0.1.0");
  started.set_started_at("2025-03-01T12:30:05Z");
  started.set_epochs(options.epochs);
  started.set_batch_size(64);
  started.set_steps_per_epoch(kStepsPerEpoch);
  started.set_seed(options.seed);
  started.set_config_sha256(fake_hash("config"));
  ModelFile* file = started.add_model_file();
  file->set_path("models/<net>.onnx");
  file->set_place("/data/models/<net>.onnx");
  file->set_sha256(fake_hash("model"));
  started.set_best_metric(options.has_validation ? "validation/loss" : "train/loss");
  for (int label = 0; label < 10; ++label) started.add_class_name(std::to_string(label));
  add_machine_and_plan(started);
  add_layers(started, options.has_boxes);
  add_metrics(started, options.has_boxes);
  add_data(started, "train", 60000);
  if (options.has_validation) add_data(started, "validation", kValidationSamples);
  if (options.has_weights) add_weights(started);
  return started;
}

}  // namespace thaw::test
