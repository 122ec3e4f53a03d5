#include "runner/data/idx_sprites.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runner/data/idx.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

class IdxSpriteSet : public SpriteSet {
 public:
  IdxSpriteSet(IdxImages images, IdxLabels labels, int classes, std::string shown_name)
      : images_(std::move(images)),
        labels_(std::move(labels)),
        classes_(classes),
        shown_name_(std::move(shown_name)),
        height_(static_cast<int>(images_.height)),
        width_(static_cast<int>(images_.width)) {}

  std::int64_t count() const override { return images_.count; }
  int classes() const override { return classes_; }
  int label(std::int64_t index) const override { return labels_.values[static_cast<std::size_t>(index)]; }

  std::vector<std::string> class_names() const override {
    std::vector<std::string> names;
    for (int i = 0; i < classes_; ++i) names.push_back(std::to_string(i));
    return names;
  }

  std::string description() const override { return "IDX sprites " + shown_name_; }

  std::string recipe() const override {
    return "idx images " + images_.sha256 + " labels " + labels_.sha256 + " classes " + std::to_string(classes_);
  }

  SpriteView sprite(std::int64_t index, Draws&) const override {
    const std::uint8_t* pixels = images_.pixels.get() + index * height_ * width_;
    return {pixels, width_, height_, width_, label(index)};
  }

 private:
  IdxImages images_;
  IdxLabels labels_;
  int classes_;
  std::string shown_name_;
  int height_;
  int width_;
};

// "mnist/train.gz (/data/mnist/train.gz)": as written, and where that led.
std::string full_name(const std::string& written, const std::string& resolved) {
  return written == resolved ? written : written + " (" + resolved + ")";
}

template <typename Read>
auto try_read(const Read& read, const std::string& written, const DataRoots& roots, std::vector<std::string>& messages)
    -> std::optional<decltype(read(written, written))> {
  try {
    const std::string path = roots.resolve(written);
    return read(path, full_name(written, path));
  } catch (const InputError& error) {
    messages.emplace_back(error.what());
    return std::nullopt;
  }
}

void check_count(const IdxImages& images, const IdxLabels& labels, std::vector<std::string>& messages) {
  if (images.count == labels.count) return;
  messages.push_back(labels.name + ": has " + std::to_string(labels.count) + " labels, expected " +
                     std::to_string(images.count) + ": one for each picture of " + images.name);
}

void check_labels(const IdxLabels& labels, int classes, std::vector<std::string>& messages) {
  const auto is_outside = [classes](std::uint8_t label) { return label >= classes; };
  const auto all = labels.all();
  const auto first = std::find_if(all.begin(), all.end(), is_outside);
  if (first == all.end()) return;
  messages.push_back(labels.name + ": label " + std::to_string(*first) + " of sample " +
                     std::to_string(first - all.begin()) + " (from 0), expected 0.." + std::to_string(classes - 1) +
                     " (classes: " + std::to_string(classes) +
                     "); labels out of range: " + std::to_string(std::count_if(first, all.end(), is_outside)));
}

void check_fit(const IdxImages& images, const Canvas& canvas, std::vector<std::string>& messages) {
  if (images.height <= canvas.height() && images.width <= canvas.width()) return;
  messages.push_back("box outside the canvas: the pictures of " + images.name + " are " +
                     std::to_string(images.height) + " x " + std::to_string(images.width) + ", the canvas is " +
                     std::to_string(canvas.height()) + " x " + std::to_string(canvas.width()) +
                     " (height x width, pixels)");
}

void append(std::vector<SourceError>& errors, const std::string& field, const std::vector<std::string>& messages) {
  for (const std::string& message : messages) errors.push_back({field, message});
}

}  // namespace

std::unique_ptr<SpriteSet> open_idx_sprites(const Synthesis& synthesis, const DataRoots& roots,
                                            std::vector<SourceError>& errors) {
  const Idx& idx = synthesis.sprites().idx();
  std::vector<std::string> of_images, of_labels, of_canvas;
  std::optional<IdxImages> images = try_read(read_idx_images, idx.images(), roots, of_images);
  std::optional<IdxLabels> labels = try_read(read_idx_labels, idx.labels(), roots, of_labels);
  int classes = idx.classes();
  if (labels && !idx.has_classes()) classes = 1 + *std::max_element(labels->all().begin(), labels->all().end());
  if (labels) check_labels(*labels, classes, of_labels);
  if (images && labels) check_count(*images, *labels, of_labels);
  if (images) check_fit(*images, synthesis.canvas(), of_canvas);
  append(errors, "synthesis.sprites.idx.images", of_images);
  append(errors, "synthesis.sprites.idx.labels", of_labels);
  append(errors, "synthesis.canvas", of_canvas);
  if (!of_images.empty() || !of_labels.empty() || !of_canvas.empty()) return nullptr;
  return std::make_unique<IdxSpriteSet>(*std::move(images), *std::move(labels), classes, idx.images());
}

}  // namespace thaw
