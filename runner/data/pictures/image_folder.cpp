#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "runner/data/pictures/file_pictures.h"
#include "runner/data/pictures/open_picture_set.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNamed = 3;
const std::string kField = "image_folder.path";

bool is_picture_name(const fs::path& path) {
  static const std::set<std::string> kExtensions = {".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".webp", ".tif", ".tiff"};
  std::string extension = path.extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return kExtensions.contains(extension);
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

/// What a walk through folders found, sorted by name.
struct Walk {
  std::vector<std::string> pictures;  ///< relative to the walk's beginning
  std::vector<std::string> others;    ///< files that are no pictures by their names, hidden ones, links to folders
};

// Folders within are walked too; links to folders are not, for they may lead in circles.
void walk(const fs::path& folder, const std::string& prefix, Walk& found) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = prefix + entry.path().filename().string();
    std::error_code ignored;
    if (is_hidden(entry.path())) {
      found.others.push_back(name);
    } else if (entry.is_directory(ignored)) {
      if (entry.is_symlink(ignored)) {
        found.others.push_back(name);
      } else {
        walk(entry.path(), name + "/", found);
      }
    } else {
      (is_picture_name(entry.path()) ? found.pictures : found.others).push_back(name);
    }
  }
}

/// The folders in `root` by the names that people see; other entries go to `others`.
std::map<std::string, std::string> folders_in(const fs::path& root, std::vector<std::string>& others) {
  std::map<std::string, std::string> folders;
  for (const auto& entry : fs::directory_iterator(root)) {
    std::error_code ignored;
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(ignored) && !is_hidden(entry.path())) {
      folders.emplace(shown_name(name), name);
    } else {
      others.push_back(name);
    }
  }
  return folders;
}

/// Opens one image folder: the steps share what they find.
class FolderReader {
 public:
  FolderReader(const ImageFolder& folder, const OpenContext& context) : folder_(folder), context_(context) {}

  std::unique_ptr<PictureSet> read(std::vector<SourceError>& errors) {
    try {
      root_ = context_.roots.resolve(folder_.path());
      name_ = full_name(folder_.path(), root_);
      if (!fs::is_directory(root_)) throw InputError(name_ + ": is no folder");
      folders_ = folders_in(root_, others_);
      for (const auto& [shown, stored] : folders_) present_.push_back(shown);
      choose_classes();
      for (std::size_t i = 0; i < found_.class_names.size(); ++i) read_class(static_cast<int>(i));
    } catch (const InputError& error) {
      problems_.push_back({kField, error.what()});
    } catch (const fs::filesystem_error& error) {
      problems_.push_back({kField, error.path1().string() + ": cannot be read: " + error.code().message()});
    }
    if (problems_.empty() && found_.files.empty()) problems_.push_back({kField, name_ + ": has no pictures"});
    errors.insert(errors.end(), problems_.begin(), problems_.end());
    if (!problems_.empty()) return nullptr;
    note_others();
    found_.description = "image folder " + folder_.path();
    return make_file_pictures(std::move(found_));
  }

 private:
  bool is_present(const std::string& folder) const { return folders_.contains(folder); }

  bool follows_training() const { return !context_.class_names.empty(); }

  void choose_classes() {
    std::vector<std::string>& classes = found_.class_names;
    classes.assign(folder_.classes().begin(), folder_.classes().end());
    const bool is_chosen = !classes.empty();
    if (follows_training() && !is_chosen) {
      classes = context_.class_names;
      check_no_others();
    } else if (!is_chosen) {
      classes = present_;
    }
    if (present_.empty()) {
      throw InputError(name_ + ": has no folders; expected one folder of pictures for each class, named after it");
    }
    if (!follows_training() && classes.size() == 1) {
      throw InputError(name_ + ": has only one class, \"" + classes[0] + "\": there is nothing to tell it from");
    }
    if (!is_chosen) return;
    for (int i = 0; i < folder_.classes_size(); ++i) {
      const std::string& wanted = folder_.classes(i);
      if (is_present(wanted)) continue;
      const std::string nearest = nearest_name(wanted, present_);
      problems_.push_back({"image_folder.classes[" + std::to_string(i) + "]",
                           name_ + ": has no folder \"" + wanted + "\"; it has " + listed(present_, 10) +
                               (nearest.empty() ? "" : "; nearest: " + nearest)});
    }
  }

  void check_no_others() {
    for (const std::string& folder : present_) {
      const auto& known = context_.class_names;
      if (std::find(known.begin(), known.end(), folder) != known.end()) continue;
      problems_.push_back({kField, name_ + ": has a folder \"" + folder +
                                       "\", but training has no such class; it has " + listed(known, 10)});
    }
  }

  void read_class(int label) {
    const std::string& folder = found_.class_names[static_cast<std::size_t>(label)];
    Walk content;
    if (is_present(folder)) walk(fs::path(root_) / folders_[folder], folders_[folder] + "/", content);
    std::sort(content.pictures.begin(), content.pictures.end());
    for (const std::string& picture : content.pictures) {
      found_.files.push_back({(fs::path(root_) / picture).string(), shown_name(picture), {label}});
    }
    others_.insert(others_.end(), content.others.begin(), content.others.end());
    if (!content.pictures.empty()) return;
    if (follows_training()) {
      found_.notes.push_back(name_ + ": has no pictures of class \"" + folder + "\"");
    } else if (is_present(folder)) {
      problems_.push_back({kField, name_ + ": the folder \"" + folder +
                                       "\" has no pictures (JPEG, PNG, BMP, WebP or TIFF, told by their names)"});
    }
  }

  void note_others() {
    if (others_.empty()) return;
    for (std::string& other : others_) other = shown_name(other);
    std::sort(others_.begin(), others_.end());
    found_.notes.push_back(
        name_ + ": " + std::to_string(others_.size()) + (others_.size() == 1 ? " entry is" : " entries are") +
        " no picture by name (or hidden, or a link to a folder) and left out: " + listed(others_, kMostNamed));
  }

  const ImageFolder& folder_;
  const OpenContext& context_;
  std::string root_, name_;
  std::map<std::string, std::string> folders_;  // by the names that people see
  std::vector<std::string> present_, others_;
  PictureFiles found_;
  std::vector<SourceError> problems_;
};

}  // namespace

std::unique_ptr<PictureSet> open_image_folder(const ImageFolder& folder, const OpenContext& context,
                                              std::vector<SourceError>& errors) {
  return FolderReader(folder, context).read(errors);
}

}  // namespace thaw
