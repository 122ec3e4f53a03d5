#include <gmock/gmock.h>

#include <filesystem>

#include "runner/data/open.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

class DataRootsTest : public TempFolderTest {
 protected:
  DataRootsTest() {
    for (const char* name : {"a", "b"}) std::filesystem::create_directory(in(name));
    write_plain(in("b/both"), "b");
    write_plain(in("a/both"), "a");
    write_plain(in("b/only_b"), "b");
  }

  DataRoots roots() const { return {{in("a"), in("b")}}; }
};

TEST_F(DataRootsTest, TakesTheFirstFolderThatHasIt) {
  EXPECT_EQ(roots().resolve("both"), in("a/both"));
  EXPECT_EQ(roots().resolve("only_b"), in("b/only_b"));
}

TEST_F(DataRootsTest, LetsAnAbsolutePathStandForItself) { EXPECT_EQ(roots().resolve(in("b/only_b")), in("b/only_b")); }

TEST_F(DataRootsTest, NamesEveryPlaceItLookedIn) {
  EXPECT_EQ(message_of<InputError>([&] { roots().resolve("mnist/none.gz"); }),
            "mnist/none.gz: no such file; looked for " + in("a/mnist/none.gz") + ", " + in("b/mnist/none.gz"));
  EXPECT_EQ(message_of<InputError>([&] { roots().resolve(in("none")); }), in("none") + ": no such file");
  EXPECT_EQ(message_of<InputError>([] { DataRoots{}.resolve("none"); }),
            "none: no such file; looked for it nowhere: no data folder");
}

TEST_F(DataRootsTest, NamesAPlaceOnce) {
  const DataRoots twice{{in("a"), in("b"), in("a"), in("b/../b")}};
  EXPECT_EQ(message_of<InputError>([&] { twice.resolve("none"); }),
            "none: no such file; looked for " + in("a/none") + ", " + in("b/none"));
}

}  // namespace
}  // namespace thaw
