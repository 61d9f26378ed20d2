#include "runtime/program/Collectives.h"

#include <algorithm>

namespace ganrt {

Collectives::Collectives(const gan_graph &graph, DeviceMemory &arena, Ranks &ranks)
    : graph(graph), arena(arena), means(ranks) {}

void Collectives::before(uint32_t call) {
  uint64_t needed = 0;
  for (const Begun &b : begun)
    if (b.what->before_call <= call)
      needed = std::max(needed, b.number);
  finish(needed);
}

void Collectives::after(uint32_t call) {
  const gan_collective *all = graph.collectives, *end = all + graph.num_collectives;
  const gan_collective *c =
      std::lower_bound(all, end, call, [](const gan_collective &c, uint32_t call) { return c.after_call < call; });
  for (; c < end && c->after_call == call; ++c) {
    begun.push_back({c, 0, {}});
    Begun &b = begun.back();
    auto *floats = reinterpret_cast<float *>(arena.onHost());
    if (floats) {
      floats += c->address.offset / sizeof(float);
    } else {
      const auto *there = static_cast<const float *>(arena.read(c->address.offset, c->count * sizeof(float)));
      b.copied.assign(there, there + c->count);
      floats = b.copied.data();
    }
    b.number = means.start(floats, size_t(c->count));
  }
  means.progress();
}

void Collectives::finish() {
  if (!begun.empty())
    finish(begun.back().number);
}

/// Waits for all up to this number; 0: for none.
void Collectives::finish(uint64_t number) {
  if (!number)
    return;
  means.finish(number);
  for (; !begun.empty() && begun.front().number <= number; begun.pop_front())
    if (const Begun &b = begun.front(); !b.copied.empty())
      arena.write(b.what->address.offset, b.copied.data(), b.copied.size() * sizeof(float));
}

} // namespace ganrt
