#include "runner/store/safetensors.h"

#include <cstring>

#include "runner/store/durable_file.h"
#include "runner/store/sha256.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

std::string length_prefix(std::uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes;
}

/// A file of this header and `data_bytes` zeros.
std::string file_of(const std::string& header, std::size_t data_bytes) {
  return length_prefix(header.size()) + header + std::string(data_bytes, '\0');
}

class SafetensorsTest : public TempFolderTest {
 protected:
  std::string path_ = in("x.safetensors");

  /// What the reader says of these bytes, without "PATH: not a safetensors file: ".
  std::string refusal(const std::string& bytes) {
    write_plain(path_, bytes);
    const std::string message = message_of<InputError>([&] { SafetensorsReader reader(path_); });
    const std::string start = path_ + ": not a safetensors file: ";
    return message.starts_with(start) ? message.substr(start.size()) : message;
  }
};

TEST_F(SafetensorsTest, ReadsBackWhatWasWritten) {
  const NamedTensor weight{"conv.weight", {2, 3}, {1, -2, 3.5F, 0, -0.0F, 1e-45F}};
  const NamedTensor bias{"conv.bias", {}, {7}};
  const NamedTensor empty{"none", {3, 0, 2}, {}};
  write_safetensors(path_, {weight.view(), bias.view(), empty.view()}, {{"step", "12"}, {"note", "ü \"quoted\"\n"}});

  const SafetensorsReader reader(path_);
  EXPECT_EQ(reader.metadata(), (TextMap{{"step", "12"}, {"note", "ü \"quoted\"\n"}}));
  ASSERT_EQ(reader.tensors().size(), 3U);
  EXPECT_EQ(reader.tensors()[0].name, "conv.bias");
  const NamedTensor back = reader.read(reader.tensors()[1]);
  EXPECT_EQ(back.name, "conv.weight");
  EXPECT_EQ(back.shape, weight.shape);
  EXPECT_EQ(std::memcmp(back.values.data(), weight.values.data(), 6 * sizeof(float)), 0);
  EXPECT_EQ(reader.read(reader.tensors()[0]).values, bias.values);
  EXPECT_EQ(reader.read(reader.tensors()[2]).values, empty.values);
}

TEST_F(SafetensorsTest, BytesAreTheFormatsOwnWhateverTheOrder) {
  const NamedTensor b{"b", {1}, {2}};
  const NamedTensor a{"a", {2}, {1, 0}};
  write_safetensors(path_, {b.view(), a.view()}, {{"k", "v"}});
  const std::string header = R"({"__metadata__":{"k":"v"},"a":{"data_offsets":[0,8],"dtype":"F32","shape":[2]},)"
                             R"("b":{"data_offsets":[8,12],"dtype":"F32","shape":[1]}})";
  const std::string padded = header + std::string(136 - header.size(), ' ');
  EXPECT_EQ(read_file(path_), length_prefix(136) + padded + std::string("\0\0\x80\x3f\0\0\0\0\0\0\0\x40", 12));
}

TEST_F(SafetensorsTest, AFileWithoutTensorsOrMetadata) {
  write_safetensors(path_, {}, {});
  const SafetensorsReader reader(path_);
  EXPECT_TRUE(reader.tensors().empty());
  EXPECT_TRUE(reader.metadata().empty());
}

TEST_F(SafetensorsTest, OtherTypesAreReadRaw) {
  const std::int64_t numbers[] = {1, -1};
  std::string bytes = file_of(R"({"n":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}})", 0);
  bytes.append(reinterpret_cast<const char*>(numbers), sizeof numbers);
  write_file_durably(path_, bytes);
  const SafetensorsReader reader(path_);
  std::int64_t back[2] = {};
  reader.read_raw(reader.tensors()[0], {reinterpret_cast<char*>(back), sizeof back});
  EXPECT_EQ(back[0], 1);
  EXPECT_EQ(back[1], -1);
  EXPECT_EQ(message_of<InputError>([&] { reader.read(reader.tensors()[0]); }),
            path_ + ": tensor \"n\" is I64, expected F32, F16, BF16 or F64");
  EXPECT_EQ(message_of<InputError>(
                [&] { reader.read_through([](const TensorEntry&) { return true; }, [](const NamedTensor&) {}); }),
            path_ + ": tensor \"n\" is I64, expected F32, F16, BF16 or F64");
  std::string small(15, '\0');
  EXPECT_EQ(message_of<InternalError>([&] { reader.read_raw(reader.tensors()[0], small); }),
            "safetensors: tensor \"n\" read into a buffer of another size");
}

