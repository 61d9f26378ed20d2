// Signals that ask a run to end: SIGINT, SIGTERM, SIGHUP (its terminal is gone) and SIGPIPE (whoever read its output
// has seen enough). The first signal is only a request, so that the run can save its state; a second one ends the
// process at once.
#pragma once

#include <array>
#include <csignal>

namespace ganrt {

class Interrupt {
public:
  Interrupt();
  /// Restores the signal handlers that were there before.
  ~Interrupt();
  Interrupt(const Interrupt &) = delete;
  Interrupt &operator=(const Interrupt &) = delete;
  /// The number of the signal that came; 0 if none did.
  int signal() const;
  bool came() const { return signal() != 0; }

private:
  static constexpr std::array numbers = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  std::array<struct sigaction, numbers.size()> before;
};

} // namespace ganrt
