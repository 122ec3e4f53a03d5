#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "runner/data/data_file.h"
#include "runner/data/pictures/csv.h"
#include "runner/data/pictures/file_pictures.h"
#include "runner/data/pictures/open_picture_set.h"
#include "schemas/clean_text.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::size_t kMostTextBytes = std::size_t{1} << 30;
constexpr std::size_t kMostProblems = 20;

std::string read_text(const std::string& path, const std::string& name) {
  DataFile file(path, name);
  std::string text;
  std::vector<std::uint8_t> chunk(std::size_t{1} << 16);
  while (const std::size_t size = file.read(chunk)) {
    if (text.size() + size > kMostTextBytes) throw InputError(name + ": is too large for a list: more than 1 GiB");
    text.append(reinterpret_cast<const char*>(chunk.data()), size);
  }
  return text;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return printable(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  if (trimmed(text).empty()) return parts;
  std::size_t begin = 0, end = 0;
  for (; !separator.empty() && (end = text.find(separator, begin)) != std::string::npos;
       begin = end + separator.size()) {
    parts.push_back(trimmed(text.substr(begin, end - begin)));
  }
  parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

/// A line's picture and the names of its labels.
struct Entry {
  int line = 0;
  std::string image;
  std::vector<std::string> labels;
};

/// Opens one list: the steps share what they find.
class ListReader {
 public:
  ListReader(const ImageList& list, const OpenContext& context) : list_(list), context_(context) {}

  std::unique_ptr<PictureSet> read(std::vector<SourceError>& errors) {
    try {
      const std::string path = context_.roots.resolve(list_.path());
      name_ = full_name(list_.path(), path);
      const std::string text = read_text(path, name_);
      if (!is_utf8(text)) throw InputError(name_ + ": is no UTF-8 text");
      csv_ = parse_csv(text, name_, problems_);
      folder_ = list_.has_folder() ? std::string() : std::filesystem::path(path).parent_path().string();
      read_rows();
    } catch (const InputError& error) {
      problems_.emplace_back(error.what());
    }
    try {
      if (list_.has_folder()) folder_ = context_.roots.resolve(list_.folder());
    } catch (const InputError& error) {
      errors.push_back({"image_list.folder", error.what()});
      return give_up(errors);
    }
    choose_classes();
    add_files();
    if (problems_.empty() && files_.files.empty()) problems_.push_back(name_ + ": names no pictures");
    if (!problems_.empty()) return give_up(errors);
    files_.description = "image list " + list_.path();
    return make_file_pictures(std::move(files_));
  }

 private:
  bool has_class_columns() const { return list_.class_column_size() > 0; }

  void problem(int line, const std::string& what) {
    problems_.push_back(name_ + ": line " + std::to_string(line) + ": " + what);
  }

  std::unique_ptr<PictureSet> give_up(std::vector<SourceError>& errors) {
    for (std::size_t i = 0; i < std::min(problems_.size(), kMostProblems); ++i) {
      errors.push_back({"image_list.path", problems_[i]});
    }
    if (problems_.size() > kMostProblems) {
      errors.push_back({"image_list.path", name_ + ": and " + std::to_string(problems_.size() - kMostProblems) +
                                               " more mistakes like these"});
    }
    return nullptr;
  }

  int require_column(const std::string& name) {
    const int column = csv_.column(name);
    if (column >= 0) return column;
    const std::string nearest = nearest_name(name, csv_.header.fields);
    problem(std::max(csv_.header.line, 1), "has no column \"" + name + "\"; it has " + listed(csv_.header.fields, 20) +
                                               (nearest.empty() ? "" : "; nearest: " + nearest));
    return -1;
  }

  void read_rows() {
    if (csv_.header.fields.empty()) throw InputError(name_ + ": is empty; expected a line that names the columns");
    const int image = require_column(list_.image_column());
    std::vector<int> columns;
    if (has_class_columns()) {
      for (const std::string& name : list_.class_column()) columns.push_back(require_column(name));
    } else {
      columns.push_back(require_column(list_.label_column()));
    }
    if (image < 0 || std::count(columns.begin(), columns.end(), -1) > 0) return;
    for (const CsvRow& row : csv_.rows) {
      Entry entry{row.line, row.fields[static_cast<std::size_t>(image)], {}};
      if (entry.image.empty()) problem(row.line, "names no picture");
      has_class_columns() ? read_marks(row, columns, entry) : read_labels(row, columns[0], entry);
      entries_.push_back(std::move(entry));
    }
  }

  void read_labels(const CsvRow& row, int column, Entry& entry) {
    entry.labels = split(row.fields[static_cast<std::size_t>(column)], list_.separator());
    std::set<std::string> seen;
    for (const std::string& label : entry.labels) {
      if (label.empty()) problem(row.line, "has an empty label beside \"" + list_.separator() + "\"");
      if (!seen.insert(label).second) problem(row.line, "has the label \"" + label + "\" twice");
    }
  }

  void read_marks(const CsvRow& row, const std::vector<int>& columns, Entry& entry) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string& name = list_.class_column(static_cast<int>(i));
      const std::string mark = trimmed(row.fields[static_cast<std::size_t>(columns[i])]);
      if (mark == "1") entry.labels.push_back(name);
      if (mark != "0" && mark != "1") {
        problem(row.line, "has \"" + mark + "\" in column \"" + name + "\", expected 0 or 1");
      }
    }
  }

  void choose_classes() {
    std::vector<std::string>& classes = files_.class_names;
    if (has_class_columns()) {
      classes.assign(list_.class_column().begin(), list_.class_column().end());
    } else if (list_.classes_size() > 0) {
      classes.assign(list_.classes().begin(), list_.classes().end());
    } else if (!context_.class_names.empty()) {
      classes = context_.class_names;
    } else {
      std::set<std::string> seen;
      for (const Entry& entry : entries_) seen.insert(entry.labels.begin(), entry.labels.end());
      classes.assign(seen.begin(), seen.end());
      if (classes.empty() && !entries_.empty() && problems_.empty()) {
        problems_.push_back(name_ + ": no line has a label in column \"" + list_.label_column() + "\"");
      }
    }
  }

  void add_files() {
    std::map<std::string, int> numbers;
    for (const std::string& name : files_.class_names) numbers.emplace(name, static_cast<int>(numbers.size()));
    for (const Entry& entry : entries_) {
      PictureFile file{(std::filesystem::path(folder_) / entry.image).string(), shown_name(entry.image), {}};
      for (const std::string& label : entry.labels) {
        const auto found = numbers.find(label);
        if (found != numbers.end()) {
          file.labels.push_back(found->second);
        } else if (!label.empty()) {
          const std::string nearest = nearest_name(label, files_.class_names);
          problem(entry.line, "has the label \"" + label + "\", which is none of the classes " +
                                  listed(files_.class_names, 10) + (nearest.empty() ? "" : "; nearest: " + nearest));
        }
      }
      std::sort(file.labels.begin(), file.labels.end());
      files_.files.push_back(std::move(file));
    }
  }

  const ImageList& list_;
  const OpenContext& context_;
  std::string name_, folder_;
  Csv csv_;
  std::vector<Entry> entries_;
  PictureFiles files_;
  std::vector<std::string> problems_;
};

}  // namespace

std::unique_ptr<PictureSet> open_image_list(const ImageList& list, const OpenContext& context,
                                            std::vector<SourceError>& errors) {
  return ListReader(list, context).read(errors);
}

}  // namespace thaw
