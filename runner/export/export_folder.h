#pragma once

#include <set>
#include <string>

namespace thaw {

/// A folder of others that files are exported into: a file is replaced whole, what else lies there is left alone.
/// Nothing waits for the disk: an export can be made again.
class ExportFolder {
 public:
  /// Creates the folder. Throws InputError if `path` is a file, IoError.
  explicit ExportFolder(const std::string& path);
  ExportFolder(const ExportFolder&) = delete;
  ExportFolder& operator=(const ExportFolder&) = delete;
  ~ExportFolder();

  /// Absolute, without "." and "..".
  const std::string& path() const { return path_; }
  /// Writes a file at `name`, a path below the folder, whose folders are created. Throws IoError.
  void write(const std::string& name, const std::string& bytes);

 private:
  std::string path_;
  std::string temporary_;  ///< at the top, where neither TensorBoard nor MLflow looks for what it names
  std::set<std::string> made_;
};

}  // namespace thaw
