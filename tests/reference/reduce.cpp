// Sums, means and extrema over axes.
#include "tests/reference/functions.h"

namespace thaw::reference {

void add_reduce(Functions& functions) { (void)functions; }

}  // namespace thaw::reference
