#include "runner/data/open.h"

#include "runner/data/augment/augmented_samples.h"
#include "runner/data/glyphs.h"
#include "runner/data/idx_sprites.h"
#include "runner/data/pictures/open_pictures.h"
#include "runner/data/synthesis.h"

namespace thaw {
namespace {

constexpr std::int64_t kDefaultGlyphSamples = 10000;

void check_recipe(const Synthesis& recipe, std::vector<SourceError>& errors) {
  const int channels = recipe.canvas().channels();
  if (channels < 1 || channels > 3) {
    errors.push_back({"synthesis.canvas.channels", "is " + std::to_string(channels) + ", expected 1 to 3"});
  }
}

// Samples of an epoch, `take` applied.
std::int64_t size_of(const Source& source, std::int64_t samples, std::vector<SourceError>& errors) {
  if (!source.has_take()) return samples;
  if (source.take() > samples) {
    errors.push_back(
        {"take", "is " + std::to_string(source.take()) + ", but there are " + std::to_string(samples) + " samples"});
  }
  return source.take();
}

}  // namespace

std::shared_ptr<const SampleSource> open_source(const Source& source, const OpenContext& context,
                                                std::vector<SourceError>& errors) {
  if (has_picture_files(source)) {
    std::shared_ptr<const PictureSamples> pictures = open_pictures(source, context, errors);
    return pictures ? augment_pictures(std::move(pictures), source, context) : nullptr;
  }
  if (!source.has_synthesis()) {
    errors.push_back({"synthesis", "is missing: there is nothing to draw samples from"});
    return nullptr;
  }
  const std::size_t errors_before = errors.size();
  const Synthesis& recipe = source.synthesis();
  check_recipe(recipe, errors);
  std::unique_ptr<SpriteSet> sprites =
      recipe.has_glyphs() ? open_glyphs(recipe, errors) : open_idx_sprites(recipe, context.roots, errors);
  if (sprites == nullptr) return nullptr;
  const std::int64_t drawn = recipe.has_glyphs() ? kDefaultGlyphSamples : sprites->count();
  const std::int64_t size = size_of(source, recipe.has_samples() ? recipe.samples() : drawn, errors);
  if (errors.size() > errors_before) return nullptr;
  auto samples = make_synthesis(recipe, std::move(sprites), size, {context.seed, context.split});
  const bool is_always_new = samples->variants() == 0;
  if (source.augmentation().empty() && !(is_always_new && source.has_variants())) return samples;
  return augment(std::move(samples), {source.augmentation(), source.variants(), context.seed, context.split});
}

}  // namespace thaw
