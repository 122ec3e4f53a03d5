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
  return DataFacts{s.canvas().height(), s.canvas().width(), s.canvas().channels(), classes, s.objects().max()};
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

// A validation set may happen to show fewer classes than there are; a training set that does is a mistake.
void check_classes(const ModelFacts& model, const Loss& loss, const std::string& split, int classes,
                   Findings& findings) {
  const int layer = model.find(loss.output());
  const std::optional<int> units = layer < 0 ? std::nullopt : model.units(layer);
  if (!units || classes == 0 || *units == classes) return;
  if (split != "train" && *units > classes) return;
  const std::string path = model.units_path(layer);
  findings.add(path,
               "\"" + loss.output() + "\" has " + std::to_string(*units) + " units, but the " + split + " data has " +
                   std::to_string(classes) + " classes",
               "expected " + path.substr(path.rfind('.') + 1) + ": " + std::to_string(classes));
}

void check_one_object(const Loss& loss, const std::string& split, int max_objects, Findings& findings) {
  if (max_objects == 1) return;
  const bool is_box = target_of_loss(loss) == BOX;
  findings.add("data." + split + ".synthesis.objects.max",
               "cannot be " + std::to_string(max_objects) + ": \"" + loss.output() + "\" is compared with the " +
                   (is_box ? "box" : "class") + " of one object",
               is_box ? "expected 1" : "expected 1, or target: CLASS_SET");
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
  if (data.has_validation()) check_split("validation", data.validation());
}

void check_against_data(const Experiment& config, const std::string& split, const DataFacts& facts,
                        Findings& findings) {
  check_input_size(config.model().input(), split, facts, findings);
  const ModelFacts model(config.model());
  for (const Loss& loss : config.train().loss()) {
    const Target target = target_of_loss(loss);
    if (target == CLASS || target == CLASS_SET) check_classes(model, loss, split, facts.classes, findings);
    if (target == CLASS || target == BOX) check_one_object(loss, split, facts.max_objects, findings);
  }
}

}  // namespace thaw
