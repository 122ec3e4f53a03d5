#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "runner/config/checks.h"
#include "schemas/rule_words.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

std::string kind_of(const Augmentation& augmentation) {
  const auto* choice = augmentation.GetDescriptor()->oneof_decl(0);
  const auto* field = augmentation.GetReflection()->GetOneofFieldDescriptor(augmentation, choice);
  return field == nullptr ? std::string() : field->name();
}

bool moves_pixels(const Augmentation& augmentation) {
  return augmentation.has_random_flip() || augmentation.has_random_translation() ||
         augmentation.has_random_rotation() || augmentation.has_random_zoom() || augmentation.has_random_crop();
}

/// One source of an experiment and where it stands.
class PictureChecks {
 public:
  PictureChecks(const Experiment& config, const std::string& split, Findings& findings)
      : config_(config),
        split_(split),
        source_(split == "train" ? config.data().train() : config.data().validation()),
        input_(config.model().input()),
        path_("data." + split),
        findings_(findings) {}

  void run() {
    if (!source_.has_synthesis() && source_.kind_case() != Source::KIND_NOT_SET) check_files();
    if (source_.has_resizing()) check_resizing();
    check_augmentations();
  }

 private:
  void check_files() {
    if (input_.channels() != 1 && input_.channels() != 3) {
      findings_.add("model.input.channels",
                    "is " + std::to_string(input_.channels()) + ", but pictures from files are grey (1) or colour (3)",
                    "expected channels: 1 or channels: 3");
    }
    if (source_.has_image_list()) check_list();
    check_distinct(source_.image_folder().classes(), path_ + ".image_folder.classes");
    check_distinct(source_.cifar10().path(), path_ + ".cifar10.path");
    for_each_box_user([this](const std::string& place, const std::string& output) {
      findings_.add(place, "\"" + output + "\" is compared with a box, but pictures from files have none: only classes",
                    "expected target: CLASS or CLASS_SET, or data with boxes (synthesis)");
    });
  }

  void check_list() {
    const ImageList& list = source_.image_list();
    const std::string path = path_ + ".image_list";
    check_distinct(list.classes(), path + ".classes");
    check_distinct(list.class_column(), path + ".class_column");
    if (list.separator().empty()) {
      findings_.add(path + ".separator", "is empty", "expected what stands between the labels of one image");
    }
    if (list.class_column().empty()) return;
    const std::string expectation = "expected one of the two";
    if (list.has_label_column()) {
      findings_.add(path + ".label_column", "cannot be given beside class_column", expectation);
    }
    if (!list.classes().empty()) {
      findings_.add(path + ".classes", "cannot be given beside class_column, which names the classes", expectation);
    }
  }

  void check_distinct(const google::protobuf::RepeatedPtrField<std::string>& names, const std::string& path) {
    std::set<std::string> seen;
    for (int i = 0; i < names.size(); ++i) {
      if (seen.insert(names[i]).second) continue;
      findings_.add(path + "[" + std::to_string(i) + "]", "\"" + names[i] + "\" is given twice", "expected it once");
    }
  }

  void check_resizing() {
    const Resizing& resizing = source_.resizing();
    const std::string path = path_ + ".resizing";
    if (source_.has_synthesis()) {
      findings_.add(path, "is for pictures from files; a synthesized sample has the size of its canvas",
                    "expected no resizing");
      return;
    }
    if (!resizing.has_short_side()) return;
    const int least = std::max(input_.height(), input_.width());
    if (resizing.mode() != CROP_TO_ASPECT_RATIO) {
      findings_.add(path + ".short_side", "is only for mode: CROP_TO_ASPECT_RATIO, which cuts the input out of it",
                    "expected no short_side, or mode: CROP_TO_ASPECT_RATIO");
    } else if (resizing.short_side() < least) {
      findings_.add(path + ".short_side",
                    "cannot be " + std::to_string(resizing.short_side()) + ": the model's input, " +
                        std::to_string(input_.height()) + "x" + std::to_string(input_.width()) +
                        ", is cut out of the picture",
                    "expected at least " + std::to_string(least));
    }
  }

