#include "runner/summary.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "runner/amount_text.h"
#include "runner/text_table.h"
#include "runner/train/features.h"
#include "runner/train/predict.h"
#include "runner/train/process_facts.h"
#include "runner/train/run_facts.h"
#include "runner/train/session.h"
#include "runner/train/stage_plan.h"
#include "runner/train/transfer_facts.h"
#include "runner/train/weights/describe.h"
#include "runner/transfer_table.h"

namespace thaw {
namespace {

std::string table(const std::vector<LayerRow>& rows) {
  std::vector<std::vector<std::string>> cells{{"layer", "type", "output", "parameters", "MFLOP"}};
  for (const LayerRow& row : rows) {
    std::ostringstream mflop;
    mflop << std::fixed << std::setprecision(2) << static_cast<double>(row.flops()) / 1e6;
    cells.push_back({std::string(2 * static_cast<std::size_t>(row.depth()), ' ') + row.name(), row.type(),
                     row.output_shape(), grouped(row.parameters()), mflop.str()});
  }
  return text_table(cells, 3);
}

nlohmann::ordered_json prediction_json(const Prediction& prediction) {
  nlohmann::ordered_json json;
  json["peak_memory_bytes"] = prediction.peak_memory_bytes();
  for (const MemoryPart& part : prediction.memory()) json["memory"][part.name()] = part.bytes();
  json["flops_per_step"] = prediction.flops_per_step();
  json["bytes_per_step"] = prediction.bytes_per_step();
  json["step_s"] = prediction.step_s();
  json["epoch_s"] = prediction.epoch_s();
  json["once_s"] = prediction.once_s();
  json["run_s"] = prediction.run_s();
  json["rough"] = prediction.rough();
  json["peak_flops_per_s"] = prediction.peaks().flops_per_s();
  for (const BandwidthPoint& point : prediction.peaks().bandwidth()) {
    json["bandwidth"].push_back(
        {{"working_set_bytes", point.working_set_bytes()}, {"bytes_per_s", point.bytes_per_s()}});
  }
  return json;
}

nlohmann::ordered_json to_json(const Experiment& config, const std::vector<LayerRow>& rows, const Plan& plan,
                               const Prediction& prediction) {
  nlohmann::ordered_json json;
  json["name"] = config.name();
  for (const LayerRow& row : rows) {
    json["layers"].push_back({{"name", row.name()},
                              {"type", row.type()},
                              {"from", row.from()},
                              {"output_shape", row.output_shape()},
                              {"parameters", row.parameters()},
                              {"trainable_parameters", row.trainable_parameters()},
                              {"trainable", row.trainable()},
                              {"flops", row.flops()},
                              {"depth", row.depth()}});
  }
  json["parameters"] = plan.parameters();
  json["trainable_parameters"] = plan.trainable_parameters();
  json["flops_per_sample_forward"] = plan.flops_per_sample_forward();
  json["flops_per_step"] = plan.flops_per_step();
  json["arena_bytes"] = plan.arena_bytes();
  json["arena_bytes_without_reuse"] = plan.arena_bytes_without_reuse();
  json["parameter_bytes"] = plan.parameter_bytes();
  json["kernels_train"] = plan.nodes_train();
  json["kernels_eval"] = plan.nodes_eval();
  json["reorders"] = plan.reorders();
  json["prediction"] = prediction_json(prediction);
  return json;
}

std::string prediction_lines(const Prediction& prediction) {
  std::ostringstream out;
  out << "peak memory: about " << bytes_text(prediction.peak_memory_bytes()) << '\n';
  for (const MemoryPart& part : prediction.memory())
    out << "  " << part.name() << ": " << bytes_text(part.bytes()) << '\n';
  out << "time, about: ";
  if (prediction.once_s() > 0) out << time_text(prediction.once_s()) << " for the frozen trunk once, ";
  out << time_text(prediction.step_s()) << " a step, " << time_text(prediction.epoch_s()) << " an epoch, "
      << time_text(prediction.run_s()) << " in all";
  out << (prediction.rough().empty() ? "\n" : "; a rough estimate:\n");
  for (const std::string& reason : prediction.rough()) out << "  " << reason << '\n';
  const Peaks& peaks = prediction.peaks();
  out << "machine: " << std::fixed << std::setprecision(0) << peaks.flops_per_s() / 1e9 << " GFLOP/s, "
      << peaks.bandwidth().rbegin()->bytes_per_s() / 1e9 << " GB/s, measured just now\n";
  return out.str();
}

std::string data_line(const char* split, const SampleSource& source) {
  return std::string(split) + ": " + grouped(source.size()) + " samples, " + source.description() + "\n";
}

/// What pretrained weights come from, and what `thaw run` would run for them first.
std::string weights_lines(const PreparedExperiment& prepared, bool wants_tables) {
  std::string text;
  for (const WeightsLoaded& table : prepared.weights.tables) {
    text += weights_line(table) + "\n" + (wants_tables ? weights_table(table) : "");
  }
  for (const RunFirst& first : prepared.run_first) {
    text += "to be run first: " + first.file + " (it " + first.reason + ")\n";
  }
  return text;
}

std::string precision_text(Precision precision, const Device& device) {
  if (precision == Precision::kFloat32) return "";
  const bool is_emulated = device.support_of(precision) == Support::kEmulated;
  return is_emulated ? ", bfloat16 (this processor emulates it: float32 is faster)" : ", bfloat16";
}

std::string trunk_line(const Session& session, const TrunkProgram& trunk, const PreparedExperiment& prepared) {
  const Experiment& config = prepared.loaded.config;
  const bool is_kept = are_features_kept(config, *prepared.train, false);
  const std::string reason = config.transfer().trunk().cache() ? "the pictures are never the same" : "cache: false";
  std::ostringstream out;
  out << "frozen trunk: " << std::fixed << std::setprecision(2)
      << static_cast<double>(session.training().cut.flops) / 1e9 << " GFLOP a picture in " << trunk.kernels()
      << " kernels, " << (is_kept ? "once for each" : "in every epoch (" + reason + ")") << "; its features take "
      << grouped(trunk.row_values() * 4) << " bytes each\n";
  return out.str();
}

}  // namespace

std::string summarize(PreparedExperiment prepared, std::shared_ptr<Device> device, const SummaryOptions& options) {
  const Experiment& config = prepared.loaded.config;
  const TrainingStage stage = StagePlan(config).first();
  std::ostringstream out;
  if (options.wants_passes) {
    Findings findings = prepared.loaded.findings();
    for (const PassReport& pass :
         build_training(config, prepared.models.files, findings, {.stage = stage, .wants_dumps = true}).passes) {
      out << "== after " << pass.name << " (" << pass.nodes_before << " -> " << pass.nodes_after << " nodes, "
          << pass.ms << " ms)\n"
          << pass.dump << '\n';
    }
  }
  Findings findings = prepared.loaded.findings();
  Session session(config, findings, device, prepared.models.files, {.stage = stage});
  prepared.models.files.clear();
  session.use_weights(std::exchange(prepared.weights.values, {}));
  // Before the measurement, which touches its buffers.
  const std::int64_t process_bytes = rss_bytes() - session.file_weight_bytes();
  const auto trunk = session.has_trunk() ? session.make_trunk() : nullptr;
  const Prediction prediction =
      predict({prepared, session, *device, process_bytes, trunk.get()}, device->measure_peaks());
  const auto rows = describe_layers(session.training().model);
  const Plan plan = describe_plan(session);
  const auto transfer_rows = describe_transfer(session.training().model);
  if (options.wants_json) {
    auto json = to_json(config, rows, plan, prediction);
    json["transfer"] = transfer_json(config, transfer_rows);
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  if (options.wants_plan && trunk) out << "frozen trunk\n" << trunk->program().text() << '\n';
  if (options.wants_plan) out << "training\n" << session.training_program().text() << '\n';

  out << config.name() << (config.description().empty() ? "" : ": " + config.description()) << "\n\n" << table(rows);
  const bool is_all_trainable = plan.trainable_parameters() == plan.parameters();
  out << "\nparameters: " << grouped(plan.parameters()) << ", "
      << (is_all_trainable ? "all" : grouped(plan.trainable_parameters())) << " trainable\n";
  out << transfer_text(config, transfer_rows);
  out << data_line("train", *prepared.train);
  if (prepared.validation) out << data_line("validation", *prepared.validation);
  out << weights_lines(prepared, options.wants_weights);
  const std::int64_t batch = config.train().batch_size();
  out << "steps: " << grouped((prepared.train->size() + batch - 1) / batch) << " an epoch, " << config.train().epochs()
      << " epochs of batches of " << batch << '\n';
  out << "a step: " << std::fixed << std::setprecision(2) << static_cast<double>(plan.flops_per_step()) / 1e9
      << " GFLOP and " << static_cast<double>(prediction.bytes_per_step()) / 1e6 << " MB moved in "
      << plan.nodes_train() << " kernels and " << plan.reorders() << " reorders\n";
  if (trunk) out << trunk_line(session, *trunk, prepared);
  out << "memory: " << bytes_text(plan.arena_bytes()) << " for a step (" << bytes_text(plan.arena_bytes_without_reuse())
      << " without reuse), " << bytes_text(plan.parameter_bytes()) << " for weights and optimizer\n";
  out << "device: " << device->name() << ", " << device->threads() << " threads, " << device->kernel_library() << " ("
      << device->isa() << ")" << precision_text(precision_of(config), *device) << '\n'
      << prediction_lines(prediction);
  return out.str();
}

}  // namespace thaw
