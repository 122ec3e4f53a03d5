#include "tests/fuzz/onnx_fuzz.h"

#include <google/protobuf/text_format.h>
#include <onnx/onnx_pb.h>

#include <sstream>

#include "graph/onnx/read.h"
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"

namespace thaw {

void fuzz_onnx(const std::string& bytes) {
  // Its folder does not exist: whatever external data a model names, there is nothing to read.
  std::istringstream stream(bytes);
  try {
    const OnnxFile file("/nonexistent/model.onnx", stream);
    OnnxOptions options;
    for (const OnnxInput& input : file.inputs()) {
      if (input.must_be_known) options.known[input.name] = {onnx_io::ElementType::kInt64, {1}, {1}};
    }
    const OnnxModel model = file.translate(operators(), options);
    verify(*model.graph, operators(), "reading");
  } catch (const InputError& error) {
    if (std::string(error.what()).empty()) abort();
  }
}

std::string model_bytes(const std::string& text) {
  onnx::ModelProto model;
  return google::protobuf::TextFormat::ParseFromString(text, &model) ? model.SerializeAsString() : std::string();
}

}  // namespace thaw
