#include "schemas/weight_states.h"

namespace thaw {

const char* weight_state_text(WeightRow::State state) {
  switch (state) {
    case WeightRow::LOADED:
      return "loaded";
    case WeightRow::ADAPTED:
      return "adapted";
    case WeightRow::MISSING:
      return "missing";
    case WeightRow::UNEXPECTED:
      return "left over";
    case WeightRow::SHAPE_MISMATCH:
      return "another shape";
  }
  return "";
}

}  // namespace thaw
