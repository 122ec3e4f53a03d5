#include "runner/train/trunk_program.h"

#include <algorithm>
#include <map>

#include "ops/calibration.h"
#include "runner/train/process_facts.h"
#include "runner/train/run_facts.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// Pictures that 8-bit steps are found on.
constexpr std::int64_t kCalibrationSamples = 32;

std::int64_t sample_values(const TensorType& type) { return element_count(type.shape) / type.shape.at(0); }

}  // namespace

std::int64_t row_values_of(const Graph& graph, std::span<const ValueId> features) {
  std::int64_t total = 0;
  for (const ValueId feature : features) total += sample_values(graph.value(feature).type);
  return total;
}

void add_trunk(Sha256& hash, const TrunkGraph& trunk, const std::function<void(const std::string& name)>& add_values) {
  const Graph& graph = *trunk.graph;
  std::map<ValueId, std::int64_t> numbers;  // in the order of their first use, whatever they are called
  const auto number = [&](ValueId value) {
    const auto [place, is_new] = numbers.emplace(value, static_cast<std::int64_t>(numbers.size()));
    hash.add_integer(value == kNoValue ? -1 : place->second);
    if (!is_new || value == kNoValue) return;
    hash.add_sized(to_text(graph.value(value).type));
    if (graph.value(value).kind == ValueKind::kParameter) add_values(graph.value(value).name);
  };
  number(trunk.picture);
  for (const Node& node : graph.nodes()) {
    hash.add_sized(node.op);
    hash.add_sized(to_text(node.attributes));
    for (const ValueId input : node.inputs) number(input);
    for (const ValueId output : node.outputs) number(output);
  }
  for (const std::size_t place : trunk.outputs) {
    number(place == TrunkGraph::kPicture ? trunk.picture : graph.outputs()[place]);
  }
}

TrunkProgram::TrunkProgram(TrunkGraph graph, std::shared_ptr<Device> device, const ParameterStore& weights,
                           Precision precision)
    : trunk_(std::move(graph)),
      device_(std::move(device)),
      store_(std::make_shared<ParameterStore>(device_)),
      precision_(precision) {
  const TensorType& picture = trunk_.graph->value(trunk_.picture).type;
  batch_ = static_cast<int>(picture.shape.at(0));
  picture_values_ = sample_values(picture);
  for (const std::size_t place : trunk_.outputs) {
    row_values_ += place == TrunkGraph::kPicture
                       ? picture_values_
                       : sample_values(trunk_.graph->value(trunk_.graph->outputs().at(place)).type);
  }
  bind(precision == Precision::kInt8 ? Precision::kFloat32 : precision, nullptr);
  for (const std::string& name : store_->names()) store_->write(name, weights.read(name));
}

TrunkProgram::~TrunkProgram() = default;

void TrunkProgram::bind(Precision precision, std::shared_ptr<const Calibration> calibration) {
  program_ = std::make_unique<Program>(
      trunk_.graph, device_, store_,
      Program::Options{
          .is_training = false, .precision = precision, .calibration = std::move(calibration), .arena = nullptr});
}

void TrunkProgram::calibrate_on(std::shared_ptr<const SampleSource> source) {
  if (precision_ != Precision::kInt8) return;
  calibrated_on_ = source->fingerprint() + " " + std::to_string(std::min(kCalibrationSamples, source->size()));
  calibration_source_ = std::move(source);
}

void TrunkProgram::calibrate() {
  const SampleSource& source = *calibration_source_;
  Calibrator calibrator(*program_);
  std::vector<float> pictures(static_cast<std::size_t>(batch_ * picture_values_));
  std::vector<Object> objects(static_cast<std::size_t>(source.max_objects()));
  const std::int64_t samples = std::min(kCalibrationSamples, source.size());
  for (std::int64_t first = 0; first < samples; first += batch_) {
    // A last short batch is filled up with what comes next, from the beginning again: real pictures all.
    for (int n = 0; n < batch_; ++n) {
      int count = 0;
      source.draw(0, (first + n) % source.size(),
                  {pictures.data() + n * picture_values_, objects.data(), &count, nullptr});
    }
    program_->set_input(trunk_.picture, pictures.data());
    calibrator.run();
  }
  calibration_source_.reset();
  bind(Precision::kInt8, std::make_shared<const Calibration>(calibrator.calibration()));
}

int TrunkProgram::kernels() const {
  const std::vector<StepCost> costs = program_->costs();
  return static_cast<int>(std::count_if(costs.begin(), costs.end(),
                                        [](const StepCost& cost) { return !cost.is_constant && !cost.is_reorder; }));
}

void TrunkProgram::run(const float* pictures, std::int64_t count, float* rows) {
  std::int64_t done = 0;
  for (; done + batch_ <= count; done += batch_)
    run_batch(pictures + done * picture_values_, rows + done * row_values_);
  if (done == count) return;
  // What fills the batch up is never looked at.
  last_pictures_.assign(static_cast<std::size_t>(batch_ * picture_values_), 0.0F);
  last_rows_.resize(static_cast<std::size_t>(batch_ * row_values_));
  std::copy(pictures + done * picture_values_, pictures + count * picture_values_, last_pictures_.begin());
  run_batch(last_pictures_.data(), last_rows_.data());
  std::copy_n(last_rows_.begin(), (count - done) * row_values_, rows + done * row_values_);
}

void TrunkProgram::run_batch(const float* pictures, float* rows) {
  if (precision_ == Precision::kInt8 && calibrated_on_.empty()) throw InternalError("the trunk was not calibrated");
  if (calibration_source_) calibrate();
  program_->set_input(trunk_.picture, pictures);
  program_->run();
  std::int64_t offset = 0;
  for (const std::size_t place : trunk_.outputs) {
    const bool is_picture = place == TrunkGraph::kPicture;
    const ValueId value = is_picture ? trunk_.picture : trunk_.graph->outputs()[place];
    const std::int64_t length = is_picture ? picture_values_ : sample_values(trunk_.graph->value(value).type);
    const float* from = pictures;
    if (!is_picture) {
      if (length == row_values_) return program_->get(value, rows);
      output_.resize(static_cast<std::size_t>(length * batch_));
      program_->get(value, output_.data());
      from = output_.data();
    }
    for (int n = 0; n < batch_; ++n) std::copy_n(from + n * length, length, rows + n * row_values_ + offset);
    offset += length;
  }
}

const Batch& TrunkBatches::of(const Batch& batch) {
  if (trunk_ == nullptr || batch.has_features) return batch;
  features_.capacity = batch.capacity;
  features_.count = batch.count;
  features_.has_features = true;
  features_.objects = batch.objects;
  features_.object_counts = batch.object_counts;
  features_.weights = batch.weights;
  features_.indices = batch.indices;
  features_.images.resize(static_cast<std::size_t>(batch.capacity * trunk_->row_values()));
  trunk_->run(batch.images.data(), batch.capacity, features_.images.data());
  return features_;
}

std::string TrunkProgram::fingerprint() const {
  Sha256 hash;
  hash.add_sized("thaw trunk 2 " + std::to_string(static_cast<int>(precision_)) + " " + calibrated_on_);
  hash.add_sized(std::string(kVersion) + " " + compiler_name());
  hash.add_sized(device_->name() + " " + device_->kernel_library() + " " + device_->isa());
  hash.add_integer(device_->threads());
  add_trunk(hash, trunk_, [&](const std::string& name) {
    const std::vector<float> values = store_->read(name);
    hash.add({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
  });
  return hash.hex();
}

}  // namespace thaw
