#include <optional>
#include <set>

#include "runner/config/checks.h"
#include "runner/config/load.h"
#include "schemas/rule_words.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

// What the file itself says about a source; zero classes: only the data knows.
std::optional<DataFacts> facts_of(const Source& source) {
  if (!source.has_synthesis()) return std::nullopt;
  const Synthesis& s = source.synthesis();
  const int classes = s.has_glyphs() ? static_cast<int>(s.glyphs().characters().size()) : s.sprites().idx().classes();
  return DataFacts{s.canvas().height(), s.canvas().width(), s.canvas().channels(), classes,
                   s.objects().max(),   s.objects().min()};
}

void check_characters(const std::string& path, const std::string& characters, Findings& findings) {
  std::set<char> seen;
  for (const char c : characters) {
    if (seen.insert(c).second) continue;
    findings.add(path, std::string("has '") + c + "' twice", "expected each character once: each is a class");
    return;
  }
}

void check_synthesis(const std::string& path, const Synthesis& synthesis, Findings& findings) {
  const Objects& objects = synthesis.objects();
  if (objects.min() > objects.max()) {
    const std::string field = objects.has_min() ? ".objects.min" : ".objects.max";
    findings.add(path + field,
                 "min " + std::to_string(objects.min()) + " is more than max " + std::to_string(objects.max()),
                 "expected min <= max");
  }
  if (!synthesis.has_glyphs()) return;
  const Glyphs& glyphs = synthesis.glyphs();
  check_characters(path + ".glyphs.characters", glyphs.characters(), findings);
  if (glyphs.scale_min() <= glyphs.scale_max()) return;
  const std::string field = glyphs.has_scale_min() ? ".glyphs.scale_min" : ".glyphs.scale_max";
  findings.add(
      path + field,
      "scale_min " + number_words(glyphs.scale_min()) + " is more than scale_max " + number_words(glyphs.scale_max()),
      "expected scale_min <= scale_max");
}

void check_same_characters(const Data& data, Findings& findings) {
  const Synthesis& train = data.train().synthesis();
  const Synthesis& validation = data.validation().synthesis();
  if (!train.has_glyphs() || !validation.has_glyphs()) return;
  if (train.glyphs().characters() == validation.glyphs().characters()) return;
  findings.add(
      "data.validation.synthesis.glyphs.characters",
      "is \"" + validation.glyphs().characters() + "\", but training has \"" + train.glyphs().characters() + "\"",
      "expected the same characters in the same order: each is a class");
}

std::string size_words(int height, int width, int channels) {
  return std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels);
}

void check_input_size(const Input& input, const std::string& split, const DataFacts& facts, Findings& findings) {
  const bool fits =
      input.height() == facts.height && input.width() == facts.width && input.channels() == facts.channels;
  if (fits) return;
  findings.add("model.input",
               "is " + size_words(input.height(), input.width(), input.channels()) + ", but the " + split +
                   " data is " + size_words(facts.height, facts.width, facts.channels) + " (height x width x channels)",
               "expected height: " + std::to_string(facts.height) + " width: " + std::to_string(facts.width) +
                   " channels: " + std::to_string(facts.channels));
}

// A synthesized sample has at least one object; a picture of a list may have any number of labels.
void check_one_object(const Loss& loss, const std::string& split, const DataFacts& facts, Findings& findings) {
  if (facts.max_objects == 1) return;
  const bool is_box = target_of_loss(loss, 1) == BOX;
  findings.add("data." + split + ".synthesis.objects.max",
               "cannot be " + std::to_string(facts.max_objects) + ": \"" + loss.output() + "\" is compared with the " +
                   (is_box ? "box" : "class") + " of one object",
               is_box ? "expected 1" : "expected 1, or target: CLASS_SET");
}

void check_one_label(const Loss& loss, const std::string& split, const DataFacts& facts, Findings& findings) {
  if (facts.max_objects == 1 && facts.min_objects == 1) return;
  findings.add("data." + split + ".image_list",
               std::string("has pictures with ") +
                   (facts.max_objects > 1 ? std::to_string(facts.max_objects) + " labels" : "no label") + ", but \"" +
                   loss.output() + "\" is compared with the one class of each",
               "expected one label a picture, or target: CLASS_SET (with binary_cross_entropy)");
}

void check_validation_split(const Data& data, Findings& findings) {
  if (!data.has_validation_split()) return;
  const std::string field = "data.validation_split";
  if (data.has_validation()) {
    findings.add(field, "cannot be given beside `validation`", "expected one of the two");
  }
  if (data.train().has_synthesis()) {
    findings.add(field, "sets pictures from files aside, but the train data is synthesized",
                 "expected a `validation` that synthesizes samples of its own");
  }
}

}  // namespace

void check_sources(const Experiment& config, Findings& findings) {
  const Data& data = config.data();
  if (data.train().has_synthesis()) check_synthesis("data.train.synthesis", data.train().synthesis(), findings);
  if (data.validation().has_synthesis()) {
    check_synthesis("data.validation.synthesis", data.validation().synthesis(), findings);
  }
  check_same_characters(data, findings);
  const auto check_split = [&](const std::string& split, const Source& source) {
    if (const std::optional<DataFacts> facts = facts_of(source)) check_against_data(config, split, *facts, findings);
  };
  check_split("train", data.train());
  check_pictures(config, "train", findings);
  if (data.has_validation()) {
    check_split("validation", data.validation());
    check_pictures(config, "validation", findings);
  }
  check_validation_split(data, findings);
}

void check_against_data(const Experiment& config, const std::string& split, const DataFacts& facts,
                        Findings& findings) {
  check_input_size(config.model().input(), split, facts, findings);
  check_targets_against_data(config, ModelFacts(config.model()), {split, facts}, findings);
}

void check_targets_against_data(const Experiment& config, const ModelFacts& model, const SplitFacts& split,
                                Findings& findings) {
  for (const Loss& loss : config.train().loss()) {
    const int layer = model.find(loss.output());
    const std::optional<int> units = model.units(layer);
    const Target target = target_of_loss(loss, units);
    if (units && (target == CLASS || target == CLASS_SET)) {
      check_classes(loss, {model.units_path(layer), *units}, {split.name, split.facts.classes}, findings);
    }
    const Source& source = split.name == "train" ? config.data().train() : config.data().validation();
    if (source.has_image_list() && target == CLASS) {
      check_one_label(loss, split.name, split.facts, findings);
    } else if (target == CLASS || target == BOX) {
      check_one_object(loss, split.name, split.facts, findings);
    }
  }
}

}  // namespace thaw
