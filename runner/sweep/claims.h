#pragma once

#include <optional>
#include <string>

#include "runner/store/file_handle.h"

// RUNS/.claims/ID: whoever holds the lock on it trains that member, whatever sweep it belongs to.
namespace thaw {

/// The right to train one member, for as long as the object lives. It belongs to the process: any death releases it,
/// so a file that is left behind means nothing and files are never removed.
///
/// The lock is one of an open file description (fcntl(2), F_OFD_SETLK): it works over NFS as well, and others can ask
/// for it without getting into the way of who tries to take it.
class Claim {
 public:
  /// Nothing if another process has it. Throws IoError.
  static std::optional<Claim> take(const std::string& runs_root, const std::string& id);

 private:
  explicit Claim(FileHandle lock) : lock_(std::move(lock)) {}

  FileHandle lock_;
};

/// Who has or had the claim, as they wrote it: "HOST pid 4711"; empty if nobody ever had. Throws IoError.
std::string claim_writer(const std::string& runs_root, const std::string& id);

/// Whether any process has it at this moment; takes nothing. Throws IoError.
bool is_claimed(const std::string& runs_root, const std::string& id);

/// "HOST pid 4711" of a process on this machine.
std::string process_name(long pid);

}  // namespace thaw
