#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/builder.h"
#include "graph/onnx/read.h"
#include "schemas/experiment.pb.h"
#include "schemas/findings.h"
#include "zoo/treatment.h"

namespace thaw {

/// What a parameter is to training.
enum class ParameterRole {
  kLearned,    ///< the optimizer changes it
  kStatistic,  ///< a running statistic: counted, changed by batch normalization alone
  kConstant,   ///< given numbers, such as those of preprocessing: not counted, never changed, never missing in a file
};

/// How a parameter starts.
struct ParameterInit {
  std::string name;  ///< "conv2d/kernel"
  Shape shape;
  Initializer initializer = ZEROS;
  std::int64_t fan_in = 0;
  std::int64_t fan_out = 0;
  std::shared_ptr<const std::vector<float>> values = nullptr;  ///< given, instead of the initializer
  ParameterRole role = ParameterRole::kLearned;
  std::string layer = {};                 ///< the innermost layer that it is of: "backbone/conv1_bn"
  std::vector<std::string> aliases = {};  ///< a model file's nodes that read it: rules may go by these, too
  Treatment treatment = {};               ///< at the stage that the model is composed for
  bool is_ever_changed = false;           ///< at some stage: learned, or a statistic that follows the batches
  bool has_stored_statistics = false;     ///< of a batch normalization that does not look at the batch at this stage

  /// Learned at this stage.
  bool is_trained() const { return role == ParameterRole::kLearned && treatment.is_trainable; }
  /// All that rules may call it by.
  std::vector<std::string> names() const;
};

/// The running statistics of a batch normalization that uses those of its batch: what a step makes of them.
struct RunningStatistic {
  ValueId running = kNoValue;  ///< parameter
  ValueId batch = kNoValue;
  double momentum = 0.99;
  std::int64_t unbiased_count = 0;  ///< as RunningAverage takes it
};

/// A layer as people read it in a table.
struct LayerInfo {
  std::string name = {};
  std::string type = {};                  ///< "Conv2D 3x3, 16 filters, relu"
  std::string from = {};                  ///< names of the feeding layers
  Shape output_shape = {};                ///< without the batch
  std::int64_t parameters = 0;            ///< learned ones and running statistics
  std::int64_t trainable_parameters = 0;  ///< those that are learned at this stage
  std::int64_t flops = 0;                 ///< forward, one sample
  std::vector<LayerInfo> inner = {};      ///< of a network: its layers, called "<layer>/<inner layer>"
};

/// An experiment's model as the forward part of a graph.
struct ComposedModel {
  ValueId input = kNoValue;
  std::map<std::string, ValueId> outputs;  ///< by layer name, after the activation
  std::vector<ParameterInit> parameters;
  std::vector<LayerInfo> layers;
  std::vector<RunningStatistic> running;  ///< statistics that training updates; none outside training
  ValueId step = kNoValue;                ///< graph input, i32 scalar from 1, where something drops at random
};

/// The files that layers are read from, opened: by the path that the experiment gives.
using ModelFiles = std::map<std::string, std::shared_ptr<const OnnxFile>>;

/// What a model is composed for.
struct ComposeOptions {
  std::int64_t batch = 1;
  bool is_training = false;
  std::uint64_t seed = 1;
  const ModelFiles& files;
  Treatments treatments = {};
};

/// Builds the layers. A layer that does not fit its input becomes a finding at the field that caused it, and building
/// ends there (later shapes are unknown); the result is then incomplete.
ComposedModel compose(const Model& model, const ComposeOptions& options, Builder& builder, Findings& findings);

}  // namespace thaw
