// SIGINT and SIGTERM while a run goes on: the first only asks for an end, a second one ends the process at once.
#pragma once

namespace ganrt {

class Interrupt {
public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt &) = delete;
  Interrupt &operator=(const Interrupt &) = delete;
  /// The number of the signal that came, 0: none.
  int signal() const;
  bool came() const { return signal() != 0; }
};

} // namespace ganrt
