#include "runner/train/session.h"

#include <algorithm>
#include <cstring>

#include "runner/train/class_weights.h"
#include "runner/train/initialize.h"
#include "runner/train/tensor_sha256.h"
#include "runner/train/transfer_facts.h"
#include "runner/train/truth.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// The frozen trunk for as many pictures at a time as are fast, whatever a batch of training is: runs that differ in
/// that share features. In 8 bits the arithmetic is so fast that it waits for tensors which no cache holds.
TrunkGraph build_fast_trunk(const Experiment& config, const ModelFiles& files, const TrunkCut& cut,
                            Precision precision) {
  constexpr std::int64_t kBatch = 16, kLeast = 4;
  constexpr std::int64_t kCached = std::int64_t{8} << 20;  // bytes; ResNet-50 on two cores of Zen 5 with 32 MiB of L3
  TrunkGraph trunk = build_trunk(config, files, cut, kBatch);
  const std::int64_t built = trunk.graph->value(trunk.picture).type.shape.at(0);  // a model's own number may win
  if (precision != Precision::kInt8 || built != kBatch) return trunk;
  std::int64_t largest = 1, batch = kBatch;
  for (const Value& value : trunk.graph->values()) {
    if (value.kind == ValueKind::kComputed) largest = std::max(largest, element_count(value.type.shape));
  }
  for (; batch > kLeast && largest > kCached; batch /= 2) largest /= 2;
  return batch == kBatch ? trunk : build_trunk(config, files, cut, batch);
}

}  // namespace

Precision precision_of(const Experiment& config) {
  return config.compute().precision() == BFLOAT16 ? Precision::kBFloat16 : Precision::kFloat32;
}

Precision trunk_precision_of(const Experiment& config) {
  if (!config.transfer().trunk().has_precision()) return precision_of(config);
  const NumberFormat format = config.transfer().trunk().precision();
  return format == INT8 ? Precision::kInt8 : format == BFLOAT16 ? Precision::kBFloat16 : Precision::kFloat32;
}

Session::Session(const Experiment& config, Findings& findings, std::shared_ptr<Device> device, const ModelFiles& files,
                 const SessionOptions& options)
    : device_(std::move(device)),
      training_(build_training(config, files, findings, {.stage = options.stage})),
      evaluation_(build_evaluation(config, files, training_.cut, findings)),
      trunk_precision_(trunk_precision_of(config)) {
  for (ParameterInit& parameter : evaluation_.model.parameters) parameter.values.reset();
  const Precision precision = precision_of(config);
  if (device_->support_of(precision) == Support::kNone) {
    findings.add("compute.precision", "this processor (" + device_->isa() + ") has no kernels for BFLOAT16",
                 "expected FLOAT32; BFLOAT16 needs AVX-512");
  }
  if (has_trunk() && device_->support_of(trunk_precision_) == Support::kNone) {
    findings.add("transfer.trunk.precision",
                 "this processor (" + device_->isa() + ") has no kernels for " +
                     NumberFormat_Name(config.transfer().trunk().precision()),
                 "expected FLOAT32");
  }
  findings.throw_if_any();
  store_ = std::make_shared<ParameterStore>(device_);
  auto arena = options.arena ? options.arena : std::make_shared<Arena>(device_);
  training_program_ = std::make_unique<Program>(
      training_.graph, device_, store_, Program::Options{.is_training = true, .precision = precision, .arena = arena});
  evaluation_program_ =
      std::make_unique<Program>(evaluation_.graph, device_, store_,
                                Program::Options{.is_training = false, .precision = precision, .arena = arena});
  frozen_ = frozen_names(training_.model);
  if (!has_trunk()) return;
  is_trunk_shared_ = options.trunk != nullptr;
  trunk_ = is_trunk_shared_ ? options.trunk
                            : std::make_shared<FrozenTrunk>(
                                  build_fast_trunk(config, files, training_.cut, trunk_precision_), device_);
}

bool Session::has(const std::string& name) const {
  return store_->has(name) || (trunk_ && trunk_->weights().has(name));
}

