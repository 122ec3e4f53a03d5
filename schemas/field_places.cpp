#include "schemas/field_places.h"

#include <algorithm>

#include "schemas/rule_words.h"

namespace thaw {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

namespace {

// A name that many messages have says little: name only the first places.
constexpr std::size_t kMostPlaces = 4;
const char* const kTopLevel = "the top level";

using Trail = std::vector<const FieldDescriptor*>;  // the fields that lead to a place

std::string path_of(Trail::const_iterator begin, Trail::const_iterator end) {
  std::string path;
  for (auto field = begin; field != end; ++field) path += (path.empty() ? "" : ".") + (*field)->name();
  return path;
}

template <class Visit>
void walk(const Descriptor& type, std::vector<const Descriptor*>& enclosing, Trail& trail, const Visit& visit) {
  if (std::find(enclosing.begin(), enclosing.end(), &type) != enclosing.end()) return;
  enclosing.push_back(&type);
  for (int i = 0; i < type.field_count(); ++i) {
    trail.push_back(type.field(i));
    visit(trail);
    if (type.field(i)->message_type() != nullptr) walk(*type.field(i)->message_type(), enclosing, trail, visit);
    trail.pop_back();
  }
  enclosing.pop_back();
}

template <class Visit>
void walk(const Descriptor& root, const Visit& visit) {
  std::vector<const Descriptor*> enclosing;
  Trail trail;
  walk(root, enclosing, trail, visit);
}

// The messages below `type` that have the field and work today.
std::vector<std::string> owners(const std::string& name, const Descriptor& type, const std::string& path) {
  std::vector<std::string> found;
  walk(type, [&](const Trail& trail) {
    if (trail.back()->name() != name || rules_of(*trail.back()).planned()) return;
    const std::string below = path_of(trail.begin(), trail.end() - 1);
    const std::string owner = path.empty() || below.empty() ? path + below : path + "." + below;
    found.push_back(owner.empty() ? kTopLevel : owner);
  });
  return found;
}

// "model.layer[2].dense" as "model.layer.dense".
std::string without_indices(const std::string& path) {
  std::string bare;
  bool is_index = false;
  for (const char c : path) {
    is_index = is_index || c == '[';
    if (!is_index) bare += c;
    is_index = is_index && c != ']';
  }
  return bare;
}

// The messages around `path` that have the field: it was written one brace too far in.
std::vector<std::string> enclosing_owners(const std::string& name, const std::string& path, const Descriptor& root) {
  const std::string inner = without_indices(path);
  std::vector<std::string> found;
  if (inner.empty()) return found;
  for (const std::string& owner : owners(name, root, "")) {
    if (owner == kTopLevel || inner.starts_with(owner + ".")) found.push_back(owner);
  }
  return found;
}

}  // namespace

std::vector<FieldPlace> all_fields(const Descriptor& root) {
  std::vector<FieldPlace> places;
  walk(root, [&](const Trail& trail) { places.push_back({path_of(trail.begin(), trail.end()), trail.back()}); });
  return places;
}

std::string where_field_lives(const std::string& name, const Descriptor& type, const std::string& path,
                              const Descriptor& root) {
  std::vector<std::string> found = enclosing_owners(name, path, root);
  const std::vector<std::string> below = owners(name, type, path);
  found.insert(found.end(), below.begin(), below.end());
  if (found.empty()) found = owners(name, root, "");
  if (found.empty()) return {};
  if (found.size() > kMostPlaces) {
    const std::size_t more = found.size() - kMostPlaces;
    found.resize(kMostPlaces);
    found.push_back(std::to_string(more) + " more");
  }
  return name + " is a field of " + one_of_words(found);
}

}  // namespace thaw
