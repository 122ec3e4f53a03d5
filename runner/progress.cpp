#include "runner/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "runner/amount_text.h"

namespace thaw {
namespace {

constexpr int kBarWidth = 28;

std::string bar_text(double share) {
  const int filled = static_cast<int>(share * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "━" : "╌";
  return bar;
}

}  // namespace

Progress::Progress(int epochs, std::int64_t steps_per_epoch, std::string label)
    : epochs_(epochs),
      steps_per_epoch_(steps_per_epoch),
      label_(label.empty() ? label : label + "  "),
      is_terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::clear() {
  if (has_bar_) std::fputs("\r\033[K", stderr);
  has_bar_ = false;
}

bool Progress::wants_drawing(std::chrono::steady_clock::time_point now) {
  if (!is_terminal_ || now - last_drawn_ < std::chrono::milliseconds(100)) return false;
  last_drawn_ = now;
  return true;
}

void Progress::samples(const std::string& what, std::int64_t done, std::int64_t total,
                       std::chrono::milliseconds patience) {
  const auto now = std::chrono::steady_clock::now();
  if (what != what_) samples_started_ = now;
  what_ = what;
  if (now - samples_started_ < patience || !wants_drawing(now)) return;
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const double elapsed = std::chrono::duration<double>(now - samples_started_).count();
  const std::string eta = elapsed > 1 ? "  " + duration_text(elapsed / share * (1 - share)) + " left" : "";
  std::fprintf(stderr, "\r\033[K%s %s %3d%%%s", what.c_str(), bar_text(share).c_str(), static_cast<int>(share * 100),
               eta.c_str());
  std::fflush(stderr);
  has_bar_ = true;
}

void Progress::step(int epoch, std::int64_t step_in_epoch, double loss, double samples_per_second) {
  const auto now = std::chrono::steady_clock::now();
  if (!wants_drawing(now)) return;
  const double share = static_cast<double>(step_in_epoch) / static_cast<double>(steps_per_epoch_);
  const double done = static_cast<double>(epoch - 1) + share - first_done_;
  if (done_steps_++ == 0) {
    first_done_ += done;
    started_ = now;
  }
  const double elapsed = std::chrono::duration<double>(now - started_).count();
  const double left = static_cast<double>(epochs_) - first_done_ - done;
  const std::string eta = done > 0 && elapsed > 2 ? "  " + duration_text(elapsed / done * left) + " left" : "";
  std::fprintf(stderr, "\r\033[K%sepoch %*d/%d %s %3d%%  loss %.4f  %.0f samples/s%s", label_.c_str(),
               epochs_ > 9 ? 2 : 1, epoch, epochs_, bar_text(share).c_str(), static_cast<int>(share * 100), loss,
               samples_per_second, eta.c_str());
  std::fflush(stderr);
  has_bar_ = true;
}

void Progress::epoch(int epoch, const std::string& summary) {
  clear();
  std::fprintf(stderr, "%sepoch %*d/%d  %s\n", label_.c_str(), epochs_ > 9 ? 2 : 1, epoch, epochs_, summary.c_str());
}

void Progress::note(const std::string& text) {
  clear();
  std::fprintf(stderr, "%s%s\n", label_.c_str(), text.c_str());
}

}  // namespace thaw
