#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "reports/chart.h"
#include "reports/number_text.h"
#include "reports/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

void add_row(json& rows, const std::string& name, const std::string& value) {
  if (!value.empty()) rows.push_back({{"name", name}, {"value", value}});
}

json facts(const json& rows) { return rows.empty() ? json() : json{{"rows", rows}}; }

json layer_row(const LayerRow& layer) {
  const bool has_weights = layer.parameters() > 0;
  return {{"name", layer.name()},
          {"type", layer.type()},
          {"from", layer.from()},
          {"shape", layer.output_shape()},
          {"parameters", has_weights ? count_text(layer.parameters()) : ""},
          {"flops", layer.flops() > 0 ? flops_text(layer.flops()) : ""},
          {"trains", has_weights && layer.trainable()},
          {"frozen", has_weights && !layer.trainable()}};
}

/// The experiment's own layers.
json layer_rows(const Started& started) {
  json rows = json::array();
  for (const LayerRow& layer : started.layer()) {
    if (layer.depth() == 0) rows.push_back(layer_row(layer));
  }
  return rows;
}

/// Layers that are networks, each with the layers in it.
json network_rows(const Started& started) {
  json networks = json::array();
  std::string outer;
  for (const LayerRow& layer : started.layer()) {
    if (layer.depth() == 0) {
      outer = layer.name();
      continue;
    }
    if (networks.empty() || networks.back()["network"] != outer) {
      networks.push_back({{"network", outer}, {"layers", json::array()}});
    }
    networks.back()["layers"].push_back(layer_row(layer));
  }
  for (json& network : networks) network["count"] = count_text(static_cast<std::int64_t>(network["layers"].size()));
  return networks;
}

json time_rows(const RecordView& view, double total) {
  json rows = json::array();
  for (std::size_t i = 0; i < view.time.size(); ++i) {
    rows.push_back({{"part", std::to_string(i)},
                    {"name", view.time[i].name},
                    {"explanation", view.time[i].explanation},
                    {"seconds", seconds_text(view.time[i].seconds)},
                    {"share", share_text(view.time[i].seconds / total)}});
  }
  return rows;
}

json time_values(const RecordView& view) {
  std::vector<double> parts;
  for (const TimeRow& row : view.time) parts.push_back(row.seconds);
  const double total = std::accumulate(parts.begin(), parts.end(), 0.0);
  if (!(total > 0)) return {};
  return {{"bar", stacked_bar("time-split", "Where the time went", parts)},
          {"rows", time_rows(view, total)},
          {"total", seconds_text(total) + (view.record.trunks.empty() ? " in all epochs" : " in all")}};
}

/// "4.2 ms, predicted 4.0 ms".
std::string with_prediction(const std::string& measured, double predicted, const std::string& predicted_text) {
  return predicted > 0 ? measured + ", predicted " + predicted_text : measured;
}

/// Seconds of a training step, waiting for data included; 0: not known.
double step_seconds(const RecordView& view) {
  const double samples = view.samples_per_second;
  const int batch = view.record.started.batch_size();
  return std::isfinite(samples) && samples > 0 ? batch / samples : 0;
}

json speed_rows(const RecordView& view) {
  json rows = json::array();
  const Plan& plan = view.record.started.plan();
  const Prediction& prediction = view.record.started.prediction();
  const double speed = view.samples_per_second;
  if (std::isfinite(speed)) {
    add_row(rows, "Training throughput", count_text(std::llround(speed)) + " samples/s");
    const int batch = view.record.started.batch_size();
    if (plan.flops_per_step() > 0 && batch > 0) {
      const double rate = static_cast<double>(plan.flops_per_step()) / batch * speed;
      add_row(rows, "Arithmetic", flops_text(std::llround(rate)) + "/s");
    }
    add_row(rows, "A training step",
            with_prediction(short_seconds_text(step_seconds(view)), prediction.step_s(),
                            short_seconds_text(prediction.step_s())));
  }
  if (prediction.bytes_per_step() > 0) {
    add_row(rows, "Moved in a step, by the plan", bytes_text(prediction.bytes_per_step()));
  }
  if (view.record.finished) {
    add_row(rows, "Wall time, all processes",
            with_prediction(seconds_text(view.record.finished->wall_s()), prediction.run_s(),
                            seconds_text(prediction.run_s())));
    add_row(rows, "From command to first step", seconds_text(view.record.finished->time_to_first_step_s()));
  }
  return rows;
}

