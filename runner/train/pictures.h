#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "runner/data/sample.h"
#include "runner/store/durable_file.h"

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
  struct Picture {
    std::string png;
    std::string file = {};  ///< that holds it durably; empty: none yet
  };
  const Picture* find(const std::string& name) const;
  /// Forgets all of them before they take too much.
  const Picture& keep(const std::string& name, std::string png);
  /// From now on a file holds it.
  void set_file(const std::string& name, const std::string& file);

 private:
  std::map<std::string, Picture> pictures_;
  std::size_t bytes_ = 0;
};

/// Pictures on their way into one run's folder. What another run has in a file becomes another name of that file.
/// Nothing but people's eyes needs them: they wait for the disk together, once, before the record names them.
class SamplePictures {
 public:
  SamplePictures(std::string folder, EncodedPictures& encoded) : folder_(std::move(folder)), encoded_(encoded) {}

  /// False if no run has written it yet.
  bool write_again(const std::string& name);
  void write(const std::string& name, const PictureValues& picture);
  /// Once this returns all of them survive a power cut.
  void commit();

 private:
  std::string path_of(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
  EncodedPictures& encoded_;
  DurableFiles files_;
  std::set<std::string> names_;  ///< since the last commit()
};

}  // namespace thaw
