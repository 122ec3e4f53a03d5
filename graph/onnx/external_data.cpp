// External data of ONNX tensors: read without leaving the model's folder.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "graph/onnx/tensor.h"
#include "schemas/diagnostic.h"

namespace thaw::onnx_io {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void refuse(const std::string& location, const std::string& why) {
  // A zero byte in the name would end the message.
  throw std::runtime_error("external data \"" + printable(location) + "\" " + why);
}

/// Opens part by part and follows no link: nothing that is renamed meanwhile can lead elsewhere.
Descriptor open_below(const std::string& folder, const std::string& location) {
  const std::filesystem::path path(location);
  if (location.empty() || location.find('\0') != std::string::npos) refuse(location, "is not a file name");
  if (path.is_absolute()) refuse(location, "must be relative to the model's folder");
  Descriptor at(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (at.get() < 0) refuse(location, std::string("cannot be opened: ") + std::strerror(errno));
  for (auto part = path.begin(); part != path.end(); ++part) {
    if (*part == "..") refuse(location, "must not leave the model's folder");
    const bool is_last = std::next(part) == path.end();
    const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (is_last ? O_NONBLOCK : O_DIRECTORY);
    Descriptor next(::openat(at.get(), part->c_str(), flags));
    // A link in the middle of the path shows as "not a directory".
    if (next.get() < 0 && errno == ELOOP) refuse(location, "is a symbolic link");
    if (next.get() < 0) refuse(location, std::string("cannot be opened: ") + std::strerror(errno));
    at = std::move(next);
  }
  return at;
}

}  // namespace

std::string read_external(const std::string& folder, const std::string& location, std::int64_t offset,
                          std::int64_t length) {
  const Descriptor file = open_below(folder, location);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) refuse(location, std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) refuse(location, "is not a plain file");
  if (facts.st_nlink > 1) refuse(location, "has several names (hard links)");
  const std::int64_t size = facts.st_size;
  if (offset < 0 || offset > size) refuse(location, "begins past the end of its file");
  if (length < 0) length = size - offset;
  if (length > size - offset) refuse(location, "ends past the end of its file");
  std::string bytes(static_cast<std::size_t>(length), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        ::pread(file.get(), bytes.data() + done, bytes.size() - done, offset + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) refuse(location, std::string("cannot be read: ") + (got < 0 ? std::strerror(errno) : "it shrank"));
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace thaw::onnx_io
