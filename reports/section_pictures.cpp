#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "reports/number_text.h"
#include "reports/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr int kMostPicturesOfAKind = 60;
constexpr int kMostCountedClasses = 40;

// The threshold that boxes are judged by; 0: none.
double iou_threshold(const RecordView& view) {
  double threshold = 0;
  if (!view.record.evaluation) return threshold;
  for (const OutputEvaluation& output : view.record.evaluation->output()) {
    if (output.iou_threshold() > 0) threshold = output.iou_threshold();
  }
  return threshold;
}

// Whether samples may have several labels, or none.
bool has_label_sets(const RecordView& view) {
  if (!view.record.evaluation) return false;
  const auto& outputs = view.record.evaluation->output();
  // The first output that is compared with classes is the one whose answers stand below the pictures.
  const auto found = std::find_if(outputs.begin(), outputs.end(),
                                  [](const OutputEvaluation& output) { return !output.kind().empty(); });
  return found != outputs.end() && found->kind() == "multi-label";
}

std::string names_of(const RecordView& view, const std::set<int>& labels) {
  std::string names;
  for (const int label : labels) names += (names.empty() ? "" : ", ") + view.class_name(label);
  return names.empty() ? "none" : names;
}

/// What a sample of several labels shows, and what was said.
struct LabelSets {
  std::set<int> truth, predicted;

  explicit LabelSets(const Sample& sample)
      : predicted(sample.predicted_label().begin(), sample.predicted_label().end()) {
    for (const TrueObject& object : sample.object()) truth.insert(object.label());
  }
  bool is_wrong() const { return truth != predicted; }
  std::string caption(const RecordView& view, const std::string& arrow) const {
    return names_of(view, truth) + (is_wrong() ? arrow + names_of(view, predicted) : "");
  }
};

// `arrow` stands between the true class and a wrong one.
std::string class_caption(const RecordView& view, const Sample& sample, const std::string& arrow) {
  if (!sample.has_true_class() && !sample.has_predicted_class()) return {};
  const std::string truth = sample.has_true_class() ? view.class_name(sample.true_class()) : "?";
  if (!sample.has_predicted_class()) return truth;
  const std::string predicted = view.class_name(sample.predicted_class());
  return sample.true_class() == sample.predicted_class() ? truth : truth + arrow + predicted;
}

json sample_figure(const RecordView& view, const Sample& sample, const std::string& uri, bool shows_loss) {
  std::vector<DrawnBox> boxes;
  if (sample.has_true_box()) boxes.push_back({sample.true_box(), false, ""});
  if (sample.has_predicted_box()) boxes.push_back({sample.predicted_box(), true, ""});
  const bool has_sets = has_label_sets(view);
  const LabelSets sets(sample);
  const bool is_class_wrong =
      has_sets ? sets.is_wrong() : sample.has_predicted_class() && sample.true_class() != sample.predicted_class();
  const bool is_box_wrong = sample.has_iou() && sample.iou() < iou_threshold(view);
  const std::string words = has_sets ? sets.caption(view, " taken for ") : class_caption(view, sample, " taken for ");
  const std::string iou = sample.has_iou() ? fixed_text(sample.iou(), 2) : "";
  return {{"svg", draw_picture(
                      sample, uri, boxes,
                      "Sample " + std::to_string(sample.index()) + ": " + words + (iou.empty() ? "" : ", IoU " + iou))},
          {"caption", has_sets ? sets.caption(view, " → ") : class_caption(view, sample, " → ")},
          {"confidence", sample.has_confidence() ? share_text(sample.confidence()) : ""},
          {"iou", iou},
          {"loss", shows_loss && sample.has_loss()
                       ? (sample.loss() < 100 ? fixed_text(sample.loss(), 2) : number_text(sample.loss()))
                       : ""},
          {"is_judged", has_sets || (sample.has_predicted_class() && sample.has_true_class())},
          {"class_wrong", is_class_wrong},
          {"box_judged", sample.has_iou() && iou_threshold(view) > 0},
          {"box_wrong", is_box_wrong}};
}

json preview_figure(const RecordView& view, const Sample& sample, const std::string& uri) {
  std::vector<DrawnBox> boxes;
  std::string names;
  for (const TrueObject& object : sample.object()) {
    const std::string name = view.class_name(object.label());
    if (object.has_box()) boxes.push_back({object.box(), false, sample.object_size() > 1 ? name : ""});
    const bool is_mixed = object.has_share() && object.share() < 1;
    names += (names.empty() ? "" : is_mixed ? " + " : ", ") + name + (is_mixed ? " " + share_text(object.share()) : "");
  }
  if (sample.object().empty()) {
    if (sample.has_true_box()) boxes.push_back({sample.true_box(), false, ""});
    names = class_caption(view, sample, " → ");
  }
  return {{"svg", draw_picture(sample, uri, boxes, "Training sample " + std::to_string(sample.index()) + ": " + names)},
          {"caption", names}};
}

template <typename Samples, typename Figure>
json figures(const Samples& samples, Pictures& pictures, const Figure& figure) {
  json list = json::array();
  for (const Sample& sample : samples) {
    if (list.size() == kMostPicturesOfAKind) break;
    if (const auto uri = pictures.data_uri(sample.image())) list.push_back(figure(sample, *uri));
  }
  return list;
}

json data_sets(const RecordView& view) {
  json rows = json::array();
  for (const DataSet& data : view.record.started.data()) {
    rows.push_back({{"split", data.split()}, {"samples", count_text(data.samples())}, {"source", data.source()}});
  }
  return rows;
}

