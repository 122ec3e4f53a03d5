#include "reports/config_fields.h"

#include <google/protobuf/descriptor.h>

#include <sstream>
#include <vector>

#include "schemas/experiment.pb.h"

namespace thaw::reports {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// An open message: its path, with the dot that its fields' names follow, and its type if we know it.
struct Scope {
  std::string path;
  const Descriptor* type = nullptr;
};

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

class Reader {
 public:
  void read_line(const std::string& line) {
    if (line.empty() || line[0] == '#') return;
    if (line == "}") {
      if (scopes_.size() > 1) scopes_.pop_back();
    } else if (line.back() == '{') {
      open(trimmed(line.substr(0, line.find_first_of(":{"))));
    } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
      fields_[path_of(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
    }
  }

  std::map<std::string, std::string> take() { return std::move(fields_); }

 private:
  const FieldDescriptor* field(const std::string& name) const {
    const Descriptor* type = scopes_.back().type;
    return type == nullptr ? nullptr : type->FindFieldByName(name);
  }

  std::string path_of(const std::string& name) {
    const std::string path = scopes_.back().path + name;
    const FieldDescriptor* known = field(name);
    const int occurrence = seen_[path]++;
    const bool is_numbered = occurrence > 0 || (known != nullptr && known->is_repeated());
    return is_numbered ? path + "[" + std::to_string(occurrence) + "]" : path;
  }

  void open(const std::string& name) {
    const FieldDescriptor* known = field(name);
    scopes_.push_back({path_of(name) + ".", known == nullptr ? nullptr : known->message_type()});
  }

  std::vector<Scope> scopes_ = {{"", Experiment::descriptor()}};
  std::map<std::string, int> seen_;
  std::map<std::string, std::string> fields_;
};

}  // namespace

std::map<std::string, std::string> config_fields(const std::string& text) {
  Reader reader;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) reader.read_line(trimmed(line));
  return reader.take();
}

}  // namespace thaw::reports
