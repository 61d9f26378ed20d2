#include "runtime/Streams.h"
#include "runtime/Random.h"

#include <cstring>

namespace ganrt {

int Streams::at(const Moment &moment) const {
  if (!program.num_streams)
    return -1;
  if (auto it = chosen.find(moment.iteration); it != chosen.end())
    return it->second;
  double chance = numbers.evaluate(program.first_chance, moment, moment.iteration);
  return double(uniformAt(stream(seed, "stream", 0, moment.iteration), 0)) < chance ? 0 : 1;
}

bool Streams::runs(uint32_t s, const Moment &moment) const {
  const gan_step &step = program.steps[s];
  return moment.iteration % step.every == 0 && (step.stream < 0 || step.stream == at(moment));
}

uint64_t Streams::runsBefore(uint32_t s, const Moment &moment) {
  const gan_step &step = program.steps[s];
  if (step.stream < 0)
    return (moment.iteration + step.every - 1) / step.every * step.times;
  Count &count = counts[s];
  if (moment.iteration < count.until)
    count = {};
  for (; count.until < moment.iteration; ++count.until)
    for (uint32_t other = 0; other < program.num_steps; ++other)
      if (!strcmp(program.steps[other].name, step.name) && runs(other, {count.until, moment.epochIterations}))
        count.runs += step.times;
  return count.runs;
}

} // namespace ganrt
