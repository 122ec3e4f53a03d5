// Normalization: batch, layer, local response.
#include "tests/reference/functions.h"

namespace thaw::reference {

void add_norm(Functions& functions) { (void)functions; }

}  // namespace thaw::reference
