#include "runner/config/merge.h"

#include <google/protobuf/descriptor.h>

#include <iterator>
#include <memory>
#include <vector>

namespace thaw {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

// `path` itself, and with `[` or `.` all that stands below it.
bool is_below(const std::string& candidate, const std::string& path) {
  if (candidate.compare(0, path.size(), path) != 0) return false;
  return candidate.size() == path.size() || candidate[path.size()] == '.' || candidate[path.size()] == '[';
}

void copy_below(SourceMap& places, const SourceMap& from, const std::string& path) {
  for (auto i = from.lower_bound(path); i != from.end() && i->first.compare(0, path.size(), path) == 0; ++i) {
    if (is_below(i->first, path)) places[i->first] = i->second;
  }
}

// `message` with only `field` set, as in `over`: MergeFrom of it copies any type of field.
void copy_field(Message& under, const Message& over, const FieldDescriptor* field) {
  const std::unique_ptr<Message> only(over.New());
  std::vector<const FieldDescriptor*> fields = {field};
  const std::unique_ptr<Message> copy(over.New());
  copy->CopyFrom(over);
  over.GetReflection()->SwapFields(copy.get(), only.get(), fields);
  under.GetReflection()->ClearField(&under, field);
  under.MergeFrom(*only);
}

}  // namespace

void erase_places_below(SourceMap& places, const std::string& path) {
  for (auto i = places.lower_bound(path); i != places.end() && i->first.compare(0, path.size(), path) == 0;) {
    i = is_below(i->first, path) ? places.erase(i) : std::next(i);
  }
}

void merge_onto(Message& under, SourceMap& places, const Message& over, const SourceMap& over_places,
                const std::string& path) {
  const Reflection& reflection = *under.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  over.GetReflection()->ListFields(over, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string field_path = path.empty() ? field->name() : path + "." + field->name();
    const FieldDescriptor* chosen = field->containing_oneof() == nullptr
                                        ? nullptr
                                        : reflection.GetOneofFieldDescriptor(under, field->containing_oneof());
    if (chosen != nullptr && chosen != field)
      erase_places_below(places, path.empty() ? chosen->name() : path + "." + chosen->name());
    const bool is_block = !field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (is_block) {
      const auto own = over_places.find(field_path);
      if (own != over_places.end()) places[field_path] = own->second;
      merge_onto(*reflection.MutableMessage(&under, field), places, over.GetReflection()->GetMessage(over, field),
                 over_places, field_path);
      continue;
    }
    erase_places_below(places, field_path);
    copy_below(places, over_places, field_path);
    copy_field(under, over, field);
  }
}

}  // namespace thaw