// Bars compare the classes of a split, not the splits.
json count_cells(const Started& started, int label) {
  json cells = json::array();
  for (const DataSet& data : started.data()) {
    if (data.class_count().empty()) continue;
    const std::int64_t largest = *std::max_element(data.class_count().begin(), data.class_count().end());
    const std::int64_t count = label < data.class_count_size() ? data.class_count(label) : 0;
    const double share = count > 0 ? static_cast<double>(count) / static_cast<double>(largest) : 0;
    cells.push_back({{"count", count_text(count)}, {"percent", fixed_text(100 * share, 1)}});
  }
  return cells;
}

// Whether each sample is of one class: then it is samples that are counted.
bool counts_samples(const Started& started) {
  return std::all_of(started.data().begin(), started.data().end(), [](const DataSet& data) {
    const auto& counts = data.class_count();
    return counts.empty() || std::accumulate(counts.begin(), counts.end(), std::int64_t{0}) == data.samples();
  });
}

json class_counts(const RecordView& view) {
  const Started& started = view.record.started;
  int classes = 0;
  json splits = json::array();
  for (const DataSet& data : started.data()) {
    classes = std::max(classes, data.class_count_size());
    if (!data.class_count().empty()) splits.push_back(data.split());
  }
  if (classes == 0) return {};
  json rows = json::array();
  for (int label = 0; label < std::min(classes, kMostCountedClasses); ++label) {
    rows.push_back({{"name", view.class_name(label)}, {"cells", count_cells(started, label)}});
  }
  const int hidden = classes - std::min(classes, kMostCountedClasses);
  return {{"title", counts_samples(started) ? "Samples of each class" : "Objects of each class"},
          {"splits", splits},
          {"rows", rows},
          {"hidden", hidden > 0 ? count_text(hidden) : ""}};
}

json preview(const RecordView& view, Pictures& pictures) {
  if (!view.record.preview) return {};
  const DataPreview& shown = *view.record.preview;
  const int left_out_before = pictures.left_out();
  const json list = figures(shown.sample(), pictures, [&view](const Sample& sample, const std::string& uri) {
    return preview_figure(view, sample, uri);
  });
  const int left_out = pictures.left_out() - left_out_before;
  std::string note = "The first training batch, as the network got it";
  if (shown.has_pixel_mean()) {
    note += "; pixel values have mean " + number_text(shown.pixel_mean()) + " and standard deviation " +
            number_text(shown.pixel_std());
  }
  if (shown.has_augmentation()) note += ". Done to samples at random: " + shown.augmentation();
  if (left_out > 0) note += ". For " + count_text(left_out) + " of its pictures this page has no room";
  const bool has_boxes = std::any_of(shown.sample().begin(), shown.sample().end(), [](const Sample& sample) {
    return sample.has_true_box() || (sample.object_size() > 0 && sample.object(0).has_box());
  });
  return {{"figures", list}, {"note", note + "."}, {"has_boxes", has_boxes}};
}

std::string samples_note(const RecordView& view) {
  const Evaluation& evaluation = *view.record.evaluation;
  std::string note = "From the " + (evaluation.split() == "train" ? "training" : evaluation.split()) +
                     " samples, with the weights of epoch " + count_text(evaluation.epoch()) + ".";
  const double threshold = iou_threshold(view);
  if (threshold > 0) note += " A box counts as found from an IoU of " + plain_text(threshold) + " on.";
  return note;
}

}  // namespace

json data_section(const RecordView& view, Pictures& pictures) {
  const json sets = data_sets(view), counts = class_counts(view), shown = preview(view, pictures);
  if (sets.empty() && counts.is_null() && shown.is_null()) return {};
  return {{"has_sets", !sets.empty()}, {"sets", sets}, {"counts", counts}, {"preview", shown}};
}

json samples_section(const RecordView& view, Pictures& pictures) {
  if (!view.record.evaluation) return {};
  const Evaluation& evaluation = *view.record.evaluation;
  const auto figure = [&view](bool shows_loss) {
    return [&view, shows_loss](const Sample& sample, const std::string& uri) {
      return sample_figure(view, sample, uri, shows_loss);
    };
  };
  // The worst tell more: they are first in line for the page's room.
  const json worst = figures(evaluation.worst(), pictures, figure(true));
  const json random = figures(evaluation.sample(), pictures, figure(false));
  if (worst.empty() && random.empty() && pictures.left_out() == 0) return {};
  const bool has_classes = std::any_of(evaluation.worst().begin(), evaluation.worst().end(),
                                       [](const Sample& sample) { return sample.has_predicted_class(); });
  const auto has_box = [](const Sample& sample) { return sample.has_true_box() || sample.has_predicted_box(); };
  const bool has_boxes = std::any_of(evaluation.sample().begin(), evaluation.sample().end(), has_box) ||
                         std::any_of(evaluation.worst().begin(), evaluation.worst().end(), has_box);
  return {{"note", samples_note(view)},
          {"has_random", !random.empty()},
          {"random", random},
          {"has_worst", !worst.empty()},
          {"worst", worst},
          {"has_boxes", has_boxes},
          {"has_classes", has_classes},
          {"has_label_sets", has_label_sets(view)},
          {"left_out", pictures.left_out() > 0 ? count_text(pictures.left_out()) : ""}};
}

}  // namespace thaw::reports
