#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

namespace thaw {

/// Pictures with labels, as their files hold them: any size, 8 bit. A file's content is read when a picture is asked
/// for.
class PictureSet {
 public:
  virtual ~PictureSet() = default;

  virtual std::int64_t count() const = 0;
  virtual std::vector<std::string> class_names() const = 0;
  /// The classes of picture `index`: one, or any number where pictures have several labels.
  virtual std::span<const int> labels(std::int64_t index) const = 0;
  /// What people know it by: "ants/0013.jpg", "picture 17 of data_batch_1.bin".
  virtual std::string name(std::int64_t index) const = 0;
  /// Rows x columns of CV_8UC1 (grey) or CV_8UC3 (red, green, blue), upright. Thread-safe.
  /// Throws InputError with the cause alone: who asked knows the name.
  virtual cv::Mat picture(std::int64_t index) const = 0;
  /// "image folder hymenoptera/train".
  virtual std::string description() const = 0;
  /// What people should know: files that were ignored.
  virtual std::vector<std::string> notes() const { return {}; }
};

}  // namespace thaw
