#include "runner/data/pictures/file_pictures.h"

#include <fcntl.h>

#include <filesystem>
#include <utility>

#include "runner/data/pictures/decode.h"
#include "runner/store/file_handle.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

std::vector<std::uint8_t> read_bytes(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) throw InputError("no such file");
  if (status.type() == std::filesystem::file_type::none) throw InputError(error.message());
  // Asked before opening: to open a pipe waits for its writer.
  if (status.type() != std::filesystem::file_type::regular) throw InputError("is no regular file");
  try {
    const FileHandle file(path, O_RDONLY);
    const std::int64_t size = file.size_bytes();
    if (size > kMostBytes) throw InputError("is too large: " + std::to_string(size) + " bytes, the most is 1 GiB");
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    file.read_at(0, {reinterpret_cast<char*>(bytes.data()), bytes.size()});
    return bytes;
  } catch (const IoError& problem) {
    const std::string text = problem.what(), prefix = path + ": ";
    throw InputError(text.starts_with(prefix) ? text.substr(prefix.size()) : text);
  }
}

class FilePictures : public PictureSet {
 public:
  explicit FilePictures(PictureFiles files) : files_(std::move(files)) {}

  std::int64_t count() const override { return static_cast<std::int64_t>(files_.files.size()); }
  std::vector<std::string> class_names() const override { return files_.class_names; }
  std::span<const int> labels(std::int64_t index) const override { return file(index).labels; }
  std::string name(std::int64_t index) const override { return file(index).name; }
  cv::Mat picture(std::int64_t index) const override { return decode_picture(read_bytes(file(index).path)); }
  std::string description() const override { return files_.description; }
  std::vector<std::string> notes() const override { return files_.notes; }

 private:
  const PictureFile& file(std::int64_t index) const { return files_.files[static_cast<std::size_t>(index)]; }

  PictureFiles files_;
};

}  // namespace

std::unique_ptr<PictureSet> make_file_pictures(PictureFiles files) {
  return std::make_unique<FilePictures>(std::move(files));
}

}  // namespace thaw
