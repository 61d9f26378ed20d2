// Which stream of the data an iteration takes, and which steps run in it: everything follows from the seed and the
// number of the iteration, so that nothing of it needs to be stored.
#pragma once

#include "runtime/program.h"
#include "runtime/program/Numbers.h"

#include <map>

namespace ganrt {

class Streams {
public:
  Streams(const gan_program &program, const Numbers &numbers, uint64_t seed)
      : program(program), numbers(numbers), seed(seed) {}

  /// Of an iteration: 0 or 1; -1 where the model has no streams.
  int at(const Moment &moment) const;
  /// From now on the iteration takes this one.
  void choose(uint64_t iteration, int stream) { chosen[iteration] = stream; }

  /// Whether step `s` runs in this iteration.
  bool runs(uint32_t s, const Moment &moment) const;
  /// The same of each step.
  std::vector<bool> running(const Moment &moment) const;
  /// Times that step `s` would have run before this iteration if every iteration were of its stream.
  uint64_t runsBefore(uint32_t s, const Moment &moment) const;

private:
  const gan_program &program;
  const Numbers &numbers;
  uint64_t seed;
  std::map<uint64_t, int> chosen;
};

} // namespace ganrt