TEST_F(SafetensorsTest, OneReadingGivesTensorsAndTheHashOfTheWholeFile) {
  // As long as several chunks, in each of the dtypes that become floats, with others between.
  std::string bytes = file_of(R"({"big":{"dtype":"U8","shape":[3000000],"data_offsets":[0,3000000]},)"
                              R"("f":{"dtype":"F32","shape":[2],"data_offsets":[3000000,3000008]},)"
                              R"("h":{"dtype":"F16","shape":[1],"data_offsets":[3000008,3000010]},)"
                              R"("none":{"dtype":"F32","shape":[0],"data_offsets":[3000010,3000010]},)"
                              R"("d":{"dtype":"F64","shape":[1],"data_offsets":[3000010,3000018]}})",
                              3000000);
  const float floats[] = {1.5F, -2};
  const double number = 0.25;
  bytes.append(reinterpret_cast<const char*>(floats), sizeof floats);
  bytes.append(std::string("\x00\x3c", 2));
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  write_plain(path_, bytes);
  const SafetensorsReader reader(path_);
  std::map<std::string, std::vector<float>> found;
  const auto take = [&](const NamedTensor& tensor) { found[tensor.name] = tensor.values; };
  EXPECT_EQ(reader.read_through([](const TensorEntry& entry) { return entry.name != "big"; }, take), sha256_hex(bytes));
  EXPECT_EQ(found,
            (std::map<std::string, std::vector<float>>{{"f", {1.5F, -2}}, {"h", {1}}, {"none", {}}, {"d", {0.25F}}}));
  found.clear();
  EXPECT_EQ(reader.read_through([](const TensorEntry&) { return false; }, take), sha256_hex(bytes));
  EXPECT_TRUE(found.empty());
}

TEST_F(SafetensorsTest, RefusesToWriteWhatItCouldNotRead) {
  const NamedTensor a{"a", {2}, {1, 0}};
  const NamedTensor wrong{"w", {3}, {1, 0}};
  EXPECT_EQ(message_of<InternalError>([&] {
              write_safetensors(path_, {a.view(), a.view()}, {});
            }),
            "safetensors: two tensors named \"a\"");
  EXPECT_EQ(message_of<InternalError>([&] { write_safetensors(path_, {wrong.view()}, {}); }),
            "safetensors: tensor \"w\" has 2 values, which does not fit its shape");
  EXPECT_EQ(message_of<InternalError>([&] {
              write_safetensors(path_, {}, {{"k", "\xff"}});
            }),
            "safetensors: a name or metadata text is not UTF-8");
  const NamedTensor reserved{"__metadata__", {2}, {1, 0}};
  EXPECT_EQ(message_of<InternalError>([&] { write_safetensors(path_, {reserved.view()}, {}); }),
            "safetensors: a tensor may not be named \"__metadata__\"");
  EXPECT_EQ(names(folder_), std::set<std::string>{});
}

TEST_F(SafetensorsTest, EveryTruncationIsRefused) {
  const NamedTensor a{"a", {2}, {1, 0}};
  write_safetensors(path_, {a.view()}, {{"k", "v"}});
  const std::string whole = read_file(path_);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_NE(refusal(whole.substr(0, size)), "nothing was thrown") << size;
  }
  EXPECT_EQ(refusal(whole), "nothing was thrown");
  EXPECT_EQ(refusal(whole + "x"), "the tensors take 8 bytes, the file holds 9");
}

TEST_F(SafetensorsTest, BadHeaderLengths) {
  EXPECT_EQ(refusal(""), "it has only 0 bytes");
  EXPECT_EQ(refusal("1234567"), "it has only 7 bytes");
  EXPECT_EQ(refusal(length_prefix(3) + "{}"), "its header would take 3 bytes, at most 2 are possible");
  EXPECT_EQ(refusal(length_prefix(UINT64_MAX) + "{}"),
            "its header would take 18446744073709551615 bytes, at most 2 are possible");
}

