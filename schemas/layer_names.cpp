#include "schemas/layer_names.h"

#include <google/protobuf/descriptor.h>

#include <map>
#include <set>

namespace thaw {

std::string layer_kind(const Layer& layer) {
  const google::protobuf::OneofDescriptor* kind = Layer::descriptor()->FindOneofByName("kind");
  const google::protobuf::FieldDescriptor* chosen = layer.GetReflection()->GetOneofFieldDescriptor(layer, kind);
  return chosen == nullptr ? "layer" : chosen->name();
}

std::vector<std::string> layer_names(const Model& model) {
  std::set<std::string> written = {model.input().name()};
  for (const Layer& layer : model.layer()) written.insert(layer.name());
  std::map<std::string, int> next_number;
  std::vector<std::string> names;
  for (const Layer& layer : model.layer()) {
    if (layer.has_name()) {
      names.push_back(layer.name());
      continue;
    }
    const std::string kind = layer_kind(layer);
    std::string name;
    do {
      const int number = next_number[kind]++;
      name = number == 0 ? kind : kind + "_" + std::to_string(number);
    } while (written.count(name) > 0);
    names.push_back(name);
  }
  return names;
}

}  // namespace thaw
