#include "runner/data/pictures/csv.h"

#include <algorithm>
#include <utility>

namespace thaw {
namespace {

/// Goes through the text once, a field at a time.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& name, std::vector<std::string>& problems)
      : text_(text), name_(name), problems_(problems) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  bool at_end() const { return at_ >= text_.size(); }

  CsvRow row() {
    CsvRow row{line_, {}};
    do {
      row.fields.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
    } while (took(','));
    end_line();
    return row;
  }

 private:
  void problem(int line, const std::string& what) {
    problems_.push_back(name_ + ": line " + std::to_string(line) + ": " + what);
  }

  bool took(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  bool is_at_line_end() const { return at_end() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n"); }

  std::string plain() {
    const std::size_t begin = at_;
    while (!is_at_line_end() && text_[at_] != ',') ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string quoted() {
    const int begin = line_;
    std::string field;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        field += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        field += text_[at_++];
      } else {
        ++at_;
        if (!is_at_line_end() && text_[at_] != ',') {
          problem(line_, "text goes on after the closing quote of a field; a quote inside quotes is written \"\"");
          plain();
        }
        return field;
      }
    }
    problem(begin, "the quote that opens a field is never closed");
    return field;
  }

  void end_line() {
    took('\r');
    if (took('\n')) ++line_;
  }

  std::string_view text_;
  const std::string& name_;
  std::vector<std::string>& problems_;
  std::size_t at_ = 0;
  int line_ = 1;
};

bool is_empty_line(const CsvRow& row) { return row.fields.size() == 1 && row.fields[0].empty(); }

}  // namespace

int Csv::column(const std::string& name) const {
  const auto found = std::find(header.fields.begin(), header.fields.end(), name);
  return found == header.fields.end() ? -1 : static_cast<int>(found - header.fields.begin());
}

Csv parse_csv(std::string_view text, const std::string& name, std::vector<std::string>& problems) {
  Csv csv;
  CsvReader reader(text, name, problems);
  bool has_header = false;
  while (!reader.at_end()) {
    CsvRow row = reader.row();
    if (is_empty_line(row)) continue;
    if (!has_header) {
      csv.header = std::move(row);
      has_header = true;
    } else if (row.fields.size() == csv.header.fields.size()) {
      csv.rows.push_back(std::move(row));
    } else {
      problems.push_back(name + ": line " + std::to_string(row.line) + ": has " + std::to_string(row.fields.size()) +
                         " fields, but the header names " + std::to_string(csv.header.fields.size()) + " columns");
    }
  }
  return csv;
}

}  // namespace thaw