const ParameterStore& Session::store_of(const std::string& name) const {
  return store_->has(name) || !trunk_ ? *store_ : trunk_->weights();
}

const ParameterStore::Entry& Session::entry(const std::string& name) const { return store_of(name).get(name); }

std::vector<std::string> Session::names() const {
  std::vector<std::string> all = store_->names();
  if (!trunk_) return all;
  for (const std::string& name : trunk_->weights().names()) {
    if (!store_->has(name)) all.push_back(name);
  }
  std::sort(all.begin(), all.end());
  return all;
}

NamedTensor Session::read(const std::string& name) const {
  return {name, entry(name).type.shape, store_of(name).read(name)};
}

void Session::write(const std::string& name, const std::vector<float>& values) {
  if (store_->has(name)) store_->write(name, values);
  if (!trunk_ || !trunk_->weights().has(name)) return;
  trunk_->write(name, values);
  trunk_program_.reset();
}

std::string Session::digest(const std::string& name) const {
  return store_->has(name) ? tensor_sha256(read(name)) : trunk_->digest(name);
}

std::string Session::weights_sha256() const {
  std::vector<std::string> digests;
  for (const std::string& name : names()) {
    if (!entry(name).is_state) digests.push_back(digest(name));
  }
  return joined_sha256(digests);
}

FrozenTensors Session::frozen_sha256() const {
  std::vector<std::string> digests;
  for (const std::string& name : names()) {
    if (frozen_.count(name) > 0) digests.push_back(digest(name));
  }
  if (digests.empty()) return {};
  return {static_cast<std::int64_t>(digests.size()), joined_sha256(digests)};
}

std::size_t Session::parameter_bytes() const { return store_->bytes() + (trunk_ ? trunk_->weights().bytes() : 0); }

bool Session::is_trunk_ever_changed() const {
  const auto& parameters = training_.model.parameters;
  return std::any_of(parameters.begin(), parameters.end(), [&](const ParameterInit& parameter) {
    return parameter.is_ever_changed && trunk_ && trunk_->weights().has(parameter.name);
  });
}

std::unique_ptr<TrunkProgram> Session::make_trunk() const {
  return std::make_unique<TrunkProgram>(trunk_->graph(), device_, trunk_->weights(), trunk_precision_);
}

void Session::use_weights(const ParameterValues& values) {
  for (ParameterInit& parameter : training_.model.parameters) {
    const auto found = values.find(parameter.name);
    if (found != values.end() && !parameter.treatment.is_reinitialized) parameter.values = found->second;
  }
}

void Session::initialize(std::uint64_t seed) {
  trunk_program_.reset();
  for (const ParameterInit& parameter : training_.model.parameters) {
    // What another session has in its trunk starts the same there.
    if (is_trunk_shared_ && !store_->has(parameter.name)) continue;
    if (starts_from_file(parameter)) {
      write(parameter.name, *parameter.values);  // no copy: a large layer's would be the most memory of the whole run
    } else {
      write(parameter.name, initial_values(parameter, seed));
    }
  }
}

