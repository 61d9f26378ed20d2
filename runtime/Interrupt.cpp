#include "runtime/Interrupt.h"

#include <csignal>
#include <unistd.h>

namespace ganrt {

/// What a handler may touch: of the process, as signals are.
static volatile std::sig_atomic_t pending = 0;

static void onSignal(int number) {
  if (pending)
    _exit(128 + number);
  pending = number;
}

static void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

Interrupt::Interrupt() {
  pending = 0;
  handle(onSignal);
}

Interrupt::~Interrupt() { handle(SIG_DFL); }

int Interrupt::signal() const { return pending; }

} // namespace ganrt
