#include "runner/zoo_listing.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "ops/catalogue.h"
#include "runner/text_table.h"
#include "schemas/diagnostic.h"
#include "zoo/catalogue.h"

namespace thaw {
namespace {

using nlohmann::ordered_json;

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

std::string decimals(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// An inner layer as built, and what the description knows of it.
struct Row {
  LayerInfo info;
  std::string name;  ///< "mixed7"
  bool is_top = false;
  bool is_padding = false;
  bool is_passage = false;  ///< all that the layers behind it know of the picture came through it
};

/// A network built whole, for pictures of its usual size.
struct Built {
  const ZooEntry& entry;
  std::vector<Row> rows = {};
  std::int64_t parameters = 0, parameters_with_top = 0, trainable = 0, trainable_with_top = 0;
  std::int64_t flops = 0, flops_with_top = 0;
};

Built build(const ZooEntry& entry) {
  Model model;
  model.mutable_input()->set_height(static_cast<int>(entry.input_size));
  model.mutable_input()->set_width(static_cast<int>(entry.input_size));
  model.mutable_input()->set_channels(3);
  Layer& layer = *model.add_layer();
  layer.set_name(entry.name);
  layer.mutable_zoo()->set_name(entry.name);
  layer.mutable_zoo()->set_include_top(true);
  layer.mutable_zoo()->set_classes(static_cast<int>(entry.classes));
  Graph graph;
  Builder builder(graph, operators());
  Findings findings;
  const ModelFiles no_files;
  const ComposedModel composed = compose(model, {1, false, 1, no_files}, builder, findings);
  findings.throw_if_any();

  Built built{entry};
  const Network network = entry.describe(entry.classes, true);
  const std::vector<bool> passages = network.passages();
  for (const LayerInfo& info : composed.layers.at(0).inner) {
    Row row{info, info.name.substr(entry.name.size() + 1)};
    const Network::Tap tap = network.find(row.name);
    row.is_top = tap > network.feature_map();
    if (tap != Network::kPicture) {
      row.is_padding = network.layers()[static_cast<std::size_t>(tap)].is_padding;
      row.is_passage = passages[static_cast<std::size_t>(tap)];
    }
    built.parameters_with_top += info.parameters;
    built.trainable_with_top += info.trainable_parameters;
    built.flops_with_top += info.flops;
    if (!row.is_top) {
      built.parameters += info.parameters;
      built.trainable += info.trainable_parameters;
      built.flops += info.flops;
    }
    built.rows.push_back(std::move(row));
  }
  return built;
}

/// The last passage of each picture size: what was found by then at that resolution. What widens the channels of a
/// block for its own use is not meant, nor what only prepares pictures.
std::vector<const Row*> cut_points(const Built& built) {
  std::vector<const Row*> points;
  bool has_learned = false;
  for (const Row& row : built.rows) {
    has_learned = has_learned || row.info.trainable_parameters > 0;
    const bool is_inside = row.name.find("_expand") != std::string::npos || row.is_padding;
    if (!has_learned || row.is_top || !row.is_passage || is_inside) continue;
    const bool replaces = !points.empty() && points.back()->info.output_shape[1] == row.info.output_shape[1];
    if (replaces) points.pop_back();
    points.push_back(&row);
  }
  return points;
}

ordered_json facts_json(const Built& built) {
  const ZooEntry& entry = built.entry;
  ordered_json json;
  json["name"] = entry.name;
  json["source"] = entry.source;
  json["input_size"] = entry.input_size;
  json["least_size"] = entry.least_size;
  json["classes"] = entry.classes;
  json["preprocessing"] = entry.preprocessing->text;
  json["parameters"] = built.parameters;
  json["parameters_with_top"] = built.parameters_with_top;
  json["trainable_parameters"] = built.trainable;
  json["trainable_parameters_with_top"] = built.trainable_with_top;
  json["flops"] = built.flops;
  json["flops_with_top"] = built.flops_with_top;
  for (const Row* row : cut_points(built)) {
    json["cut_points"].push_back({{"name", row->name}, {"output_shape", shape_text(row->info.output_shape)}});
  }
  return json;
}

std::string side_text(const ZooEntry& entry) {
  return std::to_string(entry.input_size) + "x" + std::to_string(entry.input_size);
}

std::string cut_line(const Built& built) {
  std::string line;
  for (const Row* row : cut_points(built)) {
    line += (line.empty() ? "" : ", ") + row->name + " (" + shape_text(row->info.output_shape) + ")";
  }
  return line;
}

std::string pixels_line(const ZooEntry& entry) { return "pixels x of 0..1 become " + entry.preprocessing->text; }

}  // namespace

std::string list_zoo(bool wants_json) {
  ordered_json json = ordered_json::array();
  std::vector<std::vector<std::string>> cells{{"network", "as in", "input", "parameters", "with classifier", "GFLOP"}};
  std::vector<std::string> notes;
  for (const ZooEntry& entry : zoo_catalogue()) {
    const Built built = build(entry);
    if (wants_json) json.push_back(facts_json(built));
    cells.push_back({entry.name, entry.source, side_text(entry), grouped(built.parameters),
                     grouped(built.parameters_with_top), decimals(static_cast<double>(built.flops) / 1e9, 2)});
    notes.push_back(entry.name + ": " + pixels_line(entry) + "\n  cut at " + cut_line(built) + "\n");
  }
  if (wants_json) return json.dump(2) + "\n";
  std::string text = text_table(cells, 3);
  text +=
      "\nParameters count running statistics too. GFLOP: without the classifier, a picture of that size, multiply and "
      "add "
      "counted as two.\nWhere the picture shrinks is a good place to cut; `thaw zoo NAME` lists all layers.\n\n";
  for (const std::string& note : notes) text += note;
  return text;
}

std::string list_network(const std::string& name, bool wants_json) {
  const ZooEntry* entry = find_zoo_entry(name);
  if (!entry) {
    std::vector<std::string> names;
    for (const ZooEntry& known : zoo_catalogue()) names.push_back(known.name);
    const std::string nearest = nearest_name(name, names);
    throw InputError("thaw: the zoo has no network \"" + printable(name) + "\"" +
                     (nearest.empty() ? "" : "; nearest: " + nearest) + "\n  see: thaw zoo");
  }
  const Built built = build(*entry);
  ordered_json json = facts_json(built);
  std::vector<std::vector<std::string>> cells{{"layer", "type", "output", "", "parameters", "MFLOP"}};
  for (const Row& row : built.rows) {
    const std::string shape = shape_text(row.info.output_shape);
    json["layers"].push_back({{"name", row.name},
                              {"type", row.info.type},
                              {"from", row.info.from},
                              {"output_shape", shape},
                              {"parameters", row.info.parameters},
                              {"trainable_parameters", row.info.trainable_parameters},
                              {"flops", row.info.flops},
                              {"top", row.is_top},
                              {"passage", row.is_passage}});
    cells.push_back({row.name, row.info.type, shape, row.is_top ? "classifier" : (row.is_passage ? "cut" : ""),
                     grouped(row.info.parameters), decimals(static_cast<double>(row.info.flops) / 1e6, 2)});
  }
  if (wants_json) return json.dump(2) + "\n";
  return entry->name + ", as in " + entry->source + ", for pictures of " + side_text(*entry) + " (at least " +
         std::to_string(entry->least_size) + "x" + std::to_string(entry->least_size) + "); " + pixels_line(*entry) +
         "\n\n" + text_table(cells, 4) + "\nparameters: " + grouped(built.parameters) + ", " +
         grouped(built.trainable) + " of them learned; with the classifier of " + std::to_string(entry->classes) +
         " classes " + grouped(built.parameters_with_top) + ", " + grouped(built.trainable_with_top) + " learned\n" +
         "cut: everything behind such a layer sees the picture through it alone; any other layer will do for `until` "
         "too\n";
}

}  // namespace thaw
