#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "schemas/diagnostic.h"

namespace thaw {

/// A test with an empty folder of its own.
class TempFolderTest : public ::testing::Test {
 protected:
  TempFolderTest() {
    std::string pattern = ::testing::TempDir() + "thaw_store_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TempFolderTest() override { std::filesystem::remove_all(folder_); }

  std::string in(const std::string& name) const { return folder_ + "/" + name; }

  std::set<std::string> names(const std::string& folder) const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) found.insert(entry.path().filename());
    return found;
  }

  /// Without the syncing of write_file_durably, for tests that write hundreds of files.
  static void write_plain(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  std::string folder_;
};

/// The message of the `Error` that `call` throws; says so if it throws none.
template <typename Error, typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace thaw
