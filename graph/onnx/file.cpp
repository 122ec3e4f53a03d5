#include <onnx/onnx_pb.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "graph/onnx/proto.h"
#include "graph/onnx/read.h"
#include "graph/onnx/tensor.h"
#include "schemas/diagnostic.h"

namespace thaw {

using namespace onnx_io;  // NOLINT(google-build-using-namespace): this file is the outside of that namespace

OnnxFile::OnnxFile(const std::string& path, std::istream& bytes)
    : path_(path), proto_(std::make_unique<onnx::ModelProto>()) {
  if (!proto_->ParseFromIstream(&bytes)) throw InputError(path + ": is not an ONNX model (a serialized ModelProto)");
  if (proto_->graph().output_size() == 0) throw InputError(path + ": holds no graph with outputs");
}

OnnxFile OnnxFile::open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path + ": no such file");
  return OnnxFile(path, file);
}

OnnxFile::OnnxFile(OnnxFile&&) noexcept = default;

OnnxFile::~OnnxFile() = default;

std::vector<std::string> OnnxFile::outputs() const {
  std::vector<std::string> found;
  for (const onnx::ValueInfoProto& output : proto_->graph().output()) found.push_back(output.name());
  return found;
}

bool OnnxFile::has(const std::string& until) const { return !tensor_named(proto_->graph(), until).empty(); }

std::vector<std::string> OnnxFile::names() const {
  std::set<std::string> found;
  for (const onnx::NodeProto& node : proto_->graph().node()) {
    found.insert(node.name());
    found.insert(node.output().begin(), node.output().end());
  }
  found.erase("");
  return {found.begin(), found.end()};
}

std::vector<std::string> OnnxFile::initializers() const {
  const auto found = initializer_names(proto_->graph());
  return {found.begin(), found.end()};
}

std::vector<OnnxTensor> OnnxFile::initializer_tensors() const {
  std::vector<OnnxTensor> found;
  std::set<std::string> names;
  for (const onnx::TensorProto& proto : proto_->graph().initializer()) {
    if (proto.name().empty()) throw InputError(path_ + ": an initializer has no name");
    if (!names.insert(proto.name()).second) {
      throw InputError(path_ + ": initializer \"" + printable(proto.name()) + "\" stands twice");
    }
    OnnxTensor tensor{proto.name(), "?", Shape(proto.dims().begin(), proto.dims().end())};
    try {
      const ElementType type = element_type_of(proto.data_type());
      tensor.type = name_of(type);
      tensor.is_real = is_real(type);
    } catch (const std::out_of_range&) {
      // initializer_values() says that this type is not read.
    }
    found.push_back(std::move(tensor));
  }
  return found;
}

std::vector<float> OnnxFile::initializer_values(const std::string& name) const {
  for (const onnx::TensorProto& proto : proto_->graph().initializer()) {
    if (proto.name() != name) continue;
    try {
      const Literal literal = decode(proto, std::filesystem::path(path_).parent_path().string());
      return {literal.values.begin(), literal.values.end()};
    } catch (const std::runtime_error& error) {
      throw InputError(path_ + ": initializer \"" + printable(name) + "\" " + error.what());
    }
  }
  throw InternalError(path_ + ": asked for an initializer that it does not have: " + name);
}

std::vector<OnnxInput> OnnxFile::inputs(const std::string& until) const {
  const onnx::GraphProto& graph = proto_->graph();
  const std::string last = tensor_named(graph, until);
  const auto read = last.empty() ? std::set<std::string>{} : read_tensors(graph, needed_nodes(graph, {last}));
  std::set<std::string> settings;
  for (const onnx::NodeProto& node : graph.node()) {
    for (int i = 0; i < node.input_size(); ++i) {
      if (is_setting(node.op_type(), i)) settings.insert(node.input(i));
    }
  }
  const auto initializers = initializer_names(graph);
  std::vector<OnnxInput> found;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (initializers.count(input.name()) || (!last.empty() && read.count(input.name()) == 0)) continue;
    const auto& type = input.type().tensor_type();
    OnnxInput one{input.name(), "?", shape_text(type.shape()), settings.count(input.name()) > 0, {}};
    for (const auto& dim : type.shape().dim()) one.extents.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
    try {
      const ElementType element = element_type_of(type.elem_type());
      one.type = name_of(element);
      one.must_be_known = one.must_be_known || !is_real(element);
    } catch (const std::out_of_range&) {
      // translate() says that this type is not read.
    }
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace thaw
