#include "runtime/program/Streams.h"
#include "runtime/program/Random.h"

namespace ganrt {

int Streams::at(const Moment &moment) const {
  if (!program.num_streams)
    return -1;
  if (auto it = chosen.find(moment.iteration); it != chosen.end())
    return it->second;
  double chance = numbers.evaluate(program.first_chance, moment, double(moment.iteration));
  return double(uniformAt(drawKey(seed, "stream", 0, moment.iteration), 0)) < chance ? 0 : 1;
}

bool Streams::runs(uint32_t s, const Moment &moment) const {
  const gan_step &step = program.steps[s];
  return moment.iteration % step.every == 0 && (step.stream < 0 || step.stream == at(moment));
}

std::vector<bool> Streams::running(const Moment &moment) const {
  std::vector<bool> all(program.num_steps);
  for (uint32_t s = 0; s < program.num_steps; ++s)
    all[s] = runs(s, moment);
  return all;
}

uint64_t Streams::runsBefore(uint32_t s, const Moment &moment) const {
  const gan_step &step = program.steps[s];
  return (moment.iteration + step.every - 1) / step.every * step.times;
}

} // namespace ganrt
