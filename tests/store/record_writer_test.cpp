#include "runner/store/record_writer.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "runner/store/durable_file.h"
#include "schemas/record.h"
#include "tests/store/limits.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

Event event(std::int64_t step, const std::string& text = "x") {
  Event made;
  made.set_step(step);
  made.set_time_unix_ms(1);
  made.mutable_stopped()->set_signal(text);
  return made;
}

class RecordWriterTest : public TempFolderTest {
 protected:
  std::string path_ = in("record.binpb");

  std::vector<std::int64_t> steps() {
    std::vector<std::int64_t> found;
    for (const Event& each : read_record(path_).events) found.push_back(each.step());
    return found;
  }
};

TEST_F(RecordWriterTest, FramesAreLengthCrcPayload) {
  RecordWriter(path_).append(event(3));
  const std::string payload = event(3).SerializeAsString();
  const auto crc = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(payload.data()), static_cast<uInt>(payload.size())));
  std::string expected(8, '\0');
  expected[0] = static_cast<char>(payload.size());
  for (int i = 0; i < 4; ++i) expected[4 + i] = static_cast<char>(crc >> (8 * i));
  EXPECT_EQ(read_file(path_), expected + payload);
}

TEST_F(RecordWriterTest, AppendsAcrossWriters) {
  RecordWriter(path_).append(event(1));
  RecordWriter writer(path_);
  EXPECT_EQ(writer.cut_bytes(), 0);
  writer.append(event(2));
  writer.append(event(3, std::string(100'000, 'y')));
  EXPECT_EQ(steps(), (std::vector<std::int64_t>{1, 2, 3}));
}

TEST_F(RecordWriterTest, FillsInTheTime) {
  Event untimed = event(1);
  untimed.clear_time_unix_ms();
  RecordWriter(path_).append(untimed);
  EXPECT_GT(read_record(path_).events.at(0).time_unix_ms(), 1'600'000'000'000);
}

TEST_F(RecordWriterTest, EveryTornTailIsCutAndTheRestKept) {
  RecordWriter(path_).append(event(1));
  const std::string first = read_file(path_);
  RecordWriter(path_).append(event(2));
  const std::string both = read_file(path_);
  for (std::size_t size = first.size(); size < both.size(); ++size) {
    write_plain(path_, both.substr(0, size));
    RecordWriter writer(path_);
    ASSERT_EQ(writer.cut_bytes(), static_cast<std::int64_t>(size - first.size()));
    ASSERT_EQ(read_file(path_), first);
    writer.append(event(7));
    ASSERT_EQ(steps(), (std::vector<std::int64_t>{1, 7}));
  }
}

TEST_F(RecordWriterTest, ALostBlocksZerosAreATornTail) {
  RecordWriter(path_).append(event(1));
  const std::string good = read_file(path_);
  write_file_durably(path_, good + std::string(4096, '\0'));
  EXPECT_EQ(RecordWriter(path_).cut_bytes(), 4096);
  EXPECT_EQ(read_file(path_), good);
}

TEST_F(RecordWriterTest, ALastEventThatLostItsBytesIsATornTail) {
  RecordWriter(path_).append(event(1));
  const std::string good = read_file(path_);
  RecordWriter(path_).append(event(2));
  std::string bytes = read_file(path_);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file_durably(path_, bytes);
  RecordWriter writer(path_);
  EXPECT_EQ(read_file(path_), good);
}

TEST_F(RecordWriterTest, DamageBeforeTheEndIsNeverCutAway) {
  RecordWriter(path_).append(event(1));
  const std::size_t first = read_file(path_).size();
  RecordWriter(path_).append(event(2));
  std::string bytes = read_file(path_);
  bytes[first - 1] = static_cast<char>(bytes[first - 1] ^ 1);
  write_file_durably(path_, bytes);
  EXPECT_EQ(message_of<InputError>([&] { RecordWriter writer(path_); }),
            path_ + ": damaged at byte 0: the frame's length or checksum is wrong, but whole frames follow at byte " +
                std::to_string(first));
  EXPECT_EQ(read_file(path_), bytes);
}

TEST_F(RecordWriterTest, AShortWriteIsTakenBackAndTheWriterGoesOn) {
  RecordWriter writer(path_);
  writer.append(event(1));
  const std::string good = read_file(path_);
  {
    const LowLimit limit(RLIMIT_FSIZE, good.size() + 5);
    EXPECT_EQ(message_of<IoError>([&] { writer.append(event(2)); }), path_ + ": write: File too large");
  }
  EXPECT_EQ(read_file(path_), good);
  writer.append(event(3));
  EXPECT_EQ(steps(), (std::vector<std::int64_t>{1, 3}));
}

TEST_F(RecordWriterTest, AFailureThatCannotBeTakenBackEndsTheWriter) {
  // A full device that takes no truncation either, put under the writer's descriptor: the lowest that is free.
  const FileHandle device("/dev/full", O_WRONLY);
  const int next = ::fcntl(device.descriptor(), F_DUPFD, 0);
  ::close(next);
  RecordWriter writer(path_);
  ASSERT_EQ(::dup2(device.descriptor(), next), next);
  EXPECT_EQ(message_of<IoError>([&] { writer.append(event(1)); }), path_ + ": write: No space left on device");
  EXPECT_EQ(message_of<InternalError>([&] { writer.append(event(2)); }),
            "record: append after a failure that could not be taken back");
}

TEST_F(RecordWriterTest, OpenErrorsNameFileAndCause) {
  EXPECT_EQ(message_of<IoError>([&] { RecordWriter writer(in("gone/record.binpb")); }),
            in("gone/record.binpb") + ": open: No such file or directory");
}

}  // namespace
}  // namespace thaw
