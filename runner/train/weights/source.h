#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runner/store/safetensors.h"
#include "zoo/compose.h"

namespace thaw {

/// A tensor that a source of weights offers.
struct SourceTensor {
  std::string name;
  Shape shape;
  bool is_real = true;    ///< of floating-point numbers
  std::string type = {};  ///< as the source calls it: "F32", "float32"
};

/// Where weights come from: what it offers is known before any of it is read.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  /// In the source's order, each name once.
  const std::vector<SourceTensor>& tensors() const { return tensors_; }
  /// As people call it: "resnet50.safetensors", "experiment pretrain.pbtxt".
  const std::string& title() const { return title_; }
  /// The file that is read.
  const std::string& place() const { return place_; }

  /// False: only names and shapes are known so far, because an experiment has to be run first.
  virtual bool has_values() const { return true; }
  /// Hands over the values of the tensors that are named, each once. Returns the SHA-256 of the file's bytes. May be
  /// called once. Throws InputError, IoError.
  virtual std::string read(const std::set<std::string>& names, const std::function<void(NamedTensor)>& take) = 0;

 protected:
  std::vector<SourceTensor> tensors_;
  std::string title_, place_;
};

/// A safetensors file. Throws InputError, IoError.
std::unique_ptr<WeightSource> open_safetensors_weights(const std::string& title, const std::string& place);

/// An ONNX model's initializers. Throws InputError, IoError.
std::unique_ptr<WeightSource> open_onnx_weights(const std::string& title, const std::string& place);

/// A run's best weights. Throws InputError if there are none yet, IoError.
std::unique_ptr<WeightSource> open_run_weights(const std::string& title, const std::string& run_folder);

/// What an experiment that is still to be run will offer: its parameters.
std::unique_ptr<WeightSource> foreseen_weights(const std::string& title,
                                               const std::map<std::string, Shape>& parameters);

}  // namespace thaw
