#include "runner/store/record_writer.h"

namespace thaw {

void RecordWriter::append(Event event) {
  if (!event.has_time_unix_ms()) event.set_time_unix_ms(now_unix_ms());
  frames_.append(event.SerializeAsString());
}

}  // namespace thaw
