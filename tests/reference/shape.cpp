// Operators that move or rename elements and compute nothing.
#include "tests/reference/functions.h"

namespace thaw::reference {

void add_shape(Functions& functions) { (void)functions; }

}  // namespace thaw::reference
