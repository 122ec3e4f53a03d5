#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace thaw {

/// What one batch gave, on the host: row-major rows of each output and each loss term's value a sample.
struct BatchResult {
  std::map<std::string, std::vector<float>> outputs;  ///< by layer name
  std::map<std::string, int> lengths;                 ///< values a row
  std::vector<std::vector<float>> losses;             ///< by objective term
  std::vector<float> loss_weights;                    ///< what each sample counted in the losses; empty: all the same

  const float* row(const std::string& output, int n) const {
    return outputs.at(output).data() + static_cast<std::ptrdiff_t>(n) * lengths.at(output);
  }
};

}  // namespace thaw
