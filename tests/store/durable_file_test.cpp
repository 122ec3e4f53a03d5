#include "runner/store/durable_file.h"

#include <fcntl.h>

#include <fstream>

#include "tests/store/limits.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

using DurableFileTest = TempFolderTest;

TEST_F(DurableFileTest, WritesAndReplacesWholeFiles) {
  write_file_durably(in("a"), "first");
  EXPECT_EQ(read_file(in("a")), "first");
  write_file_durably(in("a"), std::string("\0with zero\xff", 11));
  EXPECT_EQ(read_file(in("a")), std::string("\0with zero\xff", 11));
  EXPECT_EQ(names(folder_), std::set<std::string>{"a"});
}

TEST_F(DurableFileTest, WritesAnEmptyFile) {
  write_file_durably(in("empty"), "");
  EXPECT_EQ(read_file(in("empty")), "");
}

TEST_F(DurableFileTest, WritesARelativePathWithoutFolder) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  write_file_durably("bare", "here");
  std::filesystem::current_path(before);
  EXPECT_EQ(read_file(in("bare")), "here");
}

TEST_F(DurableFileTest, WithoutCommitTheOldFileStays) {
  write_file_durably(in("a"), "old");
  {
    DurableFile file(in("a"));
    file.write("new");
    EXPECT_EQ(read_file(in("a.tmp")), "new");
  }
  EXPECT_EQ(read_file(in("a")), "old");
  EXPECT_EQ(names(folder_), std::set<std::string>{"a"});
}

TEST_F(DurableFileTest, AFullDiskNamesTheFileAndLeavesTheOldOne) {
  write_file_durably(in("report.html"), "old");
  std::filesystem::create_symlink("/dev/full", in("report.html.tmp"));
  EXPECT_EQ(message_of<IoError>([&] { write_file_durably(in("report.html"), "new"); }),
            in("report.html.tmp") + ": write: No space left on device");
  EXPECT_EQ(read_file(in("report.html")), "old");
  EXPECT_EQ(names(folder_), std::set<std::string>{"report.html"});
}

TEST_F(DurableFileTest, AShortWriteGoesOnToTheCause) {
  const LowLimit limit(RLIMIT_FSIZE, 4);
  EXPECT_EQ(message_of<IoError>([&] { write_file_durably(in("a"), "more than four"); }),
            in("a.tmp") + ": write: File too large");
  EXPECT_EQ(names(folder_), std::set<std::string>{});
}

/// No two neighbouring pieces of it are alike.
std::string numbers(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 2654435761U >> 16);
  return text;
}

TEST_F(DurableFileTest, PastTheCacheTheSameBytesArrive) {
  constexpr std::size_t kPiece = std::size_t{8} << 20;
  // Too small to go past it; from within a block to within another; whole blocks; a piece and almost another.
  for (const std::size_t bytes : {std::size_t{5}, kPiece + 4095, 2 * kPiece + 12345, 2 * kPiece}) {
    for (const std::size_t before : {0, 3, 4096, 5000}) {
      SCOPED_TRACE(::testing::Message() << before << " bytes, then " << bytes);
      const std::string head(before, 'h'), large = numbers(bytes);
      DurableFile file(in("a"));
      file.write(head);
      file.write_past_cache(large);
      file.write("tail");
      file.commit();
      EXPECT_TRUE(read_file(in("a")) == head + large + "tail");
    }
  }
}

TEST_F(DurableFileTest, PastTheCacheAShortWriteGoesOnToTheCause) {
  const LowLimit limit(RLIMIT_FSIZE, 9'000'000);  // within the second piece
  EXPECT_EQ(message_of<IoError>([&] {
              DurableFile file(in("a"));
              file.write_past_cache(numbers(std::size_t{20} << 20));
            }),
            in("a.tmp") + ": write: File too large");
  EXPECT_EQ(names(folder_), std::set<std::string>{});
}

TEST_F(DurableFileTest, AFailedRenameRemovesTheTemporary) {
  std::filesystem::create_directories(in("taken/inside"));
  EXPECT_EQ(message_of<IoError>([&] { write_file_durably(in("taken"), "x"); }),
            in("taken.tmp") + ": rename: Is a directory");
  EXPECT_EQ(names(folder_), std::set<std::string>{"taken"});
}

TEST_F(DurableFileTest, OpenErrorsNameFileAndCause) {
  EXPECT_EQ(message_of<IoError>([&] { write_file_durably(in("no/a"), "x"); }),
            in("no/a.tmp") + ": open: No such file or directory");
  EXPECT_EQ(message_of<IoError>([&] { read_file(in("missing")); }),
            in("missing") + ": open: No such file or directory");
  EXPECT_EQ(message_of<IoError>([&] { read_file(folder_); }), folder_ + ": read: Is a directory");
}

TEST_F(DurableFileTest, NoDescriptorLeftNamesTheFile) {
  // The undefined-behaviour sanitizer looks at the first object of a type through a pipe: while there are descriptors.
  EXPECT_NE(message_of<IoError>([&] { write_file_durably(in("missing/a"), "x"); }), "");
  const LowLimit limit(RLIMIT_NOFILE, 0);
  EXPECT_EQ(message_of<IoError>([&] { write_file_durably(in("a"), "x"); }),
            in("a.tmp") + ": open: Too many open files");
}