json memory_rows(const RecordView& view) {
  json rows = json::array();
  const Plan& plan = view.record.started.plan();
  if (plan.has_arena_bytes()) {
    add_row(rows, "Activations and gradients, planned", bytes_text(plan.arena_bytes()));
    add_row(rows, "The same without reuse", bytes_text(plan.arena_bytes_without_reuse()));
    add_row(rows, "Weights, their gradients, optimizer state", bytes_text(plan.parameter_bytes()));
  }
  if (view.peak_rss_bytes > 0) add_row(rows, "Peak of the whole process, measured", bytes_text(view.peak_rss_bytes));
  const Prediction& prediction = view.record.started.prediction();
  if (prediction.peak_memory_bytes() > 0) {
    add_row(rows, "The same, predicted", bytes_text(prediction.peak_memory_bytes()));
  }
  return rows;
}

json machine_rows(const RecordView& view) {
  json rows = json::array();
  const Machine& machine = view.record.started.machine();
  add_row(rows, "Processor", machine.cpu());
  add_row(rows, "Device", machine.device());
  add_row(rows, "Instruction set", machine.isa());
  if (machine.threads() > 0) add_row(rows, "Threads", count_text(machine.threads()));
  add_row(rows, "Kernels", machine.kernels());
  add_row(rows, "Operating system", machine.os());
  add_row(rows, "Compiler", machine.compiler());
  return rows;
}

json hash_rows(const RecordView& view) {
  json rows = json::array();
  const Started& started = view.record.started;
  add_row(rows, "Run", started.id());
  add_row(rows, "Config", started.config_sha256());
  for (const DataSet& data : started.data()) add_row(rows, "Data, " + data.split(), data.fingerprint());
  for (const ModelFile& file : started.model_file()) add_row(rows, "Model file " + file.path(), file.sha256());
  if (view.record.finished) {
    add_row(rows, "Best weights", view.record.finished->best_weights_sha256());
    add_row(rows, "Last weights", view.record.finished->weights_sha256());
    add_row(rows, "Metrics", view.record.finished->metrics_sha256());
  }
  return rows;
}

}  // namespace

json model_section(const RecordView& view) {
  const Started& started = view.record.started;
  if (started.layer().empty()) return {};
  const Plan& plan = started.plan();
  const std::int64_t frozen = plan.parameters() - plan.trainable_parameters();
  return {{"layers", layer_rows(started)},
          {"networks", network_rows(started)},
          {"parameters", count_text(plan.parameters())},
          {"trainable", count_text(plan.trainable_parameters())},
          {"frozen", frozen > 0 ? count_text(frozen) : ""},
          {"flops", flops_text(plan.flops_per_sample_forward())},
          {"graph", plan.nodes_train() > 0 ? count_text(plan.nodes_train()) + " operators in a training step, " +
                                                 count_text(plan.nodes_eval()) + " in validation, " +
                                                 count_text(plan.reorders()) + " layout changes."
                                           : ""}};
}

json resources_section(const RecordView& view) {
  const json time = time_values(view), speed = speed_rows(view), memory = memory_rows(view),
             machine = machine_rows(view);
  if (time.is_null() && speed.empty() && memory.empty() && machine.empty()) return {};
  return {{"time", time}, {"speed", facts(speed)}, {"memory", facts(memory)}, {"machine", facts(machine)}};
}

json provenance_section(const RecordView& view) {
  const Started& started = view.record.started;
  return {{"command", started.command()},       {"config", started.config()},
          {"hashes", facts(hash_rows(view))},   {"version", started.version()},
          {"started_at", started.started_at()}, {"seed", std::to_string(started.seed())}};
}

}  // namespace thaw::reports
