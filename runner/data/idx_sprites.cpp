#include "runner/data/idx_sprites.h"

#include <utility>

#include "runner/data/idx_pair.h"

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

void check_fit(const IdxImages& images, const Canvas& canvas, std::vector<SourceError>& errors) {
  if (images.height <= canvas.height() && images.width <= canvas.width()) return;
  errors.push_back({"synthesis.canvas", "box outside the canvas: the pictures of " + images.name + " are " +
                                            std::to_string(images.height) + " x " + std::to_string(images.width) +
                                            ", the canvas is " + std::to_string(canvas.height()) + " x " +
                                            std::to_string(canvas.width()) + " (height x width, pixels)"});
}

}  // namespace

std::unique_ptr<SpriteSet> open_idx_sprites(const Synthesis& synthesis, const DataRoots& roots,
                                            std::vector<SourceError>& errors) {
  const std::size_t errors_before = errors.size();
  IdxPair pair = read_idx_pair(synthesis.sprites().idx(), {roots, "synthesis.sprites.idx"}, errors);
  if (pair.images) check_fit(*pair.images, synthesis.canvas(), errors);
  if (errors.size() > errors_before) return nullptr;
  return std::make_unique<IdxSpriteSet>(*std::move(pair.images), *std::move(pair.labels), pair.classes,
                                        synthesis.sprites().idx().images());
}

}  // namespace thaw
