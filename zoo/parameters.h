#pragma once

#include <memory>
#include <string>
#include <vector>

#include "zoo/training_layers.h"

namespace thaw {

/// How a kernel's values are counted for its initializer: positions times channels, as in Keras.
struct Fans {
  std::int64_t in = 0;
  std::int64_t out = 0;
};

/// Makes the parameters of one layer, called "LAYER/NAME", and counts them. All parameters of all layers, whatever the
/// layer was read from, are made here: rules about what is trained, and weights from elsewhere, need no other place.
class ParameterFactory {
 public:
  /// Values that a file gave.
  using Values = std::shared_ptr<const std::vector<float>>;

  ParameterFactory(const ComposeContext& context, std::string layer) : context_(context), layer_(std::move(layer)) {}

  /// What is learned, from its initializer.
  ValueId parameter(const std::string& name, Shape shape, Initializer initializer, Fans fans = {});
  /// A running statistic: counted, but not trainable.
  ValueId statistic(const std::string& name, Shape shape, Initializer initializer);
  /// The same, of a model from a file.
  struct Origin {
    Values values;
    std::string layer;  ///< the inner layer in full
    std::vector<std::string> aliases = {};
    Initializer initializer = ZEROS;  ///< where rules say that it starts afresh
    Fans fans = {};
  };
  ValueId parameter(const std::string& name, TensorType type, Origin origin);
  ValueId statistic(const std::string& name, TensorType type, Origin origin);
  /// Given numbers that stay as they are; not counted.
  ValueId constant(const std::string& name, TensorType type, Values values);

  /// Numbers that the original counts among its parameters and that are constants here, or that nothing reads.
  void count_besides(std::int64_t numbers) { count_ += numbers; }

  const ComposeContext& context() const { return context_; }
  std::int64_t trainable_count() const { return trainable_count_; }
  /// What is learned or frozen, and the running statistics.
  std::int64_t count() const { return count_; }

 private:
  ValueId add(ParameterInit init, DType dtype);
  static ParameterInit from_file(const std::string& name, TensorType type, Origin origin);

  const ComposeContext& context_;
  std::string layer_;
  std::int64_t trainable_count_ = 0;
  std::int64_t count_ = 0;
};

}  // namespace thaw
