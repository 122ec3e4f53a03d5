#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "tests/reference/interpreter.h"

namespace thaw {

/// One of ONNX's own conformance cases: a model of one operator, inputs, and what ONNX says comes out.
struct OnnxVector {
  std::string excluded_because;  ///< empty if it lies in what thaw's operators promise
  Graph graph;
  reference::Feeds feeds;
  std::vector<reference::Tensor> expected;  ///< in the order of the graph's outputs
};

/// Reads FOLDER/model.onnx and FOLDER/test_data_set_0. Throws InternalError if they cannot be read.
OnnxVector read_onnx_vector(const std::string& folder);

}  // namespace thaw