void Session::begin_stage(const Experiment& config, const ModelFiles& files, const SessionOptions& options) {
  const std::vector<NamedTensor> kept = tensors(true);
  std::vector<double> class_weights = std::move(class_weights_);
  training_program_.reset();  // before the new ones take their memory
  evaluation_program_.reset();
  trunk_program_.reset();
  store_.reset();
  trunk_.reset();
  Findings findings;
  *this = Session(config, findings, device_, files, options);
  class_weights_ = std::move(class_weights);
  release_file_weights();
  for (const NamedTensor& tensor : kept) {
    if (has(tensor.name)) write(tensor.name, tensor.values);
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

const float* Session::rows_of(const Batch& batch, const BuiltGraph& built) {
  const std::vector<float>* rows = &batch.images;
  if (has_trunk() && !batch.has_features) {
    if (!trunk_program_) trunk_program_ = make_trunk();
    feature_rows_.resize(static_cast<std::size_t>(trunk_program_->row_values()) *
                         static_cast<std::size_t>(batch.capacity));
    trunk_program_->run(batch.images.data(), batch.capacity, feature_rows_.data());
    rows = &feature_rows_;
  }
  if (built.model.running.empty() || batch.count == batch.capacity) return rows->data();
  filled_rows_ = *rows;
  const std::size_t row = rows->size() / static_cast<std::size_t>(batch.capacity);
  const std::size_t samples = row * static_cast<std::size_t>(batch.count);
  for (std::size_t i = samples; i < filled_rows_.size(); ++i) filled_rows_[i] = filled_rows_[i - samples];
  return filled_rows_.data();
}

void Session::feed_rows(Program& program, const BuiltGraph& built, const Batch& batch) {
  const float* rows = rows_of(batch, built);
  if (!has_trunk()) return program.set_input(built.model.input, rows);
  const auto capacity = static_cast<std::ptrdiff_t>(batch.capacity);
  const auto row = static_cast<std::ptrdiff_t>(row_values_of(*built.graph, built.features));
  std::ptrdiff_t offset = 0;
  for (const ValueId feature : built.features) {
    const std::ptrdiff_t length = element_count(built.graph->value(feature).type.shape) / capacity;
    if (length == row) return program.set_input(feature, rows);
    feature_.resize(static_cast<std::size_t>(length * capacity));
    for (std::ptrdiff_t n = 0; n < capacity; ++n) {
      std::copy_n(rows + n * row + offset, length, feature_.data() + n * length);
    }
    program.set_input(feature, feature_.data());
    offset += length;
  }
}

void Session::feed(Program& program, const BuiltGraph& built, const Batch& batch, int max_objects) {
  feed_rows(program, built, batch);
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
  if (trunk_) trunk_->forget_digests();
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

std::vector<NamedTensor> Session::read(const Choice& wants) const {
  std::vector<NamedTensor> found;
  for (const std::string& name : names()) {
    if (wants(name, entry(name).is_state)) found.push_back(read(name));
  }
  return found;
}

Session::Choice Session::all(bool with_slots) const {
  return [with_slots](const std::string&, bool is_slot) { return with_slots || !is_slot; };
}

Session::Choice Session::changing(bool with_slots) const {
  return [this, with_slots](const std::string& name, bool is_slot) {
    return (with_slots || !is_slot) && !frozen_.count(name);
  };
}

std::vector<NamedTensor> Session::tensors(bool with_slots) const { return read(all(with_slots)); }

std::vector<NamedTensor> Session::changing_tensors(bool with_slots) const { return read(changing(with_slots)); }

void Session::read_again(std::vector<NamedTensor>& tensors) const {
  for (NamedTensor& tensor : tensors) store_of(tensor.name).read(tensor.name, tensor.values);
}

std::vector<NamedTensor> Session::frozen_tensors() const {
  return read([&](const std::string& name, bool) { return frozen_.count(name) > 0; });
}

std::int64_t Session::changing_bytes() const {
  std::int64_t bytes = 0;
  for (const std::string& name : names()) {
    if (!frozen_.count(name)) bytes += byte_count(entry(name).type);
  }
  return bytes;
}

void Session::restore(const std::vector<NamedTensor>& tensors, bool with_slots, const std::string& source) {
  write(all(with_slots), tensors, source);
}

void Session::restore_changing(const std::vector<NamedTensor>& tensors, bool with_slots, const std::string& source) {
  write(changing(with_slots), tensors, source);
}

void Session::write(const Choice& wants, const std::vector<NamedTensor>& tensors, const std::string& source) {
  for (const std::string& name : names()) {
    const Shape& shape = entry(name).type.shape;
    if (!wants(name, entry(name).is_state)) continue;
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& tensor) { return tensor.name == name; });
    if (found == tensors.end()) throw InputError(source + ": tensor \"" + name + "\" is missing");
    if (found->shape != shape) {
      throw InputError(source + ": tensor \"" + name + "\" is " + to_text(found->shape) + ", the model has " +
                       to_text(shape));
    }
    write(name, found->values);
  }
}

}  // namespace thaw
