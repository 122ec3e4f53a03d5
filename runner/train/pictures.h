#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runner/data/sample.h"

namespace thaw {

/// channels x height x width values in 0..1. Channels: 1 (grey) or 3 (red, green, blue).
struct PictureValues {
  const float* values = nullptr;
  int channels = 1, height = 0, width = 0;
};

std::string encode_png(const PictureValues& picture);

/// The pictures that runs of the same samples show, drawn and encoded once for all of them: by the names that they have
/// in each run's folder.
class EncodedPictures {
 public:
  const std::string* find(const std::string& name) const;
  /// Forgets all of them before they take too much.
  const std::string& keep(const std::string& name, std::string png);

 private:
  std::map<std::string, std::string> pictures_;
  std::size_t bytes_ = 0;
};

/// Writes pictures to one run's folder, durably.
class SamplePictures {
 public:
  SamplePictures(std::string folder, EncodedPictures& encoded) : folder_(std::move(folder)), encoded_(encoded) {}

  /// False if no run has written it yet.
  bool write_again(const std::string& name) const;
  void write(const std::string& name, const PictureValues& picture) const;

 private:
  std::string folder_;
  EncodedPictures& encoded_;
};

}  // namespace thaw
