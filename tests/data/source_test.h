#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "runner/data/open.h"
#include "schemas/textproto.h"
#include "tests/data/idx_files.h"
#include "tests/store/temp_folder.h"

namespace thaw {

/// One drawn sample in memory of its own.
struct DrawnSample {
  std::vector<float> image;
  std::vector<Object> objects;
  std::vector<std::uint16_t> mask;

  bool operator==(const DrawnSample& other) const {
    const auto same = [](const Object& a, const Object& b) {
      return a.label == b.label && a.box.xmin == b.box.xmin && a.box.ymin == b.box.ymin && a.box.xmax == b.box.xmax &&
             a.box.ymax == b.box.ymax;
    };
    return image == other.image && mask == other.mask &&
           std::equal(objects.begin(), objects.end(), other.objects.begin(), other.objects.end(), same);
  }
};

inline DrawnSample draw(const SampleSource& source, std::uint64_t epoch, std::int64_t index) {
  const auto pixels = static_cast<std::size_t>(source.height()) * source.width();
  DrawnSample sample;
  // Not cleared: draw() has to do that.
  sample.image.assign(pixels * source.channels(), -7.0F);
  sample.mask.assign(pixels, 7777);
  sample.objects.resize(source.max_objects());
  int count = -1;
  source.draw(epoch, index, {sample.image.data(), sample.objects.data(), &count, sample.mask.data()});
  sample.objects.resize(count);
  return sample;
}

/// A rectangle in pixels.
struct PixelBox {
  int x = 0, y = 0, width = 0, height = 0;

  bool operator==(const PixelBox&) const = default;
};

inline PixelBox pixel_box(const Box& box, const SampleSource& source) {
  const auto pixels = [](float fraction, int size) { return static_cast<int>(std::lround(fraction * size)); };
  const int x = pixels(box.xmin, source.width()), y = pixels(box.ymin, source.height());
  return {x, y, pixels(box.xmax, source.width()) - x, pixels(box.ymax, source.height()) - y};
}

/// Opens sources written as text, with data in a temporary folder.
class SourceTest : public TempFolderTest {
 protected:
  static Source parse(const std::string& text) {
    Source source;
    const ParsedText parsed = parse_text(text, "test", source);
    if (!parsed.findings.empty()) throw std::invalid_argument(parsed.findings[0].text());
    return source;
  }

  /// images.idx and labels.idx: `count` pictures of 4 x 3 pixels, labels 0..classes-1 in turn.
  void write_sprites(int count, int classes) const {
    write_plain(in("images.idx"), idx_images(count, 4, 3));
    write_plain(in("labels.idx"), idx_labels(count, classes));
  }

  /// A source of those: `synthesis` and `source` are more fields of these messages.
  static std::string sprites_on(int height, int width, const std::string& synthesis = {},
                                const std::string& source = {}) {
    return "synthesis { canvas { height: " + std::to_string(height) + " width: " + std::to_string(width) +
           " } sprites { idx { images: 'images.idx' labels: 'labels.idx' } } " + synthesis + " } " + source;
  }

  DataRoots roots() const { return {{folder_}}; }

  std::shared_ptr<const SampleSource> open(const std::string& text, const std::string& purpose = "train",
                                           std::uint64_t seed = 1) const {
    std::vector<SourceError> errors;
    auto source = open_source(parse(text), {.roots = roots(), .seed = seed, .split = purpose}, errors);
    for (const SourceError& error : errors) ADD_FAILURE() << error.field << ": " << error.message;
    if (source == nullptr) throw std::runtime_error("no source");
    return source;
  }

  /// "FIELD: MESSAGE" of each error; the temporary folder is written DIR.
  std::vector<std::string> errors_of(const std::string& text) const {
    std::vector<SourceError> errors;
    const auto source = open_source(parse(text), {.roots = roots(), .split = "train"}, errors);
    EXPECT_EQ(source == nullptr, !errors.empty());
    std::vector<std::string> texts;
    for (const SourceError& error : errors) texts.push_back(error.field + ": " + without_folder(error.message));
    return texts;
  }

  std::string without_folder(std::string text) const {
    for (std::size_t at = text.find(folder_); at != std::string::npos; at = text.find(folder_)) {
      text.replace(at, folder_.size(), "DIR");
    }
    return text;
  }
};

}  // namespace thaw
