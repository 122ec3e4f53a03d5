#include "runner/store/stop_signal.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::atomic<int> received = 0;  // the signal's number
std::atomic<bool> is_installed = false;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch it");

void on_signal(int number) {
  int none = 0;
  // Async-signal-safe: an atomic and _exit, nothing else.
  if (!received.compare_exchange_strong(none, number)) ::_exit(128 + number);
}

void set_action(int number, const struct sigaction* action, struct sigaction* previous) {
  if (::sigaction(number, action, previous) != 0) throw IoError("signal", "sigaction", errno);
}

}  // namespace

StopSignal::StopSignal() {
  if (is_installed.exchange(true)) throw InternalError("StopSignal: there is one already");
  received = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // a write under way goes on
  // Not one inside the other: of two that come at once, the first would be handled second.
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  set_action(SIGINT, &action, &previous_interrupt_);
  set_action(SIGTERM, &action, &previous_terminate_);
}

StopSignal::~StopSignal() {
  ::sigaction(SIGINT, &previous_interrupt_, nullptr);
  ::sigaction(SIGTERM, &previous_terminate_, nullptr);
  is_installed = false;
}

bool StopSignal::is_requested() const { return received != 0; }

std::string StopSignal::name() const {
  switch (received) {
    case 0:
      return "";
    case SIGINT:
      return "SIGINT";
    default:
      return "SIGTERM";
  }
}

}  // namespace thaw
