#pragma once

#include <string>
#include <vector>

#include "schemas/diagnostic.h"
#include "schemas/experiment.pb.h"
#include "zoo/training_layers.h"

namespace thaw {

/// A network of the zoo as a layer among layers.
struct ZooLayer {
  const Zoo& config;
  const std::string& name;
  const std::string& from;  ///< the layer that feeds it
  ValueId input = kNoValue;
};

/// What is wrong with it whatever feeds it; field paths are those of the Zoo message ("name", "until", "classes").
std::vector<Diagnostic> check_zoo(const Zoo& config);

/// Appends the network up to `until` (or the last feature map, or with its classifier), its nodes and parameters named
/// "<layer>/<inner layer>". Throws InputError with check_zoo's findings, or one at "input": a picture that is too small
/// or has other channels.
ValueId add_zoo_layer(const ComposeContext& context, const ZooLayer& layer);

}  // namespace thaw
