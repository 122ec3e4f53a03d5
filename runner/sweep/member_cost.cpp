#include "runner/sweep/member_cost.h"

#include <google/protobuf/descriptor.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "runner/store/sha256.h"
#include "runner/train/features.h"
#include "runner/train/metrics.h"
#include "runner/train/predict.h"
#include "runner/train/process_facts.h"
#include "runner/train/run_facts.h"
#include "runner/train/session.h"
#include "runner/train/stage_plan.h"

namespace thaw {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// From a process's start to its first step, and from its last one to its end, beside what is foreseen of training:
// starting, reading the file, the record, pictures and the report. Measured.
constexpr double kProcessS = 0.15;
// Of a run's folder beside its checkpoints: record, report and files of text. Measured.
constexpr std::int64_t kFolderBytes = 400'000;

// Of a member beside others: what it holds but for weights, the optimizer and repacked weights. Measured with small
// heads: a third of this.
constexpr std::int64_t kBesideBytes = 1'000'000;

/// Rates and momenta change no kernel: every real number that is there becomes the same one.
void forget_numbers(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      reflection.SetDouble(&message, field, reflection.GetDouble(message, field) == 0 ? 0 : 1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      forget_numbers(*reflection.MutableMessage(&message, field));
    }
  }
}

/// What time and memory depend on.
std::string cost_key(const Experiment& experiment) {
  Experiment config = experiment;
  config.clear_name();
  config.clear_description();
  config.clear_seed();
  forget_numbers(*config.mutable_train()->mutable_optimizer());
  if (config.train().has_schedule()) forget_numbers(*config.mutable_train()->mutable_schedule());
  return config.SerializeAsString();
}

std::int64_t pictures_bytes(const PreparedExperiment& prepared) {
  const Report& report = prepared.loaded.config.report();
  const SampleSource& source = prepared.validation ? *prepared.validation : *prepared.train;
  const std::int64_t pictures = report.samples() + report.worst();
  return pictures * source.channels() * source.height() * source.width();  // PNG may save nothing
}

std::int64_t checkpoint_bytes(const Session& session) {
  std::int64_t weights = 0, frozen = 0;
  for (const Value& value : session.training().graph->values()) {
    if (value.kind == ValueKind::kParameter) weights += 4 * element_count(value.type.shape);
  }
  for (const ParameterInit& parameter : session.training().model.parameters) {
    if (session.frozen().count(parameter.name) > 0) frozen += 4 * element_count(parameter.shape);
  }
  // The newest two, the best weights, and once what no step changes.
  return 2 * session.changing_bytes() + weights + frozen;
}

/// The features that a run makes once for each of its sets.
std::vector<SharedFeatures> features_of(const PreparedExperiment& prepared, const Session& session,
                                        const TrunkProgram& trunk, double once_s) {
  const Experiment& config = prepared.loaded.config;
  std::string weights = prepared.weights.sha256 + prepared.model_sha256;
  const bool are_drawn = std::any_of(session.frozen().begin(), session.frozen().end(),
                                     [&](const std::string& name) { return prepared.pretrained.count(name) == 0; });
  if (are_drawn) weights += std::to_string(config.seed());
  std::vector<SharedFeatures> all;
  std::int64_t rows_in_all = 0;
  const auto add = [&](const SampleSource& source, bool is_validation) {
    if (!are_features_kept(config, source, is_validation)) return;
    const std::int64_t variants = is_validation ? 1 : source.variants();
    const std::int64_t rows = source.size() * variants;
    Sha256 hash;
    hash.add_sized(trunk.fingerprint());
    hash.add_sized(weights);
    hash.add_sized(source.fingerprint());
    hash.add_integer(variants);
    all.push_back({hash.hex(), static_cast<double>(rows), rows * trunk.row_values() * 4});
    rows_in_all += rows;
  };
  add(*prepared.train, false);
  if (prepared.validation) add(*prepared.validation, true);
  for (SharedFeatures& shared : all) shared.seconds *= once_s / static_cast<double>(rows_in_all);
  return all;
}

}  // namespace

const MachinePeaks& MemberCosts::peaks_of(Device& device) {
  const auto known = peaks_.find(device.threads());
  if (known != peaks_.end()) return known->second;
  return peaks_[device.threads()] = device.measure_peaks();
}

MemberCost MemberCosts::foresee(PreparedExperiment& prepared, const std::shared_ptr<Device>& device) {
  const auto start = std::chrono::steady_clock::now();
  const Experiment& config = prepared.loaded.config;
  Findings findings = prepared.loaded.findings();
  Session session(config, findings, device, prepared.models.files, {.stage = StagePlan(config).first()});
  session.use_weights(std::exchange(prepared.weights.values, {}));
  const auto trunk = session.has_trunk() ? session.make_trunk() : nullptr;
  const double bind_s = seconds_since(start);
  malloc_trim(0);  // what members before this one left behind is none of its own
  const std::int64_t process_bytes = rss_bytes() - session.file_weight_bytes();
  const Prediction prediction = predict({prepared, session, *device, process_bytes, trunk.get()}, peaks_of(*device));
  MemberCost cost;
  if (trunk) cost.features = features_of(prepared, session, *trunk, prediction.once_s());
  cost.own_s = kProcessS + bind_s + prediction.run_s() - prediction.once_s();
  cost.memory_bytes = prediction.peak_memory_bytes();
  cost.beside_bytes = kBesideBytes + static_cast<std::int64_t>(session.parameter_bytes() +
                                                               session.training_program().stats().constant_bytes +
                                                               session.evaluation_program().stats().constant_bytes);
  cost.disk_bytes = checkpoint_bytes(session) + pictures_bytes(prepared) + kFolderBytes;
  const Plan plan = describe_plan(session);
  cost.parameters = plan.parameters();
  cost.trainable_parameters = plan.trainable_parameters();
  cost.metrics = MetricSet(config, session.training().objective.terms).infos();
  cost.rough.assign(prediction.rough().begin(), prediction.rough().end());
  return cost;
}

const MemberCost& MemberCosts::of(PreparedExperiment& prepared, const std::shared_ptr<Device>& device) {
  const std::string key = cost_key(prepared.loaded.config);
  const auto known = costs_.find(key);
  if (known != costs_.end()) return known->second;
  return costs_[key] = foresee(prepared, device);
}

}  // namespace thaw
