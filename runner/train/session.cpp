#include "runner/train/session.h"

#include <algorithm>
#include <cstring>

#include "runner/store/sha256.h"
#include "runner/train/class_weights.h"
#include "runner/train/initialize.h"
#include "runner/train/truth.h"
#include "schemas/diagnostic.h"

namespace thaw {
Precision precision_of(const Experiment& config) {
  return config.compute().precision() == BFLOAT16 ? Precision::kBFloat16 : Precision::kFloat32;
}

Session::Session(const Experiment& config, Findings& findings, std::shared_ptr<Device> device, const ModelFiles& files)
    : device_(std::move(device)),
      training_(build_training(config, files, findings)),
      evaluation_(build_evaluation(config, files, findings)) {
  for (ParameterInit& parameter : evaluation_.model.parameters) parameter.values.reset();
  const Precision precision = precision_of(config);
  if (device_->support_of(precision) == Support::kNone) {
    findings.add("compute.precision", "this processor (" + device_->isa() + ") has no kernels for BFLOAT16",
                 "expected FLOAT32; BFLOAT16 needs AVX-512");
  }
  findings.throw_if_any();
  store_ = std::make_shared<ParameterStore>(device_);
  auto arena = std::make_shared<Arena>(device_);
  training_program_ = std::make_unique<Program>(
      training_.graph, device_, store_, Program::Options{.is_training = true, .precision = precision, .arena = arena});
  evaluation_program_ =
      std::make_unique<Program>(evaluation_.graph, device_, store_,
                                Program::Options{.is_training = false, .precision = precision, .arena = arena});
}

void Session::initialize(std::uint64_t seed) {
  for (const ParameterInit& parameter : training_.model.parameters) {
    store_->write(parameter.name, initial_values(parameter, seed));
  }
}

std::int64_t Session::file_weight_bytes() const {
  std::size_t bytes = 0;
  for (const ParameterInit& parameter : training_.model.parameters) {
    if (parameter.values) bytes += parameter.values->size() * sizeof(float);
  }
  return static_cast<std::int64_t>(bytes);
}

void Session::release_file_weights() {
  for (ParameterInit& parameter : training_.model.parameters) parameter.values.reset();
}

const float* Session::images_of(const Batch& batch, const BuiltGraph& built) {
  if (built.model.running.empty() || batch.count == batch.capacity) return batch.images.data();
  filled_images_ = batch.images;
  const std::size_t row = batch.images.size() / static_cast<std::size_t>(batch.capacity);
  const std::size_t samples = row * static_cast<std::size_t>(batch.count);
  for (std::size_t i = samples; i < filled_images_.size(); ++i) filled_images_[i] = filled_images_[i - samples];
  return filled_images_.data();
}

void Session::feed(Program& program, const BuiltGraph& built, const Batch& batch, int max_objects) {
  program.set_input(built.model.input, images_of(batch, built));
  const bool is_training = &program == training_program_.get();
  result_.loss_weights = is_training ? loss_weights(batch, class_weights_, max_objects) : batch.weights;
  program.set_input(built.objective.sample_weights, result_.loss_weights.data());
  for (const ObjectiveTerm& term : built.objective.terms) {
    const TensorType& type = built.graph->value(term.truth).type;
    if (type.dtype == DType::kInt32) {
      program.set_input(term.truth, label_truth(batch, max_objects).data());
    } else {
      program.set_input(term.truth, real_truth(term, type, batch, max_objects).data());
    }
  }
}

void Session::fetch(const Program& program, const BuiltGraph& built) {
  for (const auto& [name, value] : built.reads) {
    const Shape& shape = built.graph->value(value).type.shape;
    auto& rows = result_.outputs[name];
    rows.resize(static_cast<std::size_t>(element_count(shape)));
    result_.lengths[name] = static_cast<int>(element_count(shape) / shape[0]);
    program.get(value, rows.data());
  }
  result_.losses.resize(built.objective.terms.size());
  for (std::size_t i = 0; i < result_.losses.size(); ++i) {
    const ValueId value = built.objective.terms[i].per_sample;
    result_.losses[i].resize(static_cast<std::size_t>(element_count(built.graph->value(value).type.shape)));
    program.get(value, result_.losses[i].data());
  }
}

StepOutcome Session::train_step(const Batch& batch, double learning_rate, std::int64_t step, int max_objects) {
  Program& program = *training_program_;
  feed(program, training_, batch, max_objects);
  const auto rate = static_cast<float>(learning_rate);
  const auto count = static_cast<std::int32_t>(step);
  program.set_input(training_.learning_rate, &rate);
  program.set_input(training_.step, &count);
  program.run();
  fetch(program, training_);
  float loss = 0, norm = 0;
  program.get(training_.objective.total, &loss);
  program.get(training_.gradient_norm, &norm);
  return {loss, norm};
}

std::optional<ValueId> Session::find_non_finite(const Batch& batch, int max_objects) {
  feed(*training_program_, training_, batch, max_objects);
  return training_program_->run_and_find_non_finite();
}

void Session::evaluate(const Batch& batch, int max_objects) {
  feed(*evaluation_program_, evaluation_, batch, max_objects);
  evaluation_program_->run();
  fetch(*evaluation_program_, evaluation_);
}

std::vector<NamedTensor> Session::tensors(bool with_slots) const {
  std::vector<NamedTensor> found;
  for (const std::string& name : store_->names()) {
    const auto& entry = store_->get(name);
    if (entry.is_state && !with_slots) continue;
    found.push_back({name, entry.type.shape, store_->read(name)});
  }
  return found;
}

void Session::restore(const std::vector<NamedTensor>& tensors, bool with_slots, const std::string& source) {
  for (const std::string& name : store_->names()) {
    const auto& entry = store_->get(name);
    if (entry.is_state && !with_slots) continue;
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& tensor) { return tensor.name == name; });
    if (found == tensors.end()) throw InputError(source + ": tensor \"" + name + "\" is missing");
    if (found->shape != entry.type.shape) {
      throw InputError(source + ": tensor \"" + name + "\" is " + to_text(found->shape) + ", the model has " +
                       to_text(entry.type.shape));
    }
    store_->write(name, found->values);
  }
}

std::string tensors_sha256(const std::vector<NamedTensor>& tensors) {
  Sha256 hash;
  for (const NamedTensor& tensor : tensors) {
    hash.add_sized(tensor.name);
    for (const std::int64_t extent : tensor.shape) hash.add_integer(extent);
    hash.add({reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float)});
  }
  return hash.hex();
}

}  // namespace thaw