TEST_F(DurableFileTest, MakesFoldersThatAreMissing) {
  make_folders(in("a/b/c"));
  make_folders(in("a/b/c"));
  make_folders(in("a/b/d/"));
  EXPECT_EQ(names(in("a/b")), (std::set<std::string>{"c", "d"}));
}

TEST_F(DurableFileTest, AFileInTheWayOfAFolderIsNamed) {
  write_file_durably(in("a"), "x");
  EXPECT_EQ(message_of<IoError>([&] { make_folders(in("a")); }), in("a") + ": mkdir: File exists");
  EXPECT_EQ(message_of<IoError>([&] { make_folders(in("a/b")); }), in("a") + ": mkdir: File exists");
}

TEST_F(DurableFileTest, SeveralFilesAppearTogether) {
  write_plain(in("b"), "old");
  std::filesystem::create_directories(in("below"));
  {
    DurableFiles files;
    files.write(in("a"), "1");
    files.write(in("b"), "2");
    files.write(in("below/c"), "3");
    EXPECT_EQ(names(folder_), (std::set<std::string>{"a.tmp", "b", "b.tmp", "below"}));
    EXPECT_EQ(read_file(in("b")), "old");
    files.commit();
    EXPECT_EQ(names(folder_), (std::set<std::string>{"a", "b", "below"}));
    EXPECT_EQ(read_file(in("a")) + read_file(in("b")) + read_file(in("below/c")), "123");
    files.write(in("d"), "4");
    files.commit();
    EXPECT_EQ(read_file(in("d")), "4");
    files.write(in("e"), "5");
  }
  EXPECT_EQ(names(folder_), (std::set<std::string>{"a", "b", "below", "d"})) << "what was not committed is gone";
}

TEST_F(DurableFileTest, SeveralFilesMayHoldOtherNamesOfOne) {
  write_file_durably(in("a"), "1");
  write_file_durably(in("there"), "2");
  DurableFiles files;
  EXPECT_TRUE(files.link(in("a"), in("b")));
  EXPECT_FALSE(files.link(in("a"), in("there")));
  EXPECT_FALSE(files.link(in("gone"), in("c")));
  files.commit();
  EXPECT_EQ(std::filesystem::hard_link_count(in("a")), 2u);
  write_file_durably(in("b"), "3");
  EXPECT_EQ(read_file(in("a")), "1") << "replaced, not changed in place";
  EXPECT_EQ(read_file(in("there")), "2");
}

TEST_F(DurableFileTest, SyncOfAMissingFolderIsAnError) {
  EXPECT_EQ(message_of<IoError>([&] { sync_folder(in("gone")); }), in("gone") + ": open: No such file or directory");
}

TEST_F(DurableFileTest, RemovesStaleTemporariesOnly) {
  for (const char* name : {"a.tmp", "b.tmp.txt", "tmp", "c"}) std::ofstream(in(name)) << "x";
  std::filesystem::create_directories(in("below"));
  std::ofstream(in("below/d.tmp")) << "x";
  remove_stale_temporaries(folder_);
  EXPECT_EQ(names(folder_), (std::set<std::string>{"b.tmp.txt", "below", "c", "tmp"}));
  EXPECT_EQ(names(in("below")), std::set<std::string>{"d.tmp"});
  EXPECT_EQ(message_of<IoError>([&] { remove_stale_temporaries(in("gone")); }),
            in("gone") + ": list: No such file or directory");
}

TEST_F(DurableFileTest, RemovingIsQuietAboutAMissingFileOnly) {
  remove_file(in("missing"));
  std::filesystem::create_directories(in("folder"));
  EXPECT_EQ(message_of<IoError>([&] { remove_file(in("folder")); }), in("folder") + ": unlink: Is a directory");
}

TEST_F(DurableFileTest, AFileThatEndsEarlyIsNamed) {
  write_file_durably(in("short"), "12345");
  const FileHandle file(in("short"), O_RDONLY);
  std::string bytes(8, '\0');
  EXPECT_EQ(message_of<InputError>([&] { file.read_at(2, bytes); }),
            in("short") + ": ends at byte 5, more was expected");
}

TEST_F(DurableFileTest, AHandleMovesAndClosesOnce) {
  FileHandle first(in("a"), O_WRONLY | O_CREAT);
  FileHandle second(std::move(first));
  second.write("x");
  FileHandle third(in("b"), O_WRONLY | O_CREAT);
  const int freed = third.descriptor();
  third = std::move(second);
  EXPECT_EQ(::fcntl(freed, F_GETFD), -1);
  third.close();
  EXPECT_EQ(message_of<IoError>([&] { third.sync(); }), in("a") + ": fsync: Bad file descriptor");
  EXPECT_EQ(message_of<IoError>([&] { third.truncate(0); }), in("a") + ": ftruncate: Bad file descriptor");
  EXPECT_EQ(message_of<IoError>([&] { third.size_bytes(); }), in("a") + ": fstat: Bad file descriptor");
  EXPECT_EQ(message_of<IoError>([&] { third.close(); }), in("a") + ": close: Bad file descriptor");
}

}  // namespace
}  // namespace thaw
