#include "runtime/base/Interrupt.h"

#include <atomic>
#include <unistd.h>

namespace ganrt {

/// The signal that came, or 0. It is global because signals belong to the process, and lock-free because a handler may
/// touch nothing else.
static std::atomic<int> pending = 0;
static_assert(std::atomic<int>::is_always_lock_free);

static void onSignal(int number) {
  int none = 0;
  // Each line that is written to a closed pipe raises SIGPIPE again, so a repeated SIGPIPE does not count as a second
  // request.
  if (!pending.compare_exchange_strong(none, number) && number != SIGPIPE)
    _exit(128 + number);
}

Interrupt::Interrupt() {
  pending = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    sigaction(numbers[i], nullptr, &before[i]);
    // nohup ignores SIGHUP. A script's `program &` ignores SIGINT, which is meant for the terminal's key only.
    if (before[i].sa_handler == SIG_IGN && numbers[i] != SIGINT)
      continue;
    struct sigaction action {};
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    sigaction(numbers[i], &action, nullptr);
  }
}

Interrupt::~Interrupt() {
  for (size_t i = 0; i < numbers.size(); ++i)
    sigaction(numbers[i], &before[i], nullptr);
}

int Interrupt::signal() const { return pending; }

} // namespace ganrt
