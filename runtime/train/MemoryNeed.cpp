#include "runtime/train/MemoryNeed.h"
#include "runtime/data/Feed.h"
#include "runtime/program/Layout.h"

#include <algorithm>

namespace ganrt {
namespace {

/// Bytes of a graph that runs beside training, with the values that it shows.
uint64_t beside(const gan_graph &graph) {
  uint64_t shown = 0;
  for (uint32_t i = 0; i < graph.num_observations; ++i)
    if (gan_observe_kind kind = graph.observations[i].kind;
        kind == GAN_OBSERVE_VALUE || kind == GAN_OBSERVE_GIVEN || kind == GAN_OBSERVE_WANTED)
      shown += elementsOf(graph.observations[i].layout) * sizeof(double);
  return graph.arena_bytes + graph.input_bytes + shown;
}

uint64_t inMemory(const Dataset &data) {
  uint64_t bytes = data.store ? data.store->inMemory() * data.storedBytes() : 0;
  for (const Dataset &other : data.others)
    bytes += inMemory(other);
  return bytes;
}

/// Bytes of the numbers of images: the chosen ones, the members of each stream, and their order.
uint64_t numbers(const Dataset &train, const Dataset &test) {
  return sizeof(uint32_t) * (train.chosen.size() + test.chosen.size() + 2 * uint64_t(train.count));
}

/// Bytes of two batches as kernels read them, and of the images that are read ahead if they come from the disk.
uint64_t batches(const gan_graph &graph, const Dataset &data) {
  bool fromDisk = data.store && data.store->count() > data.store->inMemory();
  return 2 * graph.input_bytes + (fromDisk ? (Prefetch::ahead + 3) * graph.input_bytes / (data.floats ? 1 : 4) : 0);
}

} // namespace

MemoryNeed memoryNeed(const gan_program &program, const Dataset &train, const Dataset &test) {
  MemoryNeed need;
  // Both numbers were measured: code, libraries and threads; the report page and pictures while they are written.
  constexpr uint64_t code = 13 << 19, files = 3 << 20;
  need.program = code;
  need.pictures = files;
  need.state = program.state_bytes;
  uint64_t largest = 0; // bytes of the largest tensor that is converted to PyTorch's order
  for (uint32_t i = 0; i < program.num_states; ++i)
    if (const gan_layout &layout = program.states[i].layout; !inOrder(layout))
      largest = std::max<uint64_t>(largest, elementsOf(layout) * bytesOf(layout.dtype));
  need.checkpoint = program.state_bytes + largest;
  for (uint32_t i = 0; i < program.num_graphs; ++i) {
    const gan_graph &graph = program.graphs[i];
    if (graph.kind == GAN_GRAPH_TRAIN)
      need.step = graph.arena_bytes;
    else if (graph.kind <= GAN_GRAPH_RECONSTRUCT)
      need.pictures = std::max(need.pictures, beside(graph));
    if (graph.kind == GAN_GRAPH_TRAIN)
      need.batches = batches(graph, train);
  }
  need.data = inMemory(train) + (test.store == train.store ? 0 : inMemory(test)) + numbers(train, test);
  return need;
}

} // namespace ganrt
