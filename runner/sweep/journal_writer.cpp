#include "runner/sweep/journal_writer.h"

#include <unistd.h>

#include <filesystem>

#include "runner/store/durable_file.h"
#include "runner/store/host_name.h"

namespace thaw {
namespace {

/// The time tells a process from an earlier one that had the same number.
std::string new_path(const std::string& sweep_folder) {
  const std::string folder = sweep_folder + "/journal";
  make_folders(folder);
  return folder + "/" + host_name() + "-" + std::to_string(::getpid()) + "-" + std::to_string(now_unix_ms()) + ".binpb";
}

}  // namespace

std::uintmax_t bytes_of_other_journals(const std::string& sweep_folder, const std::string& own_path) {
  namespace fs = std::filesystem;
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(sweep_folder + "/journal", error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    const std::uintmax_t size = entry->path() == own_path ? 0 : entry->file_size(ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

JournalWriter::JournalWriter(const std::string& sweep_folder) : path_(new_path(sweep_folder)), frames_(path_) {}

void JournalWriter::append(SweepEvent event) {
  event.set_time_unix_ms(now_unix_ms());
  frames_.append(event.SerializeAsString());
}

}  // namespace thaw
