#include "runner/summary.h"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runner/train/run_facts.h"
#include "runner/train/session.h"

namespace thaw {
namespace {

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return digits;
}

std::string megabytes(std::int64_t bytes) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / 1e6 << " MB";
  return out.str();
}

std::string table(const std::vector<LayerRow>& rows) {
  std::vector<std::vector<std::string>> cells{{"layer", "type", "output", "parameters", "MFLOP"}};
  for (const LayerRow& row : rows) {
    std::ostringstream mflop;
    mflop << std::fixed << std::setprecision(2) << static_cast<double>(row.flops()) / 1e6;
    cells.push_back({row.name(), row.type(), row.output_shape(), grouped(row.parameters()), mflop.str()});
  }
  std::vector<std::size_t> widths(cells[0].size(), 0);
  for (const auto& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::ostringstream out;
  for (const auto& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool is_number = i >= 3;
      out << (i ? "  " : "") << (is_number ? std::right : std::left) << std::setw(static_cast<int>(widths[i]))
          << line[i];
    }
    out << '\n';
  }
  return out.str();
}

nlohmann::ordered_json to_json(const Experiment& config, const std::vector<LayerRow>& rows, const Plan& plan) {
  nlohmann::ordered_json json;
  json["name"] = config.name();
  for (const LayerRow& row : rows) {
    json["layers"].push_back({{"name", row.name()},
                              {"type", row.type()},
                              {"from", row.from()},
                              {"output_shape", row.output_shape()},
                              {"parameters", row.parameters()},
                              {"trainable", row.trainable()},
                              {"flops", row.flops()}});
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
  return json;
}

std::string data_line(const char* split, const SampleSource& source) {
  return std::string(split) + ": " + grouped(source.size()) + " samples, " + source.description() + "\n";
}

std::string precision_text(Precision precision, const Device& device) {
  if (precision == Precision::kFloat32) return "";
  const bool is_emulated = device.support_of(precision) == Support::kEmulated;
  return is_emulated ? ", bfloat16 (this processor emulates it: float32 is faster)" : ", bfloat16";
}

}  // namespace

std::string summarize(const PreparedExperiment& prepared, std::shared_ptr<Device> device,
                      const SummaryOptions& options) {
  const Experiment& config = prepared.loaded.config;
  std::ostringstream out;
  if (options.wants_passes) {
    Findings findings = prepared.loaded.findings();
    for (const PassReport& pass : build_training(config, prepared.models.files, findings, true).passes) {
      out << "== after " << pass.name << " (" << pass.nodes_before << " -> " << pass.nodes_after << " nodes, "
          << pass.ms << " ms)\n"
          << pass.dump << '\n';
    }
  }
  Findings findings = prepared.loaded.findings();
  const Session session(config, findings, device, prepared.models.files);
  const auto rows = describe_layers(session.training().model);
  const Plan plan = describe_plan(session);
  if (options.wants_json) return to_json(config, rows, plan).dump(2) + "\n";
  if (options.wants_plan) out << "training\n" << session.training_program().text() << '\n';

  out << config.name() << (config.description().empty() ? "" : ": " + config.description()) << "\n\n" << table(rows);
  const bool is_all_trainable = plan.trainable_parameters() == plan.parameters();
  out << "\nparameters: " << grouped(plan.parameters()) << ", "
      << (is_all_trainable ? "all" : grouped(plan.trainable_parameters())) << " trainable\n";
  out << data_line("train", *prepared.train);
  if (prepared.validation) out << data_line("validation", *prepared.validation);
  const std::int64_t batch = config.train().batch_size();
  out << "steps: " << grouped((prepared.train->size() + batch - 1) / batch) << " an epoch, " << config.train().epochs()
      << " epochs of batches of " << batch << '\n';
  out << "a step: " << std::fixed << std::setprecision(2) << static_cast<double>(plan.flops_per_step()) / 1e9
      << " GFLOP in " << plan.nodes_train() << " kernels and " << plan.reorders() << " reorders\n";
  out << "memory: " << megabytes(plan.arena_bytes()) << " for a step (" << megabytes(plan.arena_bytes_without_reuse())
      << " without reuse), " << megabytes(plan.parameter_bytes()) << " for weights and optimizer\n";
  out << "device: " << device->name() << ", " << device->threads() << " threads, " << device->kernel_library() << " ("
      << device->isa() << ")" << precision_text(precision_of(config), *device) << '\n';
  return out.str();
}

}  // namespace thaw