TEST_F(SafetensorsTest, AHeaderOverTheFormatsLimitIsRefusedUnread) {
  write_file_durably(path_, length_prefix(100'000'001));
  std::filesystem::resize_file(path_, 100'000'100);  // sparse
  EXPECT_EQ(message_of<InputError>([&] { SafetensorsReader reader(path_); }),
            path_ + ": not a safetensors file: its header would take 100000001 bytes, at most 100000000 are possible");
}

struct BadHeader {
  const char* header;
  int data_bytes;
  const char* refusal;
};

// Each differs from a good header in one thing.
const BadHeader kBadHeaders[] = {
    {"", 0, "the header is not JSON (byte 1)"},
    {"{]", 0, "the header is not JSON (byte 2)"},
    {"{} {}", 0, "the header is not JSON (byte 4)"},
    {"{\"\xff\":1}", 0, "the header is not JSON (byte 3)"},
    {"[]", 0, "the header is not a JSON object"},
    {"7", 0, "the header is not a JSON object"},
    {R"({"a":7})", 0, R"(tensor "a": is not an object)"},
    {R"({"a":{"dtype":"F32","shape":[1]}})", 4, R"(tensor "a": needs dtype, shape and data_offsets)"},
    {R"({"a":{"dtype":"F32","shape":[1],"offsets":[0,4]}})", 4, R"(tensor "a": unknown key "offsets")"},
    {R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", 4, R"(tensor "a": unknown dtype "F31")"},
    {R"({"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}})", 4, R"(tensor "a": dtype is not a string)"},
    {R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4, R"(tensor "a": shape is not a list)"},
    {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4,
     R"(tensor "a": shape holds -1, expected integers from 0)"},
    {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4,
     R"(tensor "a": shape holds 1.0, expected integers from 0)"},
    {R"({"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}})", 4,
     R"(tensor "a": shape holds 9223372036854775808, expected integers from 0)"},
    {R"({"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})", 4,
     R"(tensor "a": shape holds "1", expected integers from 0)"},
    {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
     R"(tensor "a": the shape is too large)"},
    {R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0,
     R"(tensor "a": the shape is too large)"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":{}}})", 4, R"(tensor "a": data_offsets is not a list)"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, R"(tensor "a": data_offsets needs two numbers)"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4,
     R"(tensor "a": data_offsets 4 to 0 do not hold the 4 bytes of its shape)"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
     R"(tensor "a": data_offsets 0 to 4 do not hold the 8 bytes of its shape)"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8,
     R"(tensor "a": begins at byte 4 of the data, expected 0)"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
     8, R"(tensor "b": begins at byte 0 of the data, expected 4)"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "the tensors take 4 bytes, the file holds 5"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 3, "the tensors take 4 bytes, the file holds 3"},
    {R"({"__metadata__":[]})", 0, "__metadata__ is not an object"},
    {R"({"__metadata__":{"k":1}})", 0, R"(__metadata__: "k" is not a string)"},
    {R"({"__metadata__":{"k":"1","k":"2"}})", 0, R"(the key "k" stands twice in the header)"},
    {R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
     0, R"(the key "a" stands twice in the header)"},
    {R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "the header is nested too deeply"},
};

TEST_F(SafetensorsTest, BadHeaders) {
  for (const BadHeader& bad : kBadHeaders) {
    EXPECT_EQ(refusal(file_of(bad.header, static_cast<std::size_t>(bad.data_bytes))), bad.refusal) << bad.header;
  }
}

TEST_F(SafetensorsTest, DeepNestingIsNoStackOverflow) {
  EXPECT_EQ(refusal(file_of(std::string(1'000'000, '['), 0)), "the header is nested too deeply");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(refusal(file_of(objects, 0)), "the header is nested too deeply");
}

TEST_F(SafetensorsTest, AMissingFileIsAnIoError) {
  EXPECT_EQ(message_of<IoError>([&] { SafetensorsReader reader(path_); }), path_ + ": open: No such file or directory");
}

}  // namespace
}  // namespace thaw
