// Resampling of pictures.
#include "tests/reference/functions.h"

namespace thaw::reference {

void add_resize(Functions& functions) { (void)functions; }

}  // namespace thaw::reference
