#include "runner/train/weights/describe.h"

#include <algorithm>
#include <array>

#include "schemas/diagnostic.h"
#include "schemas/weight_states.h"

namespace thaw {
namespace {

std::string shapes(const WeightRow& row) {
  if (!row.has_shape()) return row.source_shape();
  return row.shape() + (row.has_source_shape() ? ", not " + row.source_shape() : "");
}

template <typename Rows>
std::string counts(const Rows& rows) {
  std::string text;
  for (auto state = kWeightStates.rbegin(); state != kWeightStates.rend(); ++state) {
    const auto count = std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.state() == *state; });
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + weight_state_text(*state);
  }
  return text.empty() ? "nothing" : text;
}

template <typename Rows>
std::string table(const Rows& rows, const std::vector<std::string>& notes) {
  constexpr std::size_t kColumns = 5;
  std::vector<std::array<std::string, kColumns>> lines;
  std::array<std::size_t, kColumns> widths{};
  for (const WeightRow::State state : kWeightStates) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(rows.size()); ++i) {
      const WeightRow& row = *(rows.begin() + static_cast<std::ptrdiff_t>(i));
      if (row.state() != state) continue;
      lines.push_back({weight_state_text(state), printable(row.has_parameter() ? row.parameter() : "-"),
                       printable(row.has_tensor() ? row.tensor() : "-"), shapes(row),
                       i < notes.size() ? notes[i] : std::string()});
      for (std::size_t k = 0; k < kColumns; ++k) widths[k] = std::max(widths[k], lines.back()[k].size());
    }
  }
  std::string text;
  for (const auto& line : lines) {
    std::string padded = "   ";
    for (std::size_t k = 0; k < kColumns; ++k) {
      padded += " " + line[k] + std::string(widths[k] - line[k].size() + (k + 1 < kColumns ? 1 : 0), ' ');
    }
    padded.erase(padded.find_last_not_of(' ') + 1);
    text += padded + "\n";
  }
  return text;
}

}  // namespace

std::string weights_counts(const google::protobuf::RepeatedPtrField<WeightRow>& rows) { return counts(rows); }

std::string weights_line(const WeightsLoaded& loaded) {
  return "weights: " + counts(loaded.row()) + " from " + printable(loaded.source()) + " for " +
         printable(loaded.layer());
}

std::string weights_table(const WeightsLoaded& loaded) { return table(loaded.row(), {}); }

std::string refused_text(const RefusedWeights& refused, const std::vector<WeightRow>& rows) {
  std::string text = printable(refused.source) + " does not fit " + refused.target + ": " + counts(rows) + "\n" +
                     table(rows, refused.notes);
  text.pop_back();
  return text;
}

std::string refused_advice(const RefusedWeights& refused) {
  std::string text = "expected a tensor for each parameter and a parameter for each tensor";
  if (!refused.missing.empty() && !refused.unexpected.empty()) {
    text += "; rename { from: \"...\" to: \"...\" } gives tensors other names";
  }
  if (!refused.missing.empty()) {
    text += "; allow_missing: \"" + printable(refused.missing) + "\" lets a parameter start without one";
  }
  if (!refused.unexpected.empty()) {
    text += "; allow_unexpected: \"" + printable(refused.unexpected) + "\" leaves a tensor out";
  }
  if (refused.can_be_adapted) {
    text += "; adapt_first_convolution: true adapts the first kernel to the input's channels";
  } else if (!refused.mismatched.empty()) {
    text += "; both allow_missing and allow_unexpected for one of another shape let it start afresh";
  }
  if (refused.is_of_model) text += "; layer: \"...\" chooses the layers that they are for";
  return text;
}

}  // namespace thaw
