#include "runner/export/export_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "runner/store/file_handle.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

void make(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw IoError(folder.string(), "cannot make the folder", error.value());
}

}  // namespace

ExportFolder::ExportFolder(const std::string& path) {
  std::error_code error;
  fs::path folder = fs::absolute(path).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  if (fs::exists(folder, error) && !fs::is_directory(folder, error)) {
    throw InputError(path + ": a file is there already; an export for TensorBoard or MLflow is a folder");
  }
  make(folder);
  path_ = folder.string();
  temporary_ = path_ + "/.thaw-export-" + std::to_string(::getpid());
}

ExportFolder::~ExportFolder() { ::unlink(temporary_.c_str()); }

void ExportFolder::write(const std::string& name, const std::string& bytes) {
  const fs::path below = fs::path(name).lexically_normal();
  if (below.empty() || below.is_absolute() || *below.begin() == "..") {
    throw InternalError("an export would write \"" + name + "\" outside of its folder");
  }
  const fs::path place = fs::path(path_) / below;
  if (made_.insert(place.parent_path().string()).second) make(place.parent_path());
  FileHandle file(temporary_, O_WRONLY | O_CREAT | O_TRUNC);
  file.write(bytes);
  file.close();
  std::error_code error;
  fs::rename(temporary_, place, error);
  if (error) throw IoError(place.string(), "cannot be replaced", error.value());
}

}  // namespace thaw
