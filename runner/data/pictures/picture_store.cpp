#include "runner/data/pictures/picture_store.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "runner/store/sha256.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

PictureDigest digest_of(const cv::Mat& picture) {
  Sha256 hash;
  hash.add_integer(picture.rows);
  hash.add_integer(picture.cols);
  hash.add_integer(picture.channels());
  const std::size_t row_bytes = picture.cols * picture.elemSize();
  for (int y = 0; y < picture.rows; ++y) hash.add({reinterpret_cast<const char*>(picture.ptr(y)), row_bytes});
  return hash.digest();
}

}  // namespace

PictureStore::PictureStore(std::shared_ptr<const PictureSet> set, PictureFit fit, std::int64_t most_bytes)
    : set_(std::move(set)),
      fit_(std::move(fit)),
      most_bytes_(most_bytes),
      kept_(static_cast<std::size_t>(set_->count())),
      digests_(static_cast<std::size_t>(set_->count())) {
  // Pictures are read side by side; each by itself is too small to be shared out.
  cv::setNumThreads(0);
}

std::vector<UnreadablePicture> PictureStore::scan(const std::vector<std::int64_t>& indices, const TellProgress& tell) {
  std::atomic<std::size_t> next = 0, done = 0;
  std::mutex mutex;
  std::vector<UnreadablePicture> unreadable;
  std::exception_ptr failure;
  const auto total = static_cast<std::int64_t>(indices.size());
  const auto work = [&](const TellProgress& told) {
    try {
      for (std::size_t i; (i = next++) < indices.size();) {
        std::string cause = read(indices[i]);
        ++done;
        if (told) told(static_cast<std::int64_t>(done), total);
        if (cause.empty()) continue;
        const std::lock_guard lock(mutex);
        unreadable.push_back({indices[i], std::move(cause)});
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      next = indices.size();
    }
  };
  const std::size_t most = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(most, indices.size()); ++i) threads.emplace_back(work, TellProgress());
  work(tell);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  if (tell) tell(total, total);
  std::sort(unreadable.begin(), unreadable.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  return unreadable;
}

// Why the picture cannot be used; empty if it can.
std::string PictureStore::read(std::int64_t index) {
  try {
    const cv::Mat picture = set_->picture(index);
    digests_[static_cast<std::size_t>(index)] = digest_of(picture);
    keep(index, fit_picture(picture, fit_));
    return {};
  } catch (const InputError& error) {
    return error.what();
  } catch (const cv::Exception& error) {
    return "cannot be decoded or resized: " + error.err;
  } catch (const std::bad_alloc&) {
    return "is too large for the memory at hand";
  }
}

void PictureStore::keep(std::int64_t index, const cv::Mat& picture) {
  const std::size_t row_bytes = picture.cols * picture.elemSize();
  const auto bytes = static_cast<std::int64_t>(row_bytes * static_cast<std::size_t>(picture.rows));
  if (kept_bytes_.fetch_add(bytes) + bytes > most_bytes_) {
    kept_bytes_ -= bytes;
    return;
  }
  Kept& kept = kept_[static_cast<std::size_t>(index)];
  kept.pixels = std::make_unique_for_overwrite<std::uint8_t[]>(static_cast<std::size_t>(bytes));
  kept.height = picture.rows;
  kept.width = picture.cols;
  for (int y = 0; y < picture.rows; ++y) {
    std::memcpy(kept.pixels.get() + row_bytes * static_cast<std::size_t>(y), picture.ptr(y), row_bytes);
  }
}

cv::Mat PictureStore::picture(std::int64_t index) const {
  const Kept& kept = kept_[static_cast<std::size_t>(index)];
  if (kept.pixels) return cv::Mat(kept.height, kept.width, CV_8UC(fit_.input.channels), kept.pixels.get());
  cv::Mat picture;
  try {
    picture = set_->picture(index);
  } catch (const InputError& error) {
    throw InputError(set_->name(index) + ": could be read when the run began, now it cannot: " + error.what());
  }
  if (digest_of(picture) != digest(index)) {
    throw InputError(set_->name(index) + ": shows something else than when the run began");
  }
  return fit_picture(picture, fit_);
}

}  // namespace thaw
