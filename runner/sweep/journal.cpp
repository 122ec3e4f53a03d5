#include "runner/sweep/journal.h"

#include <unistd.h>

#include "runner/store/durable_file.h"
#include "runner/sweep/claims.h"

namespace thaw {
namespace {

/// The time tells a process from an earlier one that had the same number.
std::string new_path(const std::string& sweep_folder) {
  const std::string folder = sweep_folder + "/journal";
  make_folders(folder);
  return folder + "/" + host_name() + "-" + std::to_string(::getpid()) + "-" + std::to_string(now_unix_ms()) + ".binpb";
}

}  // namespace

Journal::Journal(const std::string& sweep_folder) : path_(new_path(sweep_folder)), frames_(path_) {}

void Journal::append(SweepEvent event) {
  event.set_time_unix_ms(now_unix_ms());
  frames_.append(event.SerializeAsString());
}

}  // namespace thaw