  void check_augmentations() {
    const auto& list = source_.augmentation();
    if (!list.empty() && split_ == "validation") {
      findings_.add(path_ + ".augmentation", "is for training: samples to judge by are the same each time",
                    "expected no augmentation");
      return;
    }
    for (int i = 0; i < list.size(); ++i) {
      check_augmentation(list[i], path_ + ".augmentation[" + std::to_string(i) + "]." + kind_of(list[i]));
    }
    for (int i = 0; i + 1 < list.size(); ++i) {
      if (!list[i].has_mixup()) continue;
      findings_.add(path_ + ".augmentation[" + std::to_string(i) + "].mixup",
                    "mixes whole samples, so nothing can come after it", "expected it last in the list, once");
    }
  }

  void check_augmentation(const Augmentation& augmentation, const std::string& path) {
    const bool needs_colour = augmentation.has_random_saturation() || augmentation.has_random_hue();
    if (needs_colour && input_.channels() != 3) {
      findings_.add(path,
                    "changes colours, but the model's input has " + std::to_string(input_.channels()) +
                        (input_.channels() == 1 ? " channel" : " channels"),
                    "expected channels: 3, or no " + kind_of(augmentation));
    }
    const RandomZoom& zoom = augmentation.random_zoom();
    if (augmentation.has_random_zoom() && zoom.min() > zoom.max()) {
      findings_.add(path + (zoom.has_min() ? ".min" : ".max"),
                    "min " + number_words(zoom.min()) + " is more than max " + number_words(zoom.max()),
                    "expected min <= max");
    }
    if (augmentation.has_random_crop()) check_crop(augmentation.random_crop(), path);
    if (augmentation.has_mixup()) check_mixup(path);
    if (!moves_pixels(augmentation) || !source_.has_synthesis()) return;
    for_each_box_user([&](const std::string& place, const std::string& output) {
      findings_.add(path,
                    "moves what is seen, but not the box that \"" + output + "\" is compared with (" + place + ")",
                    "expected no " + kind_of(augmentation) + ", or no output that is compared with a box");
    });
  }

  void check_crop(const RandomCrop& crop, const std::string& path) {
    const int most = std::max(input_.height(), input_.width());
    if (crop.padding() > 0 || source_.resizing().short_side() > most) return;
    if (source_.resizing().has_short_side() && input_.height() != input_.width()) return;
    findings_.add(path + ".padding", "is 0, and nothing of a picture is left beyond the input's size: nothing is cut",
                  "expected padding, or resizing.short_side above " + std::to_string(most));
  }

  void check_mixup(const std::string& path) {
    for_each_box_user([&](const std::string& place, const std::string& output) {
      if (!source_.has_synthesis()) return;  // Pictures have no boxes at all: that is said already.
      findings_.add(path, "mixes samples, but \"" + output + "\" is compared with the box of one (" + place + ")",
                    "expected outputs that are compared with classes only");
    });
  }

  // Calls `visit(path of the loss or metric, its output)` for all that compare with a box.
  void for_each_box_user(const std::function<void(const std::string&, const std::string&)>& visit) {
    const Train& train = config_.train();
    for (int i = 0; i < train.loss_size(); ++i) {
      if (target_of_loss(train.loss(i), std::nullopt) == BOX)
        visit("train.loss[" + std::to_string(i) + "]", train.loss(i).output());
    }
    for (int i = 0; i < config_.metric_size(); ++i) {
      const Metric& metric = config_.metric(i);
      if (target_of_metric(metric, train, std::nullopt) == BOX)
        visit("metric[" + std::to_string(i) + "]", metric.output());
    }
  }

  const Experiment& config_;
  const std::string& split_;
  const Source& source_;
  const Input& input_;
  std::string path_;
  Findings& findings_;
};

}  // namespace

void check_pictures(const Experiment& config, const std::string& split, Findings& findings) {
  PictureChecks(config, split, findings).run();
}

}  // namespace thaw
