// Decides which stream of the data an iteration takes, and which steps run in it. Everything follows from the seed and
// the number of the iteration, so that none of it needs to be stored.
#pragma once

#include "runtime/program.h"
#include "runtime/program/Numbers.h"

#include <map>

namespace ganrt {

class Streams {
public:
  Streams(const gan_program &program, const Numbers &numbers, uint64_t seed)
      : program(program), numbers(numbers), seed(seed) {}

  /// The stream that an iteration takes: 0 or 1; -1 if the model has no streams.
  int at(const Moment &moment) const;
  /// From now on this iteration takes the given stream.
  void choose(uint64_t iteration, int stream) { chosen[iteration] = stream; }

  /// Whether step `s` runs in this iteration.
  bool runs(uint32_t s, const Moment &moment) const;
  /// For each step whether it runs in this iteration.
  std::vector<bool> running(const Moment &moment) const;
  /// How often step `s` would have run before this iteration if every iteration took the step's stream.
  uint64_t runsBefore(uint32_t s, const Moment &moment) const;

private:
  const gan_program &program;
  const Numbers &numbers;
  uint64_t seed;
  std::map<uint64_t, int> chosen;
};

} // namespace ganrt
