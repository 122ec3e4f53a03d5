// Sums, means and extrema over axes.
#include "graph/builder.h"
#include "ops/definitions.h"

namespace thaw {

void define_reduce(OpRegistry& registry) { (void)registry; }

}  // namespace thaw
