#include "runtime/program/Collectives.h"
#include "runtime/base/Error.h"

#include <algorithm>

namespace ganrt {

Collectives::Collectives(const gan_graph &graph, DeviceMemory &arena, Ranks &ranks)
    : graph(graph), arena(arena), means(ranks) {
  if (graph.num_collectives && !arena.onHost())
    throw UserError("ranks compute on processors: choose --device cpu");
}

void Collectives::before(uint32_t call) {
  uint64_t needed = 0;
  for (const Begun &b : begun)
    if (b.before <= call)
      needed = std::max(needed, b.number);
  if (!needed)
    return;
  means.finish(needed);
  while (!begun.empty() && begun.front().number <= needed)
    begun.pop_front();
}

void Collectives::after(uint32_t call) {
  const gan_collective *all = graph.collectives, *end = all + graph.num_collectives;
  const gan_collective *c =
      std::lower_bound(all, end, call, [](const gan_collective &c, uint32_t call) { return c.after_call < call; });
  for (; c < end && c->after_call == call; ++c)
    begun.push_back(
        {c->before_call, means.start(reinterpret_cast<float *>(arena.onHost() + c->address.offset), size_t(c->count))});
  means.progress();
}

void Collectives::finish() {
  means.finishAll();
  begun.clear();
}

} // namespace ganrt
